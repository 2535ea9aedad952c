"""Two generations of the last checkpoint on disk, each checked: a damaged one falls back to the one before.

Every part of a checkpoint carries a checksum, which torch writes and does not look at when it reads.
"""

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from audio import checkpoint as checkpoints
from audio.errors import CheckpointError


def before(path: Path) -> Path:
    """Where the checkpoint before that one is kept: `last.before.pt`."""
    return path.with_name(f"{path.stem}.before{path.suffix}")


def save(checkpoint: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all, and keep the one that was there. Raises CheckpointError."""
    if path.exists():
        kept = before(path)
        kept.unlink(missing_ok=True)
        try:
            os.link(path, kept)
        except OSError:  # a file system without links: for a moment there is the one before alone
            path.replace(kept)
    checkpoints.save(checkpoint, path)


def generations(path: Path) -> Iterator[Path]:
    """The checkpoint and the one before, as far as they are on disk."""
    yield from (one for one in (path, before(path)) if one.exists())


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint whose every checksum is right. Raises CheckpointError."""
    try:
        with zipfile.ZipFile(path) as parts:
            damaged = parts.testzip()
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise CheckpointError(f"{path} is damaged: {error}.") from error
    if damaged:
        raise CheckpointError(f"{path} is damaged: the checksum of its part {damaged} is wrong.")
    return checkpoints.load(path)


def load_newest(path: str | Path) -> dict[str, Any]:
    """A checkpoint, or with a word the one before where it is damaged or missing. Raises CheckpointError."""
    first, second = Path(path), before(Path(path))
    try:
        return load(first) if first.exists() or not second.exists() else load(second)
    except CheckpointError as error:
        if not second.exists() or not first.exists():
            raise
        print(f"note: {error} Going on from the one before, {second.name}.", flush=True)
        return load(second)


def epoch_of(path: Path) -> int:
    """The epoch of a checkpoint, read without its weights; the largest number where it can't be read."""
    try:
        return int(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["epoch"])
    except Exception:  # torch raises many kinds; whoever loads it says what is wrong
        return sys.maxsize
