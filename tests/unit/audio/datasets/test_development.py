"""A development part, and folds, where a data set has none: drawn from the training clips, without leaks."""

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.drawing import development_of
from audio.clips.splits import divide, held_out, parts
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig, TrainConfig
from audio.errors import ConfigError, StoreError
from audio.evaluation.crossvalidation import crossvalidate
from audio.evaluation.evaluate import evaluate
from audio.preprocessing.folds import with_drawn_folds
from audio.training.train import train
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound, noise
from tests.unit.audio.conftest import ignore

CHOOSING = TrainConfig(validation="development", select="best", early_stop=1, fold=0)


def sounds(splits: str, clips: int = 10, takes: int = 2) -> list[Sound]:
    """Clips of three classes in splits such as `train test`, `takes` from each recording."""
    return [
        Sound(label, noise(800, 31 * i + len(split)), split=split, source=f"{split}-{label}-{i // takes}")
        for split in splits.split()
        for label in "abc"
        for i in range(clips)
    ]


@pytest.fixture
def two(tmp_path: Path) -> ClipStore:
    return clip_stores.write(tmp_path / "two", sounds("train test"))


def test_the_best_epoch_is_chosen_on_a_part_of_the_training_clips_and_the_task_can_tell_which(
    two, tiny, tmp_path
):
    config = dataclasses.replace(tiny, validation="development", select="best", early_stop=1, fold=0)
    result = train(config, two, checkpoint_dir=tmp_path / "run", progress=ignore)
    assert all("loss/validation" in epoch for epoch in result.history)
    told = result.parts.groupby("part")["clip"].agg(set)
    assert len(told["development"]) == 6 and len(told["training"]) == 24 and len(told["held out"]) == 30
    assert set(checkpoints.load(result.model_path)["development"]) == told["development"]
    assert len(evaluate(result.model_path, two, EvaluateConfig(), progress=ignore).clips) == 30
    apart = evaluate(result.model_path, two, EvaluateConfig(split="development"), progress=ignore)
    assert set(apart.clips["clip"]) == told["development"]


@pytest.mark.parametrize("splits", ["train test", "train"])
def test_the_part_is_stratified_and_no_recording_is_on_both_sides(splits, tmp_path):
    store = clip_stores.write(tmp_path, sounds(splits))
    training, development = divide(CHOOSING, store)
    assert set(training["split"]) == set(development["split"]) == {"train"}
    assert dict(development["label"].value_counts()) == {"a": 2, "b": 2, "c": 2}
    assert not set(training["source"]) & set(development["source"])


def test_the_part_is_the_same_for_every_seed_and_in_any_order(two, tmp_path):
    _, once = divide(CHOOSING, two)
    _, again = divide(dataclasses.replace(CHOOSING, seed=7), two)
    shuffled = dataclasses.replace(two, index=two.index.sample(frac=1, random_state=3))
    _, other = divide(CHOOSING, shuffled)
    assert set(once["clip"]) == set(again["clip"]) == set(other["clip"])
    _, more = divide(dataclasses.replace(CHOOSING, development_share=0.4), two)
    assert len(more) == 12


def test_two_files_with_the_same_bytes_are_one_recording(two):
    content = two.index["content"].copy()
    training, development = divide(CHOOSING, two)
    content[development.index[0]] = content[
        training.index[0]
    ]  # a copy under another name, in another recording
    same = dataclasses.replace(two, index=two.index.assign(content=content))
    sides = [set(rows["content"]) for rows in divide(CHOOSING, same)]
    assert not sides[0] & sides[1]


def test_an_official_validation_part_is_used_where_there_is_one(tmp_path):
    store = clip_stores.write(tmp_path, sounds("train validation test"))
    training, development = divide(CHOOSING, store)
    assert len(training) == 30 and set(development["split"]) == {"validation"}
    assert set(parts(CHOOSING, store)["part"]) == {"training", "development", "held out"}


def test_with_two_folds_the_part_is_drawn_from_the_one_that_is_left(two):
    folds = two.index["split"].map({"train": 1, "test": 2})
    store = dataclasses.replace(two, index=two.index.assign(fold=folds, split=""))
    training, development = divide(dataclasses.replace(CHOOSING, fold=2), store)
    assert set(training["fold"]) == set(development["fold"]) == {1} and len(development) == 6


def test_where_no_clip_can_be_spared_it_is_said_what_to_do(tmp_path):
    store = clip_stores.write(tmp_path, sounds("train test", clips=1))
    with pytest.raises(ConfigError, match=r"none of the 3 training clips can be spared.*validation=none"):
        divide(CHOOSING, store)
    few = clip_stores.write(tmp_path / "few", sounds("train", clips=2, takes=1))
    training, development = divide(CHOOSING, few)
    assert len(development) == 2 and set(training["label"]) == {"a", "b", "c"}


@pytest.mark.parametrize("seed", range(5))
def test_several_labels_a_clip_are_all_shared_out_and_none_is_used_up(seed):
    dice = random.Random(seed)
    labels = [[n for n in "abcdef" if dice.random() < 0.3] for _ in range(200)] + [["rare"], ["rare", "a"]]
    sources = [f"{i // 2}" for i in range(200)] + ["x", "y"]
    chosen = development_of(labels, sources)
    for name in "abcdef":
        total, taken = (
            sum(name in one for one in some) for some in (labels, np.array(labels, object)[chosen])
        )
        assert 0.1 < taken / total < 0.3, (name, taken, total)
    assert sum("rare" in labels[i] for i in np.flatnonzero(chosen)) < 2
    for source in set(sources):
        assert len({bool(c) for c, s in zip(chosen, sources, strict=True) if s == source}) == 1


def test_folds_are_drawn_from_the_training_clips_and_the_test_split_stays_out(two, tmp_path):
    store = with_drawn_folds(two, tmp_path / "drawn")
    train_rows = store.index[store.index["fold"] > 0]
    assert store.folds == [1, 2, 3, 4, 5] and set(train_rows["split"]) == {"train"}
    assert (train_rows.groupby(["fold", "label"]).size() == 2).all()
    assert train_rows.groupby("source")["fold"].nunique().max() == 1
    assert np.array_equal(store.pcm("3.wav"), two.pcm("3.wav"))


def test_cross_validation_works_without_folds(two, tiny, tmp_path):
    quick = dataclasses.replace(tiny, epochs=1)
    found = crossvalidate(quick, two, tmp_path / "cv", folds=[1, 4])
    assert found is not None and list(found.runs["fold"]) == [1, 4] and list(found.runs["clips"]) == [6, 6]
    again = crossvalidate(quick, two, tmp_path / "cv", folds=[1, 4])
    assert again is not None and again.runs.equals(found.runs)


def test_a_split_that_is_not_there_is_refused_with_those_there_are(tmp_path):
    store = clip_stores.write(tmp_path, sounds("train validation test"))
    with pytest.raises(ConfigError, match=r"no split 'val'.*test, train, validation"):
        held_out(store, 0, "val")
    assert set(held_out(store, 0, "validation")["split"]) == {"validation"}


def test_a_model_of_a_set_without_a_test_part_says_where_it_can_be_tried(tiny, tmp_path):
    store = clip_stores.write(tmp_path / "store", sounds("train"))
    config = dataclasses.replace(tiny, epochs=1, validation="development", select="best")
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    with pytest.raises(StoreError, match=r"no clip in split 'test'.*6 development clips.*split=development"):
        evaluate(result.model_path, store, EvaluateConfig(), progress=ignore)
