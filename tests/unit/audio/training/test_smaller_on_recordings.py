"""A teacher, pruning and a probe on real recordings: small networks that tell them apart, and what they say of it."""

import dataclasses

import pytest

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig, ProbeConfig, TrainConfig
from audio.preprocessing.preprocess import preprocess
from audio.training.probing.probe import probe
from audio.training.train import train
from benchmarks.tutorials import layouts
from tests.conftest import DATA
from tests.unit.audio import onnx_encoders
from tests.unit.audio.conftest import ignore

CLASSES, EACH = 4, 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA} (SOUNDYARD_DATA)"),
]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Some classes of ESC-10, in a folder each; folds are drawn by recording."""
    folder = tmp_path_factory.mktemp("recordings")
    layouts.LAYOUTS["folder"](folder / "é 50% sounds", layouts.recordings(DATA, EACH))
    kept = sorted(one for one in (folder / "é 50% sounds").rglob("*") if one.is_dir())[:CLASSES]
    small = folder / "four"
    for one in kept:
        (small / one.name).mkdir(parents=True)
        for file in one.iterdir():
            (small / one.name / file.name).symlink_to(file.resolve())
    config = PreprocessConfig(dataset="folder", data=str(small), sample_rate=16000)
    preprocess(config, folder / "store", progress=ignore)
    return ClipStore.open(folder / "store")


@pytest.fixture(scope="module")
def usual():
    return TrainConfig(epochs=25, debug_samples_every=0, precision="fp32", threads=1)


@pytest.fixture(scope="module")
def trained(recordings, usual, tmp_path_factory):
    return train(usual, recordings, checkpoint_dir=tmp_path_factory.mktemp("trained"), progress=ignore)


def test_a_small_network_learns_from_a_teacher_and_from_no_one(recordings, usual, trained, tmp_path):
    small = dataclasses.replace(usual, model="tutorial-cnn", teacher=[str(trained.model_path)])
    found = train(small, recordings, checkpoint_dir=tmp_path, progress=ignore).gain
    assert found["parameters"][0] > 2 * found["parameters"][1]
    assert found["accuracy"][1] > 0.5 and found["low"][1] > 1 / CLASSES


def test_half_of_the_channels_keep_most_of_the_accuracy(recordings, usual, trained, tmp_path):
    pruned = dataclasses.replace(
        usual, weights=str(trained.model_path), prune=0.5, epochs=12, learning_rate=0.001
    )
    found = train(pruned, recordings, checkpoint_dir=tmp_path, progress=ignore).gain
    assert found["parameters"][0] > 3.5 * found["parameters"][1]
    assert found["p50 ms"][1] < found["p50 ms"][0]
    assert found["accuracy"][1] > found["accuracy"][0] - 0.25 and found["low"][1] > 1 / CLASSES


def test_ten_clips_of_each_class_and_weights_that_others_trained_are_a_start(recordings, tmp_path):
    file = onnx_encoders.spoken_words(tmp_path)
    if file is None:
        pytest.skip("the package openwakeword 0.4, which holds the weights, is not installed")
    first = probe(ProbeConfig(encoder=str(file), shots=10), recordings, tmp_path / "first")
    again = probe(ProbeConfig(encoder=str(file), shots=5), recordings, tmp_path / "again")
    assert first.learned_from == 10 * CLASSES and first.accuracy.low > 1 / CLASSES
    assert again.known and again.accuracy.value > 1.5 / CLASSES
