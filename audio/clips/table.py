"""The table of clips: a row each, with what a page needs to list them and to draw them as strips without decoding."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from audio.clips.store import ClipStore

PEAKS = 100  # min/max pairs of a waveform strip


def clip_table(
    store: ClipStore, rows: pd.DataFrame, *, progress: Callable[[int, int], None] | None = None
) -> pd.DataFrame:
    """One row for each of `rows`, in their order.

    `clip` (its id), `split`, `fold` (0: none), `label`, `duration` (s), `sample_rate` (Hz), `loudness` (dBFS, RMS),
    `peaks` (base64 of 100 int8 min/max pairs). `progress(done, total)` is called after every clip; None draws a bar
    on stderr when it takes longer than a moment.
    """
    table: list[dict[str, Any]] = []
    with tqdm(total=len(rows), unit=" clips", disable=progress is not None, delay=2) as bar:
        for row in rows.itertuples():
            shape = Strip(int(row.frames))
            for piece in store.pieces(str(row.clip)):
                shape.add(piece)
            table.append(
                {
                    "clip": row.clip,
                    "split": row.split,
                    "fold": row.fold,
                    "label": row.label,
                    "duration": round(float(str(row.duration)), 4),
                    "sample_rate": store.sample_rate,
                    "loudness": shape.loudness,
                    "peaks": shape.peaks,
                }
            )
            bar.update()
            if progress:
                progress(len(table), len(rows))
    return pd.DataFrame(table)


def in_turn(rows: pd.DataFrame, seed: int = 0) -> list[str]:
    """The clips in an order of which any beginning has about as many of each label, drawn from all over the set."""
    drawn = rows.sample(frac=1, random_state=seed)
    turn = drawn.groupby("label").cumcount()
    return list(drawn.assign(turn=turn).sort_values(["turn", "label"], kind="stable")["clip"])


class Strip:
    """What a strip of a clip shows, gathered from its pieces: how loud it is, and its shape."""

    def __init__(self, num_samples: int, pairs: int = PEAKS) -> None:
        """`pairs`: equal stretches of which the extremes are kept."""
        self._starts = np.linspace(0, num_samples, pairs + 1).astype(int)[:-1]
        self._low = np.full(pairs, np.inf, np.float32)
        self._high = np.full(pairs, -np.inf, np.float32)
        self._square = 0.0
        self._seen = 0

    def add(self, piece: np.ndarray) -> None:
        """The next samples, float32 in -1..1."""
        if not len(piece):
            return
        self._square += float(np.square(piece, dtype=np.float64).sum())
        first = int(np.searchsorted(self._starts, self._seen, "right")) - 1  # the stretch that goes on
        first = int(np.searchsorted(self._starts, self._starts[first], "left"))  # and others at its place
        last = int(np.searchsorted(self._starts, self._seen + len(piece), "left"))
        starts = np.maximum(self._starts[first:last] - self._seen, 0)
        part = slice(first, last)
        self._low[part] = np.minimum(self._low[part], np.minimum.reduceat(piece, starts))
        self._high[part] = np.maximum(self._high[part], np.maximum.reduceat(piece, starts))
        self._seen += len(piece)

    @property
    def loudness(self) -> float:
        """Root mean square in dBFS (a full-scale square wave is 0); digital silence is -200."""
        power = self._square / max(1, self._seen)
        return float(round(10 * np.log10(max(power, 1e-20)), 2))

    @property
    def peaks(self) -> str:
        """Base64 of int8 (minimum, maximum) of the stretches, for drawing a strip without decoding."""
        pairs = np.stack([self._low, self._high], axis=1)
        shown = np.clip(np.floor(np.nan_to_num(pairs, posinf=0.0, neginf=0.0) * 128), -128, 127)
        return base64.b64encode(shown.astype(np.int8).tobytes()).decode()


def strip_of(waveform: np.ndarray, pairs: int = PEAKS) -> Strip:
    """The strip of a waveform in one piece."""
    strip = Strip(len(waveform), pairs)
    strip.add(waveform)
    return strip
