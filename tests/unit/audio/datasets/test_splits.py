"""Which clips a training sees: those of no fold, of the official splits, of all folds in turn."""

import dataclasses

import pytest

from audio.clips.splits import divide, held_out, told_of_others
from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.evaluation.crossvalidation import crossvalidate
from audio.preprocessing.folds import with_drawn_folds
from tests.unit.audio.clip_stores import Sound, noise, write


def sounds(count, fold=lambda i: 0, split=lambda i: ""):
    return [
        Sound("ab"[i % 2], noise(2000, i), fold=fold(i), split=split(i), source=f"recording {i}")
        for i in range(count)
    ]


@pytest.mark.parametrize("validation", ["none", "held-out", "development"])
def test_clips_of_no_fold_are_neither_trained_on_nor_held_out(tmp_path, validation):
    store = write(tmp_path, sounds(12, fold=lambda i: i % 4))
    config = TrainConfig(fold=1, validation=validation)
    train, watched = divide(config, store)
    assert 0 not in set(train["fold"]) | set(watched["fold"]) | set(held_out(store, 1)["fold"])
    assert 1 not in set(train["fold"]) and len(train) > 0
    assert "3 clips of the data set take no part" in told_of_others(config, store)
    assert "3 of fold none" in told_of_others(config, store)


def test_folds_drawn_beside_official_splits_leave_the_test_split_alone(tmp_path):
    parts = ["train", "train", "", "test", "validation"]
    store = write(tmp_path / "own", sounds(40, split=lambda i: parts[i % 5]))
    drawn = with_drawn_folds(store, tmp_path / "drawn", 4)
    assert list(drawn.index["split"]) == list(store.index["split"])
    folds = drawn.index.groupby("split")["fold"].agg(set)
    assert folds["train"] | folds[""] == {1, 2, 3, 4} and folds["test"] == folds["validation"] == {0}
    again = with_drawn_folds(store, tmp_path / "drawn", 4)
    assert list(again.index["fold"]) == list(drawn.index["fold"])


def test_folds_that_can_not_be_drawn_are_refused(tmp_path):
    only = [Sound("a", noise(2000), split="train", source="one")] * 3
    with pytest.raises(ConfigError, match="come from 1 recording"):
        with_drawn_folds(write(tmp_path / "own", only), tmp_path / "drawn")


def test_without_a_list_every_fold_is_held_out_in_turn(tiny, tmp_path):
    store = write(tmp_path / "store", sounds(24, fold=lambda i: (0, 2, 5)[i % 3]))
    config = dataclasses.replace(tiny, model="tutorial-cnn", epochs=1, validation="none", crop_seconds=0.2)
    found = crossvalidate(config, store, tmp_path / "runs")
    assert list(found.runs["fold"]) == [2, 5] and list(found.runs["clips"]) == [8, 8]
    assert found.confusion.sum() == found.clips == 16


def test_the_splits_of_a_data_set_without_folds_are_its_own(tmp_path):
    parts = ["train", "train", "test", "extra"]
    store = write(tmp_path, sounds(16, split=lambda i: parts[i % 4]))
    train, watched = divide(TrainConfig(fold=0, validation="held-out"), store)
    assert set(train["split"]) == {"train"} and set(watched["split"]) == {"test"}
    train, watched = divide(TrainConfig(fold=0, validation="none"), store)
    assert set(train["split"]) == {"train"} and len(watched) == 0
    no_test = write(tmp_path / "other", sounds(16, split=lambda i: ["train", "", "extra"][i % 3]))
    assert set(held_out(no_test, 0)["split"]) == {"extra"}
