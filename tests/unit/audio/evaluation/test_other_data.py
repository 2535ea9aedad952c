"""A model on other clips than its own held-out ones: every split, all clips, another data set's."""

import pytest

from audio.clips.shared import of_classes
from audio.config import EvaluateConfig
from audio.errors import CheckpointError, ConfigError, StoreError
from audio.evaluation.evaluate import evaluate
from audio.training.train import train
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound, noise
from tests.unit.audio.conftest import ignore


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    from audio.config import TrainConfig

    config = TrainConfig(
        epochs=1,
        n_fft=256,
        win_length=256,
        n_mels=16,
        crop_seconds=1.0,
        speeds=[1.0],
        validation="development",
    )
    return train(config, store, checkpoint_dir=tmp_path_factory.mktemp("trained"), progress=ignore).model_path


def test_the_development_fold_of_a_training_can_be_evaluated(store, trained):
    found = evaluate(trained, store, EvaluateConfig(split="development"))
    assert set(found.clips["fold"]) == {2}  # the fold after the held-out one


def test_all_clips_are_refused_where_some_were_trained_on_or_told_apart(store, trained):
    with pytest.raises(ConfigError, match="was trained on"):
        evaluate(trained, store, EvaluateConfig(split="all"))
    found = evaluate(trained, store, EvaluateConfig(split="all", overlap="apart"))
    assert set(found.clips["fold"]) == {1, 2} and set(found.apart.clips["fold"]) == {3, 4, 5}


def of_others(tmp_path, store, labels, several=False):
    sounds = [Sound(label, noise(4000, i), source=str(i)) for i, label in enumerate(labels)]
    return clip_stores.write(tmp_path / "other", sounds, rate=store.sample_rate, multi_label=several)


def test_another_data_set_is_judged_on_the_classes_that_both_have(store, trained, tmp_path):
    first, second = store.classes[:2]
    other = of_others(tmp_path, store, [first, "a thunderstorm", second, first, "a thunderstorm"])
    with pytest.raises(CheckpointError, match="classes=shared"):
        evaluate(trained, other, EvaluateConfig(split="all"))
    found = evaluate(trained, other, EvaluateConfig(split="all", classes="shared"))
    assert sorted(found.clips["label"]) == sorted([first, second, first])
    assert found.classes == store.classes and len(found.confusion) == len(store.classes)
    assert f"2 of the model's {len(store.classes)} classes" in found.note and "2 of its 5 clips" in found.note
    assert "no clip has the class" in found.note


def test_a_data_set_without_any_of_the_classes_is_refused_with_both_lists(store, trained, tmp_path):
    other = of_others(tmp_path, store, ["é:/%", "a thunderstorm"])
    with pytest.raises(StoreError, match=f"{store.classes[0]}.*a thunderstorm, é:/%"):
        evaluate(trained, other, EvaluateConfig(split="all", classes="shared"))


def test_of_several_labels_the_unknown_ones_are_dropped(tmp_path, store):
    other = of_others(tmp_path, store, ["a|b", "b|x", "x", ""], several=True)
    found, told = of_classes(other, ["a", "b", "c"])
    assert list(found.index["label"]) == ["a|b", "b", ""] and "1 of its 4 clips" in told
    assert found.targets(found.index).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_the_same_classes_are_the_same_store(store):
    found, told = of_classes(store, store.classes)
    assert found is store and told == ""
