"""Runs the unmodified `clearml_agent`, which starts each task through our launcher in place of its interpreter.

    python -m agents.unmodified clearml_agent daemon --queue audio …

The daemon decides by its own environment variables whether *every* task gets an environment or none does, and starts
a task as `sys.executable -m clearml_agent execute --id …`. The one thing that is set here is that name, in this
process: the launcher can then decide for each task, and sees how it ended. Beside it threads keep the house (the
log is cut short when it is long, what tasks have left is pruned every hour), and tell the server what tasks run in.
"""

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

from agents.environments import telling

LAUNCHER = "SOUNDYARD_LAUNCHER"  # path of the executable that stands in for the interpreter

LOG = "SOUNDYARD_AGENT_LOG"  # path of what the daemon writes, set for daemons alone
HOUR = 3600.0


def main() -> None:
    launcher = os.environ.get(LAUNCHER)
    if launcher:
        sys.executable = launcher
    sys.argv = sys.argv[1:]
    log = os.environ.pop(LOG, None)
    if log and sys.argv[1:2] == ["daemon"]:
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
        threading.Thread(target=keep_house, args=(Path(log),), daemon=True).start()
        telling.begin()
    runpy.run_module("clearml_agent", run_name="__main__", alter_sys=True)


def end_with(supervisor: int) -> None:
    """A daemon whose supervisor was killed is killed as well: it could not be stopped or found by its name any more.
    Its task ends in order, and the server is told that it is lost (`agents/launch.py`)."""
    while os.getppid() == supervisor:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


def keep_house(log: Path) -> None:
    """Bound what this agent's folder takes, for as long as it runs."""
    from agents.left import leftovers

    pruned = -HOUR
    while True:
        leftovers.bound_log(log)
        if time.monotonic() - pruned >= HOUR:
            leftovers.prune(log.parent)
            pruned = time.monotonic()
        time.sleep(10)


if __name__ == "__main__":
    main()
