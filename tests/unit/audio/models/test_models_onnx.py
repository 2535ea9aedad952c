"""Encoders in ONNX files: what is told of them, what they give of clips, and a model that needs its file no more."""

import copy
import json

import numpy as np
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.config import EvaluateConfig, TrainConfig
from audio.errors import ConfigError
from audio.evaluation.evaluate import evaluate
from audio.models import build, check
from audio.models.__main__ import main as listing
from audio.models.pretrained import onnx_encoder
from audio.training.train import train
from tests.unit.audio import onnx_encoders
from tests.unit.audio.conftest import ignore

RATE = 8000


@pytest.fixture
def windowed(tmp_path):
    file = onnx_encoders.windowed(tmp_path / "é:% birds.onnx")
    file.with_suffix(".json").write_text(
        json.dumps({"sample_rate": RATE, "step_seconds": 0.1, "licence": "MIT"})
    )
    return file


def test_what_is_told_beside_a_file_wins_over_what_is_known_by_its_name(tmp_path):
    known = onnx_encoder.look(str(onnx_encoders.one_waveform(tmp_path / "yamnet.onnx")))
    assert (known["sample_rate"], known["output"], known["licence"]) == (16000, "embeddings", "Apache-2.0")
    assert (known["size"], known["length"]) == (onnx_encoders.SIZE, 0)
    (tmp_path / "yamnet.json").write_text(json.dumps({"sample_rate": RATE, "output": "scores"}))
    told = onnx_encoder.look(str(tmp_path / "yamnet.onnx"))
    assert (told["sample_rate"], told["output"], told["licence"]) == (RATE, "scores", "Apache-2.0")


