"""Small real inputs: a folder of sounds in many formats, a clip store of synthetic sounds, a tiny training."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig, TrainConfig
from audio.datasets import synthetic
from audio.preprocessing.preprocess import preprocess


@pytest.fixture(autouse=True)
def _one_thread():
    """What is tested is small: a second thread costs more than it brings, on a busy machine many times as much."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="package")
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What trainings remember of this machine is not what the checkout's own do."""
    before = os.environ.get("SOUNDYARD_STATE")
    os.environ["SOUNDYARD_STATE"] = str(tmp_path_factory.mktemp("state"))
    yield
    os.environ.pop("SOUNDYARD_STATE")
    if before is not None:
        os.environ["SOUNDYARD_STATE"] = before


def tone(seconds: float, rate: int, pitch: float = 440.0) -> np.ndarray:
    """A sine at half scale, `(frames,)`."""
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)


def write_tree(root: Path, classes: dict[str, float], clips: int = 5, seconds: float = 0.5) -> Path:
    """A folder a class, each with WAVs of a tone of its own pitch (Hz)."""
    for name, pitch in classes.items():
        (root / name).mkdir(parents=True)
        for i in range(clips):
            soundfile.write(root / name / f"{i}.wav", tone(seconds, 16000, pitch * (1 + 0.02 * i)), 16000)
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", {"high": 2000.0, "low": 200.0})


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ClipStore:
    """The synthetic data set, four clips a class and fold, at 8 kHz."""
    folder = tmp_path_factory.mktemp("synthetic")
    kept, synthetic.PER_FOLD = synthetic.PER_FOLD, 4
    try:
        preprocess(PreprocessConfig(dataset="synthetic", sample_rate=8000), folder / "store", progress=ignore)
    finally:
        synthetic.PER_FOLD = kept
    return ClipStore.open(folder / "store")


def ignore(*args: object) -> None:
    """A progress callback that says nothing."""


@pytest.fixture
def tiny() -> TrainConfig:
    """Seconds of training on the synthetic store."""
    return TrainConfig(
        epochs=2, n_fft=256, win_length=256, hop_length=128, n_mels=16, batch_size=32, crop_seconds=1.0,
        speeds=[1.0, 1.1], frequency_mask_bands=2, time_mask_frames=4, debug_samples_every=0,
    )  # fmt: skip
