"""How a run ends: with everything on the server, or with a word about what is not, and never hanging.

The SDK's own goodbye waits for a server that is away, for ever.
"""

import sys
import time
from pathlib import Path
from typing import Any

from audio import interruption
from tasks.running import journal
from tasks.running.outages import Line, first_line, leave

AGENT_INTERRUPTED = 2  # the exit status that an agent takes for stopped, rather than failed
SHORT = 60.0  # s that a run which did not succeed waits for a server that goes away while it ends


def finish(task: Any, line: Line, folder: Path) -> None:
    """Everything that was reported arrives, however long the server is away. Raises Unreachable at the limit."""
    line.wait("The work is done; what is left of it waits to be uploaded.")
    line.end_within(line.seconds)
    task.flush(wait_for_uploads=True)
    line.persist("completing the curves", lambda: journal.complete(task, folder / journal.FOLDER))
    task.flush(wait_for_uploads=True)


def fail(task: Any, line: Line, fault: BaseException, remote: bool) -> None:
    """Under an agent: mark the task failed with the reason, and stay until the agent has seen it, which writes
    "exit code 1" otherwise. Elsewhere the SDK does so, if the server is there."""
    if not remote:
        return crash(line, fault)
    print(f"error: {fault}", file=sys.stderr, flush=True)
    try:
        line.wait("The task failed; the reason waits to be written down.")
    except Exception as away:
        leave(first_line(away))
    line.end_within(SHORT)
    task.flush(wait_for_uploads=True)
    task.mark_failed(status_reason=str(fault)[:500], status_message=str(fault)[:500])
    time.sleep(10)


def interrupt(task: Any, line: Line, remote: bool) -> None:
    """Ctrl-C, or the agent is stopped: under an agent the process ends here."""
    if not line.there():
        leave(_not_told(line), AGENT_INTERRUPTED if remote else interruption.STATUS)
    line.end_within(SHORT)
    if remote:
        task.flush(wait_for_uploads=True)
        sys.exit(AGENT_INTERRUPTED)


def crash(line: Line, fault: BaseException | None = None) -> None:
    """An error ends the process: at once where the SDK could not say so to the server."""
    if not line.there():
        if fault is None:
            sys.excepthook(*sys.exc_info())
        leave(f"{fault or 'the task broke off.'} {_not_told(line)}")
    line.end_within(SHORT)


def _not_told(line: Line) -> str:
    return (
        f"The server at {line.server.api_server} does not answer, so that it still takes the task for running. What "
        f"was done is kept in {line.kept_in}; when the server runs again, stop the task and put it on a queue: on this "
        "machine it goes on from there."
    )
