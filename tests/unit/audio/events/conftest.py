"""A model that tells a high tone from a low one, as a checkpoint and as ONNX, and recordings with both."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.config import ExportConfig
from audio.export.export import export
from tests.unit.audio.heard import RATE, made_of

from ..awkward.contract import tone


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A folder of awkward sounds, a checkpoint, and its ONNX file."""
    folder = tmp_path_factory.mktemp("events")
    root, store, checkpoint = made_of(folder, "as they are")
    config = ExportConfig(formats=["onnx"], check_clips=8)
    (onnx,) = export(checkpoint, folder / "exported", store, config)
    return root / "test", checkpoint, onnx.path


@pytest.fixture
def onnx(made: tuple[Path, Path, Path]) -> Path:
    return made[2]


def alternating(pitches: list[int], seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """Tones of those pitches (Hz) one behind another."""
    return np.concatenate([tone(rate, seconds, pitch) for pitch in pitches])


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder of recordings with low and high tones, one in a folder of its own, and what is no sound."""
    folder = tmp_path / "recordings"
    (folder / "more é").mkdir(parents=True)
    soundfile.write(folder / "a.wav", alternating([300, 900, 300]), RATE)
    soundfile.write(folder / "b %:.flac", alternating([900, 300, 900, 900]), RATE)
    soundfile.write(folder / "more é" / "a.wav", alternating([900], rate=44100), 44100)
    (folder / "notes.txt").write_text("not a sound")
    return folder
