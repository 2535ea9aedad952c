"""Ctrl-C ends a program, with one word, whatever it strikes; and errors made for people are their message alone.

Python raises KeyboardInterrupt in whatever the main thread is at. In a destructor or in the callback of a C library it
is dropped with a traceback and the program goes on, or it comes out as that library's error; in an import it is a page
of traceback. A package whose modules are programs therefore watches as soon as it is imported for `python -m`.
"""

import _thread
import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, NoReturn

from audio.errors import AudioError
from audio.named import printable

STATUS = 130  # the exit status of what Ctrl-C has ended
GRACE = 2.0  # s that threads have to end
AGAIN = 0.05  # s until an interruption that was dropped is raised again
MOST = 3  # times that it is; what drops it even then is left at once

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]


class _State:
    """Of this process."""

    pressed = False
    said = False
    ended = False  # by an interruption that nobody caught
    dropped = 0
    watched = False
    last: Callable[[], object] | None = None


def watch_programs() -> None:
    """Called by a package: `watch`, if it is imported because `python -m` is about to run one of its modules."""
    if sys.argv[:1] == ["-m"]:
        watch()


def watch() -> None:
    """From here on Ctrl-C is one word on stderr and the exit status 130, and is not lost. Main thread only."""
    if _State.watched:
        return
    _State.watched = True
    atexit.register(_at_exit)  # the first to be registered is the last to be called
    if (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):  # else it is ignored, as behind nohup and &
        signal.signal(signal.SIGINT, interrupt)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, interrupt)  # the terminal is closed
    sys.excepthook = _in_a_line(sys.excepthook)
    sys.unraisablehook = _not_dropped(sys.unraisablehook)


def interrupt(_number: int = signal.SIGINT, _frame: FrameType | None = None) -> None:
    """The handler of a signal that ends the program."""
    _State.pressed = True
    raise KeyboardInterrupt


@contextmanager
def recognised() -> Iterator[None]:
    """Whatever error an interruption has become on its way out of the block is KeyboardInterrupt again."""
    try:
        yield
    except Exception as fault:
        if _State.pressed:
            raise KeyboardInterrupt from fault
        raise


def check() -> None:
    """Between two steps of long work: an interruption that a library has swallowed on its way is raised again.

    Raises: KeyboardInterrupt.
    """
    if _State.pressed and not _State.said and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt


@contextmanager
def unheard() -> Iterator[None]:
    """Processes that are started in the block never hear Ctrl-C, not even while they start: who started them ends
    them. The terminal sends it to all that are in the foreground, and each would show its own traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_a_line(hook: Hook) -> Hook:
    def show(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> Any:
        if issubclass(kind, KeyboardInterrupt):
            say()
            _State.ended = True
            _wait_for_threads()
        elif isinstance(fault, BrokenPipeError):
            pass  # whoever was to read it has gone, as `head` does
        elif isinstance(fault, AudioError) or (isinstance(fault, OSError) and fault.filename is not None):
            print(f"error: {told(fault)}", file=sys.stderr)
        else:
            hook(kind, fault, trace)

    return show


def _wait_for_threads() -> None:
    """Python waits for them for ever; a library's, that sleeps between two looks at something, may never end."""
    pools = sys.modules.get("concurrent.futures.thread")  # which waits for its threads, daemons or not
    pooled = set(getattr(pools, "_threads_queues", ()))
    main = threading.main_thread()
    others = [one for one in threading.enumerate() if one is not main and (one in pooled or not one.daemon)]
    deadline = time.monotonic() + GRACE
    for one in others:
        one.join(max(0.0, deadline - time.monotonic()))
    if any(one.is_alive() for one in others):
        atexit._run_exitfuncs()
        end()


def _at_exit() -> None:
    """What was interrupted ends as the signal ends a program. Python does so by itself, unless a library runs `exec`
    of a text at exit: that makes the status 1. What has ended by itself is not ended once more: Python takes libraries
    down for a second or more, without its handlers, and a signal would make a failure of what is done."""
    if _State.ended:
        end()
    for number in (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_IGN)


def end() -> NoReturn:
    """End at once, as the signal ends a program: a shell's loop and `make` end with it, as by a status they do not."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    with suppress(ValueError):  # of a thread that is not the main one
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(STATUS)


def caught() -> int:
    """For a program that has caught the interruption and said so: gives its status, and lets it end by the signal."""
    _State.said = _State.ended = True
    return STATUS


def told(fault: BaseException) -> str:
    """What a person is told of an error: of the system's, the file and what is wrong with it."""
    if isinstance(fault, OSError) and fault.filename is not None and fault.strerror:
        return printable(f"{os.fsdecode(fault.filename)}: {fault.strerror}")
    return printable(str(fault))


def at_last(call: Callable[[], object]) -> None:
    """What is still done when the program is left at once, because Ctrl-C was pressed again while it ended."""
    _State.last = call


def say() -> None:
    """Tell that the program was interrupted, once."""
    if not _State.said:
        _State.said = True
        with suppress(OSError):  # there may be no terminal any more
            print("interrupted", file=sys.stderr, flush=True)


def _strike() -> None:
    """Ctrl-C once more, for the main thread. By a signal: otherwise a wait goes on to its end."""
    if not hasattr(signal, "pthread_kill"):
        _thread.interrupt_main()
    elif callable(signal.getsignal(signal.SIGINT)):  # else it is ignored by now, or ends without a word
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _not_dropped(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What can't be raised where it is, is raised a moment later; a second Ctrl-C at the program's end ends it."""

    def show(dropped: Any) -> Any:
        if dropped.exc_type and issubclass(dropped.exc_type, BrokenPipeError):
            return None
        if not (dropped.exc_type and issubclass(dropped.exc_type, KeyboardInterrupt)):
            return hook(dropped)
        _State.dropped += 1
        if _State.said or _State.dropped > MOST:
            say()
            if _State.last:
                _State.last()
            end()
        later = threading.Timer(AGAIN, _strike)
        later.daemon = True
        later.start()

    return show
