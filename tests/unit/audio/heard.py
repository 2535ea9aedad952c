"""Awkward sounds and models that hear them in several ways, for the tests that hold every path to one answer."""

import csv
from pathlib import Path

import numpy as np
import soundfile

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig, TrainConfig
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train

from .awkward.contract import tone
from .conftest import ignore

RATE = 8000
DICE = np.random.default_rng(0)


def silent(before: float, seconds: float, behind: float, level: float = 1.0) -> np.ndarray:
    """A tone with digital silence around it (s)."""
    parts = (np.zeros(round(before * RATE)), level * tone(seconds=seconds), np.zeros(round(behind * RATE)))
    return np.concatenate(parts)


SOUNDS = {
    "an event in silence.wav": (silent(2.0, 0.3, 2.5), RATE),
    "at the end.wav": (silent(4.8, 0.2, 0.0), RATE),
    "very short.wav": (tone(seconds=0.01), RATE),
    "one sample.wav": (np.array([0.5]), RATE),
    "as long as a clip.wav": (tone(seconds=0.5), RATE),
    "hardly longer.wav": (tone(seconds=0.51), RATE),
    "longer.wav": (np.concatenate([tone(seconds=0.6), 0.3 * DICE.standard_normal(9000)]), RATE),
    "much longer.wav": (np.concatenate([tone(seconds=3), 0.1 * DICE.standard_normal(9000), np.zeros(9000)]), RATE),
    "stereo at 44100.wav": (np.stack([tone(44100, 0.7), 0.2 * tone(44100, 0.7, 990)], 1), 44100),
    "surround at 16000.wav": (np.stack([tone(16000, 0.3, 200 * i) for i in range(1, 7)], 1), 16000),
    "faint.wav": (1e-4 * tone(seconds=0.4), RATE),
    "almost nothing.wav": (silent(0.5, 0.2, 0.5, 1e-6), RATE),
    "above full scale.wav": (7 * tone(seconds=0.4), RATE),
    "silence.wav": (np.zeros(3000), RATE),
    "offset.wav": (0.3 + 0.2 * tone(seconds=0.4), RATE),
    "quiet edges.wav": (np.concatenate([1e-4 * tone(), tone(), 1e-4 * tone()]), RATE),
    "eight bits.wav": (silent(0.3, 0.05, 0.4), RATE),
    "stereo at 96000, one side silent.wav": (np.stack([tone(96000, 0.6), np.zeros(57600)], 1), 96000),
}  # fmt: skip
SUBTYPES = {"eight bits.wav": "PCM_U8"}
PREPARATIONS = {
    "as they are": ({}, {}),
    "short clips filled with silence": ({"duration": 0.4, "fill": "zero"}, {"clip_seconds": 0.5}),
    "long clips in several windows": ({"duration": 2.0, "fill": "zero"}, {"clip_seconds": 0.5}),
    "edges kept, windows filled with silence": (
        {"trim_silence": False},
        {"fill": "zero", "clip_seconds": 0.5},
    ),
    "several front ends, with slopes": (
        {},
        {"frontend": "logmel+pcen+mfcc", "members": 3, "deltas": True, "n_mfcc": 16, "clip_seconds": 0.5},
    ),
    "several labels": ({}, {"clip_seconds": 0.5}),
}


def sounds_below(folder: Path, labels: tuple[str, str]) -> Path:
    """A table of ordinary sounds to train on, of either label in turn, and of awkward ones to test with."""
    rows = []
    (folder / "test").mkdir(parents=True)
    for i in range(12):
        sound = tone(seconds=0.5, pitch=(900 if i % 2 else 300) + 10 * i)
        soundfile.write(folder / f"{i}.wav", sound, RATE)
        rows.append((f"{i}.wav", labels[i % 2], "train"))
    for name, (sound, rate) in SOUNDS.items():
        soundfile.write(folder / "test" / name, sound, rate, subtype=SUBTYPES.get(name, "FLOAT"))
        rows.append((f"test/{name}", labels[0], "test"))
    with (folder / "manifest.csv").open("w", newline="") as table:
        csv.writer(table).writerows([("path", "label", "split"), *rows])
    return folder


def made_of(folder: Path, name: str) -> tuple[Path, ClipStore, Path]:
    """Sounds, the store that is made of them by `PREPARATIONS[name]`, and a model trained on its ordinary ones."""
    preparing, training = PREPARATIONS[name]
    several = name == "several labels"
    sounds_below(folder / "data", ("low|tone", "high|tone|beep") if several else ("low", "high"))
    config = PreprocessConfig(dataset="csv", data=str(folder / "data"), sample_rate=RATE, **preparing)
    preprocess(config, folder / "store", progress=ignore, workers=1)
    store = ClipStore.open(folder / "store")
    assert store.multi_label == several
    learning = TrainConfig(
        model="tutorial-cnn", n_fft=256, win_length=256, hop_length=64, n_mels=16, f_min=50, epochs=6, fold=0,
        batch_size=4, augment=False, precision="bf16", threads=1, debug_samples_every=0, ema=0.0, validation="none",
        crop_seconds=None, **training,
    )  # fmt: skip
    result = train(learning, store, checkpoint_dir=folder / "out", progress=ignore)
    return folder / "data", store, result.model_path
