"""Large files of libraries, compressed once and kept: WebAssembly shrinks to a quarter of its size."""

import gzip
from functools import lru_cache
from pathlib import Path

WORTH = 4096  # bytes: smaller files are sent as they are
KINDS = (".js", ".mjs", ".css", ".wasm")
KEPT = 16  # files


def worth(file: Path, accepted: str) -> bool:
    """Whether a file is sent compressed to who accepts these encodings."""
    return "gzip" in accepted and file.suffix in KINDS and file.stat().st_size > WORTH


def gzipped(file: Path) -> bytes:
    """A file's bytes, compressed; half a second for fifteen megabytes, the first time. Raises OSError."""
    told = file.stat()
    return _gzipped(file, told.st_size, told.st_mtime_ns)


@lru_cache(maxsize=KEPT)
def _gzipped(file: Path, size: int, changed: int) -> bytes:
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)
