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


def _part(clip: str) -> str:
    """Where in its recording a clip lies: what stands behind `#`, without the count of a clip that is listed twice."""
    return clip.partition("#")[2].partition("~")[0]


def _mark(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
