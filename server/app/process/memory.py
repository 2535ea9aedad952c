"""Memory that is given back: what the C library keeps for each thread adds up where threads come and go."""

from __future__ import annotations

import ctypes
import gc

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Of glibc's malloc.h."""
_ARENAS = 2
_LARGE = 128 * 1024
"""Bytes. glibc begins with this, and raises it to 32 MB as large blocks come and go: a request's body then leaves
holes among what stays."""


def bound() -> None:
    """Few arenas in place of eight for each core, and large blocks outside them. Call before threads are started.

    Another C library (musl, macOS) has no such settings, and is left as it is.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_ARENA_MAX, _ARENAS)
    mallopt(_MMAP_THRESHOLD, _LARGE)
    mallopt(_TRIM_THRESHOLD, _LARGE)


def collect_rarely() -> None:
    """A batch of events is thousands of objects that die with it, without cycles: looking for cycles after every
    700 of them, as Python does by default, costs a tenth of the time. `give_back` looks for them on time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def give_back() -> None:
    """Find what only refers to itself, and return what is free to the system. To be called again and again.

    Connections and polls are cycles that live for long, so that Python counts them among what stays; it would look
    there again after 20 million new objects. What is there from the start on is not looked at: it takes milliseconds.
    """
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return
