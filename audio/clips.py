"""The table of clips: a row each, with what a page needs to list them and to draw them as strips without decoding."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from audio.store import ClipStore

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
            wave = store.waveform(str(row.clip))
            table.append(
                {
                    "clip": row.clip,
                    "split": row.split,
                    "fold": row.fold,
                    "label": row.label,
                    "duration": round(float(str(row.duration)), 4),
                    "sample_rate": store.sample_rate,
                    "loudness": loudness(wave),
                    "peaks": peaks(wave),
                }
            )
            bar.update()
            if progress:
                progress(len(table), len(rows))
    return pd.DataFrame(table)


def spread(rows: pd.DataFrame, seed: int = 0) -> list[str]:
    """The clips in an order of which any beginning has about as many of each label, drawn from all over the set."""
    drawn = rows.sample(frac=1, random_state=seed)
    turn = drawn.groupby("label").cumcount()
    return list(drawn.assign(turn=turn).sort_values(["turn", "label"], kind="stable")["clip"])


def loudness(waveform: np.ndarray) -> float:
    """Root mean square of int16 samples in dBFS (a full-scale square wave is 0); digital silence is -100."""
    power = float(np.mean(np.square(waveform.astype(np.float32) / 32768.0)))
    return round(10 * np.log10(max(power, 1e-10)), 2)


def peaks(waveform: np.ndarray, pairs: int = PEAKS) -> str:
    """Base64 of int8 (minimum, maximum) of `pairs` equal stretches, for drawing a strip without decoding."""
    strip = np.zeros((pairs, 2), np.int8)
    if len(waveform):
        starts = np.linspace(0, len(waveform), pairs + 1).astype(int)[:-1]
        strip[:, 0] = np.minimum.reduceat(waveform, starts) >> 8
        strip[:, 1] = np.maximum.reduceat(waveform, starts) >> 8
    return base64.b64encode(strip.tobytes()).decode()
