"""The clip store: every clip as int16 PCM in one memory-mapped array, with an index table.

A store is a folder: `audio.i16` (samples, one clip after another), `index.parquet` (one row a clip: `clip`,
`label`, `fold`, `split`, `offset`, `frames`, `duration`, `source`, `content`, `scale`, `notes`, `columns`: JSON of what
else the data set says of it) and `store.json`
(sample rate, classes, how it was made). `store.json` is written last, so that a half-written folder is never taken
for a store.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audio.clips.identity import fingerprint
from audio.errors import StoreError
from audio.io.decoding import PIECE, Prepared, to_float

MANIFEST = "store.json"
SAMPLES = "audio.i16"
INDEX = "index.parquet"
VERSION = 1
LONGEST_HEARD = 300.0  # s of a clip that are reported as sound; pages and their players are made for clips
LATER = {
    "scale": 1.0,
    "notes": "",
    "columns": "{}",
}  # columns that stores of before they were thought of lack


@dataclass
class ClipStore:
    """A store opened for reading.

    `index` has a row per clip, indexed by `clip`: a stable id, the path relative to the data set's
    folder, with `#start-end` (seconds) behind it for a part of a file. Labels of a multi-label set are joined
    with `|`.
    """

    folder: Path
    index: pd.DataFrame
    samples: np.ndarray  # int16, (all frames,)
    sample_rate: int  # Hz
    classes: list[str]  # sorted names; the position is the label's number
    multi_label: bool
    manifest: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> "ClipStore":
        """Open a store. Raises StoreError when it is absent, incomplete or does not fit its manifest."""
        folder = Path(folder)
        manifest = _read_manifest(folder)
        index = pd.read_parquet(folder / INDEX).set_index("clip", drop=False).rename_axis(None)
        expected = int(manifest["frames"]) * 2
        found = (folder / SAMPLES).stat().st_size
        if found != expected:
            raise StoreError(
                f"{folder / SAMPLES} has {found} bytes, {expected} were written; preprocess again."
            )
        _refuse_other_index(folder, index, manifest)
        for name, usual in LATER.items():
            if name not in index.columns:
                index[name] = usual
        return cls(
            folder=folder,
            index=index,
            samples=np.memmap(folder / SAMPLES, dtype=np.int16, mode="r"),
            sample_rate=int(manifest["sample_rate"]),
            classes=list(manifest["classes"]),
            multi_label=bool(manifest["multi_label"]),
            manifest=manifest,
        )

    def __len__(self) -> int:
        return len(self.index)

    def pcm(self, clip: str) -> np.ndarray:
        """The samples of one clip, int16 `(num_samples,)`, without a copy; full scale stands for `scale(clip)`.

        Raises KeyError for an unknown clip.
        """
        row = self.index.loc[clip]
        return self.samples[row["offset"] : row["offset"] + row["frames"]]

    def scale(self, clip: str) -> float:
        """What full scale of a clip's samples stands for; 1 for all but very quiet or overfull ones."""
        return float(self.index.loc[clip, "scale"])

    def waveform(self, clip: str, seconds: float | None = None) -> np.ndarray:
        """The waveform of one clip, or of its first seconds, float32 `(num_samples,)`. Raises KeyError."""
        samples = self.pcm(clip)
        return to_float(
            samples[: None if seconds is None else round(seconds * self.sample_rate)], self.scale(clip)
        )

    def pieces(self, clip: str, size: int = PIECE) -> Iterator[np.ndarray]:
        """The same in pieces of `size` samples, read from the file one by one: a clip may be hours long."""
        row = self.index.loc[clip]
        left = int(row["frames"])
        with (self.folder / SAMPLES).open("rb") as file:
            file.seek(2 * int(row["offset"]))
            while left > 0:
                piece = np.frombuffer(file.read(2 * min(size, left)), np.int16)
                left -= len(piece)
                yield to_float(piece, float(row["scale"]))

    def prepared(self, clip: str) -> Prepared:
        """A clip as preprocessing stores it, to be taken over by another store."""
        row = self.index.loc[clip]
        notes = [note for note in row["notes"].split("; ") if note]
        return Prepared(row["content"], self.pcm(clip), None, int(row["frames"]), float(row["scale"]), notes)

    @property
    def folds(self) -> list[int]:
        """Folds that occur, ascending; empty when the data set has none."""
        return sorted(int(f) for f in self.index["fold"].unique() if f > 0)

    @property
    def splits(self) -> list[str]:
        """Splits that occur, sorted; empty when the data set has none."""
        return sorted(s for s in self.index["split"].unique() if s)

    def select(self, *, fold: int | None = None, split: str | None = None) -> pd.DataFrame:
        """Rows of one fold or one split, in the store's order."""
        rows = self.index
        if fold is not None:
            rows = rows[rows["fold"] == fold]
        if split is not None:
            rows = rows[rows["split"] == split]
        return rows

    def targets(self, rows: pd.DataFrame) -> np.ndarray:
        """Labels as float32 `(rows, classes)`: one-hot, or several ones for a multi-label set."""
        number = {name: i for i, name in enumerate(self.classes)}
        matrix = np.zeros((len(rows), len(self.classes)), np.float32)
        for i, label in enumerate(rows["label"]):
            for name in label.split("|") if self.multi_label else [label]:
                if name:
                    matrix[i, number[name]] = 1.0
        return matrix


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a whole store, or a StoreError that says what is missing."""
    if not folder.is_dir():
        raise StoreError(f"There is no clip store at {folder}. Run the preprocess task, or check the path.")
    if not (folder / MANIFEST).is_file():
        raise StoreError(
            f"{folder} holds no finished clip store ({MANIFEST} is written last and is not there). "
            "Run preprocessing again; it continues where it stood."
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except ValueError as error:
        raise StoreError(f"{folder / MANIFEST} is damaged ({error}); preprocess again.") from error
    if manifest.get("version") != VERSION:
        raise StoreError(
            f"{folder} has store version {manifest.get('version')}, this code reads {VERSION}; preprocess again."
        )
    for name in (SAMPLES, INDEX):
        if not (folder / name).is_file():
            raise StoreError(f"{folder / name} is missing; preprocess again.")
    return dict(manifest)


def _refuse_other_index(folder: Path, index: pd.DataFrame, manifest: dict[str, Any]) -> None:
    """The index is the one that was written; stores of before clips were fingerprinted can't tell."""
    written, found = manifest.get("fingerprint"), fingerprint(index)
    if written and written != found:
        raise StoreError(
            f"{folder / INDEX} holds the clips {found}, {written} were written: labels, folds or splits were changed "
            "behind the store's back. Preprocess again."
        )


def derived_store(store: ClipStore, index: pd.DataFrame, folder: Path) -> ClipStore:
    """A store in `folder` with the samples of another one, by a link, and an index of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = folder / SAMPLES
    samples.unlink(missing_ok=True)
    samples.symlink_to((store.folder / SAMPLES).resolve())
    own = {k: v for k, v in store.manifest.items() if k not in ("fingerprint", "frames", "version")}
    finish_store(folder, index, own)
    return ClipStore.open(folder)


def finish_store(folder: Path, index: pd.DataFrame, manifest: dict[str, Any]) -> None:
    """Write the index and, last, the manifest of a store whose samples are on disk."""
    index.to_parquet(folder / INDEX, index=False)
    frames = int(index["frames"].sum())
    about = {"version": VERSION, "frames": frames, "fingerprint": fingerprint(index), **manifest}
    text = json.dumps(about, indent=1, ensure_ascii=False)
    half = folder / (MANIFEST + ".part")
    half.write_text(text)
    half.replace(folder / MANIFEST)
