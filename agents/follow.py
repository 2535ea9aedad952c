"""Shows what agents say until they have ended, and passes on the wish to end them.

Ctrl-C ends them with the tasks they run; SIGTERM drains them (`agents/supervise.py`), and a second one hands back at
once what still runs.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import IO

from agents.environments import environment
from agents.left import processes


def follow(agents: Sequence[processes.Agent]) -> int:
    """Show their logs until all have ended. Returns: the exit status."""

    def drain(number: int, frame: FrameType | None) -> None:
        for agent in agents:
            if agent.alive:
                with suppress(ProcessLookupError):
                    os.kill(agent.pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, drain)
    named = len(agents) > 1
    try:
        with ExitStack() as opened:
            logs = [
                (opened.enter_context(Path(one.log).open(errors="replace")), f"{one.name}: " if named else "")
                for one in agents
            ]
            while any(agent.alive for agent in agents):
                for log, before in logs:
                    show(log, before)
                time.sleep(0.2)
            for log, before in logs:
                show(log, before)
    except KeyboardInterrupt:
        print(f"\nending agent {', '.join(one.name for one in agents)}", file=sys.stderr)
    finally:
        for agent in agents:
            processes.end(agent, environment.folder())
    return 0


def show(log: IO[str], before: str = "") -> None:
    """What is new; `before` each line, where several are shown."""
    if Path(log.name).stat().st_size < log.tell():
        log.seek(0)  # it has been cut short
    text = log.read()
    if before:
        text = "".join(before + line for line in text.splitlines(keepends=True))
    sys.stdout.write(text)
    sys.stdout.flush()
