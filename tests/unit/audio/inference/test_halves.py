"""Half precision is the network's alone: sounds louder and fainter than it reaches get the model's answers; and answers
that are no numbers are refused whatever was allowed.
"""

import dataclasses
import math

import numpy as np
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.config import ExportConfig
from audio.export import export as exporting
from audio.export.check import check, runner, worse
from audio.export.export import ExportError, export
from tests.unit.audio.inference.test_exporting import trained


def awkward(clip: np.ndarray) -> np.ndarray:
    """A clip, the same 70 dB fainter and at full scale, a square wave, noise at full scale, silence."""
    square = np.sign(np.sin(np.arange(len(clip)) * 0.05))
    noise = np.random.default_rng(0).uniform(-1, 1, len(clip))
    peak = np.abs(clip).max()
    return np.stack([clip, clip * 10**-3.5, clip / peak, square, noise, 0 * clip]).astype(np.float32)


@pytest.mark.parametrize("frontend", ["logmel", "mfcc"])
def test_sounds_beyond_what_half_precision_reaches_get_the_models_answers(frontend, store, tiny, tmp_path):
    wide = dataclasses.replace(tiny, frontend=frontend, n_mfcc=8, n_fft=1024, win_length=1024, hop_length=512)
    path = trained(store, wide, tmp_path)
    asked = ExportConfig(formats=["onnx", "onnx-fp16"], check_clips=4)
    whole, halves = export(path, tmp_path / "made", store, asked)
    state = checkpoints.load(path)
    clip = store.waveform(store.index.index[0])
    waves = awkward(np.resize(clip, state["clip_frames"]))
    with torch.no_grad():
        expected = checkpoints.model_of(state)(torch.from_numpy(waves)).numpy()
    spread = expected.std()
    assert spread > 0.05, "a model that says the same of everything would prove nothing"
    np.testing.assert_allclose(runner(whole.path, "onnx")(waves), expected, atol=1e-3)
    np.testing.assert_allclose(runner(halves.path, "onnx")(waves), expected, atol=0.03 * spread)
    assert halves.megabytes < whole.megabytes


def test_answers_that_are_no_numbers_are_refused_whatever_is_allowed(store, tiny, tmp_path, monkeypatch):
    def broken(*given):
        return dataclasses.replace(check(*given), difference=math.nan, agreement=1.0, lost=0.0)

    path = trained(store, tiny, tmp_path)
    monkeypatch.setattr(exporting, "check", broken)
    allowed = {"check_clips": 4, "tolerance": 1e9, "int8_tolerance": 100}
    with pytest.raises(ExportError, match="answers otherwise than the model: a logit differs by nan"):
        export(path, tmp_path, store, ExportConfig(formats=["onnx"], **allowed))
    (made,) = export(path, tmp_path, store, ExportConfig(formats=["onnx-fp16"], **allowed))
    assert "are no numbers" in made.refused and made.note.startswith("refused")
    assert worse(dataclasses.replace(made, difference=1.0), 4, 100.0) == ""