def test_windows_of_a_clip_are_heard_one_after_the_other_and_the_last_is_filled(windowed):
    model = build(TrainConfig(model="onnx", encoder=str(windowed)), RATE, 3).eval()
    waves = torch.randn(5, RATE) * 0.1
    found = model.features(waves)
    length, step = 1600, 800
    count = 1 + -(-(RATE - length) // step)
    assert found.shape == (5, 1, onnx_encoders.SIZE, count) and model.frontend.frames(RATE) == count
    session = onnx_encoder.session(windowed.read_bytes(), "it")
    for number in (0, 3, count - 1):
        part = np.zeros((5, length), np.float32)
        heard = waves[:, number * step : number * step + length].numpy()
        part[:, : heard.shape[1]] = heard
        (alone,) = session.run(["embedding"], {"waveform": part})
        np.testing.assert_allclose(found[:, 0, :, number], alone, atol=1e-4)
    assert model.features(waves[:, :100]).shape[-1] == 1
    assert torch.equal(copy.deepcopy(model).features(waves), found)


@pytest.mark.parametrize("batch", [1, 3])
def test_files_that_take_only_so_many_windows_at_a_time_give_the_same(batch, windowed, tmp_path):
    fixed = onnx_encoders.windowed(tmp_path / "fixed.onnx", batch)
    fixed.with_suffix(".json").write_text(windowed.with_suffix(".json").read_text())
    waves = torch.randn(4, RATE)
    one, other = (
        build(TrainConfig(model="onnx", encoder=str(f)), RATE, 3).features(waves) for f in (windowed, fixed)
    )
    torch.testing.assert_close(one, other)


def test_a_file_that_takes_one_waveform_of_any_length_gives_a_frame_a_block(tmp_path):
    file = onnx_encoders.one_waveform(tmp_path / "any.onnx")
    file.with_suffix(".json").write_text(json.dumps({"sample_rate": RATE}))
    model = build(TrainConfig(model="onnx", encoder=str(file)), RATE, 3)
    assert (
        model.features(torch.randn(2, RATE)).shape
        == (2, 1, onnx_encoders.SIZE, 20)
        == (2, 1, 24, model.frontend.frames(RATE))
    )


def test_a_model_on_an_encoder_is_trained_and_needs_its_file_no_more(store, tiny, windowed, tmp_path):
    config = TrainConfig(
        model="onnx", encoder=str(windowed), epochs=6, learning_rate=0.02, speeds=[1.0],
        time_masks=0, frequency_masks=0, eq_db=0.0, gain_db=0.0, debug_samples_every=3, debug_samples=2, select="best",
        validation="development",
    )  # fmt: skip
    result = train(config, store, checkpoint_dir=tmp_path / "run", progress=ignore)
    windowed.unlink()
    found = evaluate(result.model_path, store, EvaluateConfig())
    assert found.accuracy > 0.3  # of eight classes
    described = checkpoints.load(result.model_path)["frontend"]
    assert described["licence"] == "MIT" and described["name"] == "onnx"


def test_what_is_no_encoder_is_refused_with_what_to_do(windowed, tmp_path):
    def said(encoder, rate=RATE, **told):
        if told:
            windowed.with_suffix(".json").write_text(json.dumps(told))
        with pytest.raises(ConfigError) as refused:
            build(TrainConfig(model="onnx", encoder=str(encoder)), rate, 3)
        return str(refused.value)

    assert "needs a file: encoder=FILE.onnx" in said("")
    assert "There is no file" in said(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    assert "no file that ONNX Runtime can run" in said(tmp_path / "text.onnx")
    assert "preprocess with sample_rate=8000" in said(windowed, 16000)
    assert "Nothing tells at which rate" in said(windowed, licence="MIT")
    assert "takes 1600 samples at a time, and 3 s at 8000 Hz are 24000" in said(
        windowed, sample_rate=RATE, window_seconds=3
    )
    assert "gives out embedding, and none of them is other" in said(
        windowed, sample_rate=RATE, output="other"
    )
    windowed.with_suffix(".json").write_text('{"rate": 16000}')
    assert "tells rate; it can tell sample_rate" in said(windowed)
    windowed.with_suffix(".json").write_text("[1]")
    assert "has to hold an object" in said(windowed)
    windowed.with_suffix(".json").write_text('{"sample_rate": "fast"}')
    assert "it has to be a number" in said(windowed)
    with pytest.raises(ConfigError, match="is for onnx, wav2vec2"):
        check(TrainConfig(model="cnn", encoder=str(windowed)))


def test_real_weights_out_of_a_package_tell_recordings_apart(tmp_path):
    file = onnx_encoders.spoken_words(tmp_path)
    if file is None:
        pytest.skip("the package openwakeword 0.4 or 0.5, which holds the weights, is not installed")
    known = onnx_encoder.look(str(file))
    assert (known["size"], known["length"], known["frames"]) == (96, 12640, 1)
    model = build(TrainConfig(model="onnx", encoder=str(file)), 16000, 2)
    time = torch.arange(16000) / 16000
    sounds = torch.stack([0.3 * torch.sin(2 * torch.pi * pitch * time) for pitch in (300, 310, 2000, 2050)])
    found = torch.nn.functional.normalize(model.features(sounds).mean(3).flatten(1), dim=1)
    alike = found @ found.T
    assert min(alike[0, 1], alike[2, 3]) > max(alike[0, 2], alike[0, 3], alike[1, 2], alike[1, 3])


def test_the_list_of_models_tells_rate_window_licence_and_reference_of_encoders(tmp_path, capsys):
    file = onnx_encoders.windowed(tmp_path / "perch é.onnx", length=160000)
    assert listing([]) == 0 and listing([str(file)]) == 0 and listing([str(tmp_path / "none.onnx")]) == 2
    out, err = capsys.readouterr()
    assert "16000 Hz, windows of 10.24 s, BSD-3-Clause, arXiv:2104.01778" in out
    assert f"{file}: 32000 Hz, windows of 5 s, Apache-2.0, Perch" in out
    assert "There is no file" in err
