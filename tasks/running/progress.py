"""How far a piece of work has come: a bar on a terminal, a line now and then in a log, and a figure on the server."""

import math
import sys
import time
from collections.abc import Callable
from typing import IO, Any

from audio import interruption

EVERY = 5.0  # s between lines
ENDS = "_progress_ends"  # runtime property: when the task will be done, s since 1970; empty: not known

Tell = Callable[[float, float | None], None]  # share of the task that is done, seconds left if known


class Pace:
    """How long the rest takes, by how fast it went since this was first asked: not what an earlier run had done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, float] | None = None

    def left(self, done: float, total: float) -> float | None:
        """Seconds; None while nothing has been measured."""
        now = self._clock()
        if self._first is None or done < self._first[1]:
            self._first = (now, done)
        began, at = self._first
        return (now - began) / (done - at) * (total - done) if done > at else None


class OnServer:
    """Tells the server how far a task is, no more often than every few seconds."""

    def __init__(
        self, send: Callable[[dict[str, str]], None], clock: Callable[[], float] = time.time
    ) -> None:
        """`send` gets runtime properties; it must not wait for the server."""
        self._send, self._clock = send, clock
        self._last = -EVERY

    def __call__(self, share: float, left: float | None) -> None:
        now = self._clock()
        if now - self._last < EVERY and share < 1:
            return
        self._last = now
        percent = str(int(100 * min(1.0, max(0.0, share))))
        self._send({"progress": percent, ENDS: "" if left is None else str(round(now + left))})


_tell: Tell = lambda share, left: None  # noqa: E731 - nobody listens


def listen(tell: Tell) -> None:
    """From here on `tell` hears how far the work is."""
    global _tell
    _tell = tell


def tell(done: float, total: float, pace: Pace, share: tuple[float, float] = (0.0, 1.0)) -> None:
    """Say how far a part of the task is which goes from one share of the whole to another."""
    interruption.check()
    low, high = share
    now = low + (high - low) * done / max(total, 1)
    left = pace.left(done, total)
    rest = (1 - now) / (high - now) if high > now else 1.0  # the parts behind this one, at its pace
    _tell(now, None if left is None else left * rest)


def counted(
    what: str, every: float = EVERY, share: tuple[float, float] = (0.0, 1.0)
) -> Callable[[float, int], None]:
    """A `progress(done, total)`: a bar on a terminal, elsewhere a line every `every` seconds; and the server is told.

    What is `done` may be a part of one. `share` of the whole task that this is, from where to where.
    """
    say, pace = _bar(what) if sys.stderr.isatty() else _lines(what, every), Pace()

    def said(done: float, total: int) -> None:
        say(done, total)
        tell(done, total, pace, share)

    return said


def _bar(what: str) -> Callable[[float, int], None]:
    """A bar on stderr, drawn from the first call on and closed by the last: what an earlier run did counts as done."""
    from tqdm import tqdm

    bar: tqdm[Any] | None = None

    def say(done: float, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(
                total=total,
                initial=max(0, math.ceil(done) - 1),
                unit=f" {what}",
                dynamic_ncols=True,
                miniters=0,
            )
        bar.n = done  # added up, fractions would not be
        bar.update(0)
        if done >= total:
            bar.close()

    return say


def _lines(what: str, every: float) -> Callable[[float, int], None]:
    began = time.monotonic()
    last = began

    def say(done: float, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < every:
            return
        last = now
        rate = done / max(now - began, 1e-9)
        left = (total - done) / max(rate, 1e-9)
        pace = f"{rate:.0f}" if rate >= 1 else f"{rate:.2g}"
        print(f"{round(done, 2)}/{total} {what}, {pace}/s, {left:.0f} s left", flush=True)

    return say


def epochs() -> Callable[[int, int, dict[str, float]], None]:
    """A `progress(epoch, epochs, scalars)` that prints a line an epoch, but on a terminal; and the server is told."""
    pace = Pace()

    def say(epoch: int, total: int, scalars: dict[str, float]) -> None:
        tell(epoch, total, pace)
        if sys.stderr.isatty():
            return
        shown = "  ".join(f"{tag} {value:.4g}" for tag, value in scalars.items())
        print(f"epoch {epoch}/{total}  {shown}", flush=True)

    return say


def stand_above_bars() -> None:
    """On a terminal, what is printed from here on stands above the bars. Before the SDK takes hold of stdout."""
    if sys.stderr.isatty() and not isinstance(sys.stdout, Above):
        sys.stdout = Above(sys.stdout)


def leave_bars() -> None:
    """The end of the work: bars that are not full stay as they are, and what is printed stands below them."""
    for bar in _bars():
        bar.close()
    if isinstance(sys.stdout, Above):
        sys.stdout.settle()


def _bars() -> list[Any]:
    """Those that are drawn now. Nobody has drawn any who has not imported tqdm, which takes a moment."""
    module = sys.modules.get("tqdm")
    return list(getattr(module.tqdm, "_instances", ())) if module else []


class Above:
    """A stream whose lines are printed above the bars; a line that is not whole waits while there are some."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        self._begun += text
        if not _bars():
            self.settle()
        elif "\n" in self._begun:
            whole, _, self._begun = self._begun.rpartition("\n")
            self._print(whole + "\n")
        return len(text)

    def _print(self, text: str) -> None:
        from tqdm import tqdm

        with tqdm.external_write_mode(file=sys.stderr):  # where the bars are
            self._stream.write(text)
            self._stream.flush()

    def settle(self) -> None:
        """Print what waits."""
        waiting, self._begun = self._begun, ""
        self._stream.write(waiting)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def draw_the_sdks_bars() -> None:
    """The SDK's own bars, of up- and downloads, are 80 columns wide on every terminal, and stay."""
    if not sys.stderr.isatty():
        return
    from clearml.storage import callbacks
    from tqdm import tqdm

    def bar(total: float, **_: Any) -> Any:
        return tqdm(total=total, unit=" MB", dynamic_ncols=True, leave=False)

    callbacks.tqdm = bar
