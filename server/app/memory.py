"""Memory that is given back: what the C library keeps for each thread adds up where threads come and go."""

from __future__ import annotations

import ctypes

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
