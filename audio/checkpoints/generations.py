"""Two generations of the last checkpoint on disk, each checked: a damaged one falls back to the one before.

Every part of a checkpoint carries a checksum, which torch writes and does not look at when it reads.
"""

import os
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.errors import CheckpointError

PAUSE = 10.0  # s between tries to write a model on a full disk


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


class Last:
    """The newest checkpoint on disk, which a full disk costs nothing but itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failing = False

    def write(self, checkpoint: dict[str, Any], then: Callable[[Path, int], None]) -> None:
        """Write a checkpoint and tell `then`; with a word go without when the disk does not take it."""
        try:
            save(checkpoint, self.path)
            then(self.path, checkpoint["epoch"])
        except (CheckpointError, OSError) as error:  # a later epoch may find room
            if not self.failing:
                print(f"note: {error} Training goes on; it is tried again after every epoch.", flush=True)
            self.failing = True
            return
        if self.failing:
            print(f"note: there is room again; epoch {checkpoint['epoch']} is saved.", flush=True)
        self.failing = False


def save_patiently(model: dict[str, Any], path: Path, patience: float) -> None:
    """Write a model; wait for room, `patience` seconds at most. Raises CheckpointError."""
    began = time.monotonic()
    while True:
        try:
            return checkpoints.save(model, path)
        except CheckpointError as error:
            if time.monotonic() - began >= patience:
                raise
            print(f"note: {error} Waiting for room, up to {patience / 60:.0f} min.", flush=True)
            time.sleep(min(patience, PAUSE))


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
