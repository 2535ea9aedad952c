"""How far a piece of work has come: a bar on a terminal, a line now and then in a log."""

import sys
import time
from collections.abc import Callable
from typing import Any

EVERY = 5.0  # s between lines


def counted(what: str, every: float = EVERY) -> Callable[[int, int], None]:
    """A `progress(done, total)`: a bar on a terminal, elsewhere a line every `every` seconds."""
    return _bar(what) if sys.stderr.isatty() else _lines(what, every)


def _bar(what: str) -> Callable[[int, int], None]:
    """A bar on stderr, drawn from the first call on and closed by the last: what an earlier run did counts as done."""
    from tqdm import tqdm

    bar: tqdm[Any] | None = None

    def say(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(total=total, initial=done - 1, unit=f" {what}")
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return say


def _lines(what: str, every: float) -> Callable[[int, int], None]:
    began = time.monotonic()
    last = began

    def say(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < every:
            return
        last = now
        rate = done / max(now - began, 1e-9)
        left = (total - done) / max(rate, 1e-9)
        print(f"{done}/{total} {what}, {rate:.0f}/s, {left:.0f} s left", flush=True)

    return say


def epochs() -> Callable[[int, int, dict[str, float]], None] | None:
    """A `progress(epoch, epochs, scalars)` that prints a line an epoch; None on a terminal."""
    if sys.stderr.isatty():
        return None

    def say(epoch: int, total: int, scalars: dict[str, float]) -> None:
        shown = "  ".join(f"{tag} {value:.4g}" for tag, value in scalars.items())
        print(f"epoch {epoch}/{total}  {shown}", flush=True)

    return say
