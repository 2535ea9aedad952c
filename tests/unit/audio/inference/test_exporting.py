"""Exports: the same numbers as the model, from files that say what they need, for several kinds of network."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.waves import Waves
from audio.config import ExportConfig
from audio.errors import ConfigError
from audio.export.check import Exported, Latency, check, labels, latency, runner, worse
from audio.export.export import ExportError, clips_of, export, to_onnx_int8
from audio.export.matrix_fourier import MatrixFrontEnd, MatrixSpectrum
from audio.registry import features
from audio.training.train import train
from tests.unit.audio.conftest import ignore

EXTRA = {"mfcc": {"n_mfcc": 20}}
SLOW = pytest.mark.slow
OTHERS = ("crnn", "transformer", "resnet18", "cnn6")


def trained(store, config, folder, epochs=1):
    quick = dataclasses.replace(config, epochs=epochs, validation="none", threads=1, precision="fp32")
    return train(quick, store, checkpoint_dir=folder, progress=ignore).model_path


IN_TURN = {"model": "cnn", "frontend": "logmel+pcen", "members": 2, "deltas": True}
SHRUNK = {"model": "mobilenet_v3_small", "image_size": 32}  # more frames than pixels
NETWORKS = [
    {"model": "cnn"},
    *(pytest.param(one, marks=SLOW) for one in (IN_TURN, SHRUNK)),
    *(pytest.param({"model": name}, marks=SLOW) for name in OTHERS),
]


@pytest.mark.parametrize("settings", NETWORKS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_every_format_gives_the_model_s_logits_for_any_batch(settings, store, tiny, tmp_path):
    path = trained(store, dataclasses.replace(tiny, **settings), tmp_path)
    made = export(path, tmp_path / "exported", store, ExportConfig(check_clips=32, calibration_clips=16))
    assert [one.format for one in made] == ["torchscript", "onnx", "onnx-int8"]
    script, whole, integers = made
    assert script.difference < 1e-4 and whole.difference < 1e-3
    assert script.agreement == whole.agreement == 1.0 and integers.megabytes < whole.megabytes
    model = checkpoints.model_of(checkpoints.load(path))
    frames = checkpoints.load(path)["clip_frames"]
    waves = np.random.default_rng(0).standard_normal((5, frames)).astype(np.float32) * 0.1
    with torch.no_grad():
        expected = model(torch.from_numpy(waves)).numpy()
    for one in (script, whole):
        np.testing.assert_allclose(runner(one.path, one.format)(waves), expected, atol=2e-3)


def test_integers_say_what_the_model_says_of_all_clips_that_there_are(store, tiny, tmp_path):
    """Their noise lies 20 dB below what the logits tell, and only answers change that stood on the edge."""
    path = trained(store, tiny, tmp_path, epochs=3)
    (made,) = export(path, tmp_path, store, ExportConfig(formats=["onnx-int8"], check_clips=32))
    state = checkpoints.load(path)
    waves = Waves(store, store.index, state["clip_frames"], tiny.fill, torch.device("cpu"))
    everything = waves.gather(torch.arange(len(store)))
    with torch.no_grad():
        theirs = torch.cat([checkpoints.model_of(state)(part) for part in everything.split(32)]).numpy()
    ours = np.concatenate([runner(made.path, made.format)(part.numpy()) for part in everything.split(32)])
    assert len(ours) == 160
    noise = ours - theirs
    assert 10 * np.log10(theirs.var() / (noise**2).mean()) > 20
    changed = ours.argmax(1) != theirs.argmax(1)
    first, second = np.sort(theirs, axis=1)[:, :-3:-1].T
    assert changed.mean() <= 0.05
    assert (first - second)[changed].max(initial=0.0) < 4 * noise.std()


def test_a_file_says_what_a_caller_needs(store, tiny, tmp_path):
    import onnx

    path = trained(store, dataclasses.replace(tiny, frontend="mfcc", n_mfcc=8), tmp_path)
    export(path, tmp_path, store, ExportConfig(formats=["torchscript", "onnx"], check_clips=4))
    extra = {"soundyard.json": ""}
    torch.jit.load(str(tmp_path / "model.ts"), _extra_files=extra)
    metadata = {p.key: json.loads(p.value) for p in onnx.load(tmp_path / "model.onnx").metadata_props}
    for about in (json.loads(extra["soundyard.json"]), metadata):
        assert about["classes"] == store.classes and about["sample_rate"] == 8000
        assert about["frontend"]["name"] == "mfcc" and about["clip_frames"] > 0


def test_answers_beyond_the_tolerance_are_refused(store, tiny, tmp_path):
    path = trained(store, tiny, tmp_path)
    with pytest.raises(ExportError, match="answers otherwise than the model"):
        export(path, tmp_path, store, ExportConfig(formats=["onnx"], tolerance=0.0, check_clips=4))


def test_an_unknown_format_is_refused():
    with pytest.raises(ConfigError, match="torchscript, onnx, onnx-int8"):
        ExportConfig(formats=["tflite"])


@pytest.mark.parametrize("name", features.names())
@pytest.mark.parametrize("sizes", [(1024, 1024, 512), (400, 400, 160), (512, 400, 441), (2048, 2048, 640)])
def test_the_matrix_front_end_gives_the_numbers_of_the_plain_one(name, sizes):
    n_fft, win_length, hop_length = sizes
    frontend = features.find(name)(
        16000, n_fft, win_length, hop_length, n_mels=32, deltas=name == "mfcc", **EXTRA.get(name, {})
    )
    waves = torch.randn(2, 12345, generator=torch.Generator().manual_seed(0)) * 0.1
    expected = frontend.normalise(frontend(waves))
    torch.testing.assert_close(MatrixFrontEnd(frontend)(waves), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("n_fft", [2, 3, 4, 6, 10, 15, 16, 300, 400, 401, 441, 512, 1000, 1023, 1024, 2048])
def test_a_transform_in_products_is_the_fourier_transform_of_any_length(n_fft):
    dice = torch.Generator().manual_seed(n_fft)
    bins = n_fft // 2 + 1
    bank, window = torch.rand(bins, 5, generator=dice), torch.rand(n_fft, generator=dice)
    each = MatrixSpectrum(n_fft, window, torch.eye(bins))
    frames = torch.randn(2, 3, n_fft, generator=dice)
    power = torch.fft.rfft((frames * window).double()).abs().square()
    torch.testing.assert_close(each(frames).double(), power, rtol=1e-3, atol=1e-5 * n_fft)
    banded = MatrixSpectrum(n_fft, window, bank)(frames)
    torch.testing.assert_close(banded.double(), power @ bank.double(), rtol=1e-4, atol=1e-5 * n_fft)


def test_integers_whose_labels_are_worse_than_allowed_are_refused_with_the_figures(store, tiny, tmp_path):
    """Calibrated on one silent clip, their ranges fit nothing else."""
    path = trained(store, dataclasses.replace(tiny, epochs=3), tmp_path)
    silent = dataclasses.replace(store, samples=np.zeros_like(store.samples))
    state = checkpoints.load(path)
    about = ExportConfig(formats=["onnx-int8"], check_clips=20)
    _, _, calibration = clips_of(state, silent, about)
    checked, targets, _ = clips_of(state, store, about)
    model, file = checkpoints.model_of(state), tmp_path / "model.int8.onnx"
    to_onnx_int8(model, checked[:2], calibration, {}, file)
    one = check(model, checked, targets, False, "onnx-int8", file)
    reason = worse(one, len(checked), 2.0)
    assert one.agreement < 0.9 and "on 20 held-out clips" in reason and "int8_tolerance=2" in reason
    assert worse(dataclasses.replace(one, agreement=0.97, lost=1.9), 20, 2.0) == ""
    assert "One clip is 5 points: check_clips" in reason and "One clip" not in worse(one, 200, 2.0)
    assert "1.9 points less accurate" in worse(dataclasses.replace(one, agreement=0.97, lost=1.9), 20, 1.0)
    assert dataclasses.replace(one, refused=reason).note.startswith("refused")


def test_what_is_not_smaller_or_not_faster_is_noted(tmp_path):
    fast, slow = Latency(1.0, 2.0), Latency(2.0, 3.0)
    one = Exported(tmp_path, "onnx-int8", 2.0, 0.0, 1.0, 0.0, slow, fast, 1.0)
    assert one.note == "not smaller, not faster"
    assert dataclasses.replace(one, megabytes=0.5, latency=fast, model_latency=slow).note == ""


def test_latency_is_that_of_single_calls_after_some_to_warm_up():
    calls = []
    told = latency(lambda wave: calls.append(wave) or wave, np.zeros((1, 4), np.float32), seconds=0.0)
    assert len(calls) >= 35 and 0 <= told.p50 <= told.p95


def test_agreement_of_several_labels_counts_each_of_them():
    ours, theirs = np.array([[1.0, -1.0], [1.0, 1.0]]), np.array([[2.0, 1.0], [0.5, 3.0]])
    assert labels(ours, True, theirs).mean() == 0.75 and labels(ours, False, theirs).mean() == 0.5
