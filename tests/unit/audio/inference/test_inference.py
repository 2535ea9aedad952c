"""Inference on files: the same answers as evaluation, windows over long ones, errors by file."""

import numpy as np
import pytest
import soundfile

from audio.clips.store import ClipStore
from audio.config import EvaluateConfig, PreprocessConfig, TrainConfig
from audio.evaluation.evaluate import evaluate
from audio.inference.predictor import Predictor
from audio.io.decoding import Undecodable
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.unit.audio.conftest import ignore, tone, write_tree

RATE = 16000


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Recordings of two pitches, their store, and a model that tells them apart."""
    folder = tmp_path_factory.mktemp("trained")
    tree = write_tree(folder / "tree", {"high": 2000.0, "low": 200.0}, clips=10)
    preprocess(
        PreprocessConfig(dataset="folder", data=str(tree), sample_rate=8000),
        folder / "store",
        progress=ignore,
    )
    config = TrainConfig(
        n_fft=256, win_length=256, hop_length=128, n_mels=16, f_min=50, batch_size=4, epochs=12, augment=False,
        crop_seconds=None, ema=0.0, precision="fp32", threads=1, debug_samples_every=0,
    )  # fmt: skip
    store = ClipStore.open(folder / "store")
    result = train(config, store, checkpoint_dir=folder / "out", progress=ignore)
    return tree, store, result.model_path


def test_files_get_the_answers_that_evaluation_gave_their_clips(trained):
    tree, store, model = trained
    predictor = Predictor(model)
    for row in evaluate(model, store, EvaluateConfig()).clips.itertuples():
        found = predictor.file(tree / row.clip)
        assert found.label == row.prediction
        assert found.top(1)[0][1] == pytest.approx(row.confidence, abs=1e-4)
        assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_long_file_is_heard_in_windows_that_cover_it(trained, tmp_path):
    sound = np.concatenate([tone(3.0, 44100, 200.0), tone(3.1, 44100, 2000.0)])
    soundfile.write(tmp_path / "both.flac", np.stack([sound, sound], axis=1), 44100)
    predictor = Predictor(trained[2])
    table = predictor.file(tmp_path / "both.flac").table()
    assert table["start"].iloc[0] == 0 and table["end"].iloc[-1] == pytest.approx(6.1, abs=1e-3)
    assert (table["start"].to_numpy()[1:] <= table["end"].to_numpy()[:-1]).all()
    assert (table.loc[table["end"] <= 3.0, "low"] > 0.5).all()
    assert (table.loc[table["start"] >= 3.0, "high"] > 0.5).all()


def test_batches_of_windows_give_what_one_by_one_gives(trained, tmp_path, monkeypatch):
    soundfile.write(tmp_path / "long.wav", tone(20.0, RATE, 300.0), RATE)
    predictor = Predictor(trained[2], hop=0.25)
    many = predictor.file(tmp_path / "long.wav").by_window
    monkeypatch.setattr("audio.inference.predictor.BATCH", 1)
    np.testing.assert_allclose(predictor.file(tmp_path / "long.wav").by_window, many, atol=1e-3)


def test_a_file_that_is_not_there_or_empty_is_named(trained, tmp_path):
    predictor = Predictor(trained[2])
    (tmp_path / "empty.wav").touch()
    for name in ("missing.wav", "empty.wav"):
        with pytest.raises(Undecodable, match=name):
            predictor.file(tmp_path / name)
