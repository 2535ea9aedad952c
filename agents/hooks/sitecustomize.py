"""Runs first in every task: a crash ends the process, and what the agent set for itself is put back.

Python imports a `sitecustomize` when it starts; the launcher puts this folder on the path. The ClearML SDK handles
SIGSEGV and its kin in Python, where the handler can never run: the faulting instruction is repeated for ever, and the
task with it. Those handlers are not let in, so that `faulthandler` tells where it was and the process dies. Its handler
of SIGTERM does nothing at all; in its place the program is left as `sys.exit` leaves it, and reports what it has. This
runs in whatever Python a task needs: nothing here is newer than 3.6.
"""
# `pathlib` would be imported at the start of every process that a task starts.
# ruff: noqa: PTH100, PTH120

import importlib.machinery
import importlib.util
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing is not worth its time in every process
    from typing import Any

FATAL = {getattr(signal, name) for name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")}
OUTER_TEMPORARY = "SOUNDYARD_OUTER_TMPDIR"


def keep_signals_fatal() -> None:
    """Handlers of fatal signals that the SDK asks for are left out; anybody else's are let in."""
    real = signal.signal

    def let_in(number: int, handler: "Any") -> "Any":
        asked_by = sys._getframe(1).f_globals.get("__name__", "")
        if asked_by.startswith("clearml."):
            if number in FATAL:
                return signal.getsignal(number)
            if number == signal.SIGTERM and signal.getsignal(number) == signal.SIG_DFL and callable(handler):
                handler = leave
        return real(number, handler)

    signal.signal = let_in  # type: ignore[assignment]


def leave(number: int, frame: object) -> None:
    """End the program with its `finally` and `atexit`, and the status that shells give to a signal."""
    sys.exit(128 + number)


def restore_temporary_folder() -> None:
    """The agent's own temporary folder is too deep for the sockets of multiprocessing."""
    outer = os.environ.pop(OUTER_TEMPORARY, None)
    if outer:
        os.environ["TMPDIR"] = outer
    elif outer is not None:
        os.environ.pop("TMPDIR", None)


def run_the_next_one() -> None:
    """There is one `sitecustomize` a process: whoever has one behind this folder gets it as well."""
    here = os.path.dirname(os.path.abspath(__file__))
    rest = [one for one in sys.path if os.path.abspath(one or os.curdir) != here]
    found = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if found is not None and found.loader is not None:
        found.loader.exec_module(importlib.util.module_from_spec(found))


if os.environ.get("CLEARML_TASK_ID"):
    keep_signals_fatal()
    restore_temporary_folder()
run_the_next_one()
