"""Which clips there are: a fingerprint of a store, and a mark for the sound of each clip.

The fingerprint changes when a clip is added, removed or renamed, or gets another sound, label, fold or split. A mark
stands for what is heard alone, whatever the clip is called and wherever it lies.
"""

import hashlib

import numpy as np
import pandas as pd

COLUMNS = ("clip", "content", "label", "fold", "split", "frames")


def fingerprint(index: pd.DataFrame) -> str:
    """16 hexadecimal digits of all clips of a store, in their order, with label, fold and split."""
    columns = [index[name] if name in index else pd.Series("", index.index) for name in COLUMNS]
    digest = hashlib.sha256()
    for row in zip(*columns, strict=True):
        digest.update("\x1f".join(map(str, row)).encode("utf-8", "surrogateescape") + b"\x1e")
    return digest.hexdigest()[:16]


def marks(rows: pd.DataFrame) -> np.ndarray:
    """int64 `(rows,)`: the same number for the same part of a recording with the same bytes.

    Rows of a store that does not know the content of its files give an empty array.
    """
    if "content" not in rows:
        return np.empty(0, np.int64)
    names = zip(rows["clip"], rows["content"], strict=True)
    return np.array([_mark(f"{content}#{_part(str(clip))}") for clip, content in names], np.int64)


def stretches(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray] | None:
    """int64 `(rows,)`, a mark for the content of each clip's file, and float64 `(rows, 2)`, its start and end there
    (s; infinity: to the file's end). None for a store that does not know them.
    """
    if not {"content", "start", "end"} <= set(rows.columns):
        return None
    files = np.array([_mark(str(content)) for content in rows["content"]], np.int64)
    return files, rows[["start", "end"]].to_numpy(np.float64)


def parts_of(rows: pd.DataFrame) -> list[tuple[str, float, float | None] | None]:
    """The part of a file that each clip is: content, start, end (None: to its end); None where it is not known.

    Names of older stores round the times of a part, so of these only clips that are whole files are known.
    """
    if "content" not in rows:
        return [None] * len(rows)
    if not {"start", "end"} <= set(rows.columns):
        whole = zip(rows["clip"], rows["content"], strict=True)
        return [None if "#" in str(clip) else (str(content), 0.0, None) for clip, content in whole]
    times = zip(rows["content"], rows["start"], rows["end"], strict=True)
    return [(str(c), float(start), None if np.isinf(end) else float(end)) for c, start, end in times]


def _part(clip: str) -> str:
    """Where in its recording a clip lies: what stands behind `#`, without the count of a clip that is listed twice."""
    return clip.partition("#")[2].partition("~")[0]


def _mark(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
