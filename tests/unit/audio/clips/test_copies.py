"""Augmentation as further clips: what a copy is, that it stays so, and that the clips themselves are left alone."""

import dataclasses

import numpy as np
import pytest
import torch

from audio.augment.copies import Copies
from audio.clips.splits import divide
from audio.clips.store import ClipStore
from audio.config import PreprocessConfig, TrainConfig
from audio.errors import ConfigError
from audio.models import build
from audio.preprocessing.preprocess import preprocess
from audio.training.feed import TrainingFeed
from audio.training.train import train
from tests.unit.audio.conftest import ignore, write_tree

PLAIN = {
    "speeds": [1.0], "roll": False, "gain_db": 0.0, "eq_db": 0.0, "mixup": 0.0, "time_masks": 0, "frequency_masks": 0,
    "crop_seconds": None, "threads": 1, "debug_samples_every": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies")
    tree = write_tree(folder / "é: 50%", {"high": 2000.0, "low": 200.0}, clips=10)
    settings = PreprocessConfig(dataset="folder", data=str(tree), sample_rate=16000, workers=1)
    preprocess(settings, folder / "store", progress=ignore)
    return ClipStore.open(folder / "store")


def feed(store, **settings) -> TrainingFeed:
    config = TrainConfig(**{**PLAIN, **settings})
    rows, _ = divide(config, store)
    model = build(config, store.sample_rate, len(store.classes))
    return TrainingFeed(config, store, rows, model, torch.device("cpu"))


def parts(made: TrainingFeed) -> list[torch.Tensor]:
    """The waveforms of the clips, of their first copies, and so on."""
    count = len(made) // (1 + len(made.copies))
    return list(made.waves.gather(torch.arange(len(made))).split(count))


def test_each_copy_is_the_clip_with_the_change_that_was_asked_for(store):
    plain, noisy, shifted, louder = parts(feed(store, copies=["noise", "shift", "gain"]))
    assert torch.equal(plain, parts(feed(store))[0])
    assert float((noisy - plain).std()) == pytest.approx(0.005, rel=0.02)
    for before, after in zip(plain, shifted, strict=True):
        by = [
            n for n in range(-len(before) // 10, len(before) // 10 + 1) if torch.equal(before.roll(n), after)
        ]
        assert by
    gains = (louder * plain).sum(1) / plain.square().sum(1)
    assert gains.min() >= 0.8 and gains.max() <= 1.2 and float(gains.std()) > 0.05
    torch.testing.assert_close(louder, gains[:, None] * plain)


def test_a_copy_stays_what_it_is_and_another_seed_makes_others(store):
    first, again = (feed(store, copies=["noise+shift+gain"]) for _ in range(2))
    other = feed(store, copies=["noise+shift+gain"], seed=1)
    whole = parts(first)[1]
    assert torch.equal(whole, parts(again)[1]) and not torch.equal(whole, parts(other)[1])
    place = len(whole) + 3
    assert torch.equal(first.waves.gather(torch.tensor([place]))[0], whole[3])
    assert np.array_equal(first.waves.clip(place), whole[3].numpy())
    assert torch.equal(first.targets[place], first.targets[3])


@pytest.mark.parametrize("fill", ["zero", "loop"])
def test_what_fills_a_short_clip_is_no_part_of_the_change(store, fill):
    made = feed(store, copies=["noise"], clip_seconds=3.0, fill=fill)
    plain, noisy = parts(made)
    size = int(made.waves.lengths[0])
    assert size < plain.shape[1] and not torch.equal(noisy[0, :size], plain[0, :size])
    rest = noisy[0, size : 2 * size]
    assert torch.equal(rest, torch.zeros_like(rest) if fill == "zero" else noisy[0, : len(rest)])


def test_features_kept_and_features_computed_are_those_of_the_copies(store):
    kept, computed = (feed(store, copies=["gain"], feature_cache=how) for how in ("on", "off"))
    assert kept.cache and not computed.cache
    indices = torch.arange(len(kept))
    torch.testing.assert_close(kept.plain(indices), computed.plain(indices), atol=0.02, rtol=0.01)


def test_a_training_with_copies_sees_all_of_them_and_validates_the_clips_alone(store, tmp_path, monkeypatch):
    config = TrainConfig(**{**PLAIN, "copies": ["noise", "shift+gain"], "epochs": 1, "batch_size": 4})
    heard, change = [], Copies.__call__

    def listening(self, waves, indices, sizes):
        heard.extend(indices.tolist())
        return change(self, waves, indices, sizes)

    monkeypatch.setattr(Copies, "__call__", listening)
    config = dataclasses.replace(config, feature_cache="off")
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    training, _ = divide(config, store)
    assert set(heard) == set(range(3 * len(training)))
    assert np.isfinite(result.history[0]["loss/validation"])


def test_without_augmentation_there_are_no_copies_and_an_unknown_one_is_refused(store):
    assert len(feed(store, copies=["noise"], augment=False)) == len(feed(store))
    with pytest.raises(ConfigError, match=r"copies.*echo"):
        TrainConfig(copies=["echo"])
