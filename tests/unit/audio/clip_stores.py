"""Clip stores of given sounds, written without a recording: any length, any label, folds or splits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from audio.clips.store import SAMPLES, ClipStore, finish_store


@dataclass
class Sound:
    """One clip of a store."""

    label: str
    samples: np.ndarray  # int16
    fold: int = 0
    split: str = ""
    source: str = ""


def noise(frames: int, seed: int = 0) -> np.ndarray:
    """White noise at a tenth of full scale, int16."""
    return np.random.default_rng(seed).normal(0, 3000, frames).clip(-32768, 32767).astype(np.int16)


def write(folder: Path, sounds: list[Sound], rate: int = 8000, multi_label: bool = False) -> ClipStore:
    """A store of these clips, in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    np.concatenate([sound.samples for sound in sounds]).tofile(folder / SAMPLES)
    rows, offset = [], 0
    for number, sound in enumerate(sounds):
        frames = len(sound.samples)
        rows.append(
            {
                "clip": f"{number}.wav",
                "label": sound.label,
                "fold": sound.fold,
                "split": sound.split,
                "offset": offset,
                "frames": frames,
                "duration": frames / rate,
                "source": sound.source,
                "content": f"{number:032x}",
            }
        )
        offset += frames
    named = [sound.label.split("|") if multi_label else [sound.label] for sound in sounds]
    labels = {name for names in named for name in names if name}
    about = {"sample_rate": rate, "classes": sorted(labels), "multi_label": multi_label}
    finish_store(folder, pd.DataFrame(rows), about)
    return ClipStore.open(folder)
