"""Drawn folds: leak-free, even, and the same for a recording when others come and go."""

import random
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import soundfile

from audio.clips.drawing import folds_of
from audio.clips.store import ClipStore, finish_store
from audio.config import PreprocessConfig
from audio.preprocessing.folds import draw_folds
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio.conftest import ignore

FOLDS = 5


def index_of(labels, sources=None, contents=None):
    """An index of clips without folds."""
    names = [f"{i}.wav" for i in range(len(labels))]
    table = {"clip": names, "label": ["|".join(one) for one in labels], "fold": 0, "split": ""}
    known = [f"{i:032x}" for i in range(len(labels))]
    return pd.DataFrame({**table, "source": sources or names, "content": contents or known})


def of_each_label(labels, folds):
    """How many clips of each label are in each fold."""
    counts = Counter((name, fold) for one, fold in zip(labels, folds, strict=True) for name in one)
    names = {name for one in labels for name in one}
    return {name: [counts[name, fold] for fold in range(1, FOLDS + 1)] for name in names}


def some_set(seed):
    """Clips of very unequal classes, cut from recordings of one to nine clips."""
    dice = random.Random(seed)
    labels, sources = [], []
    while len(labels) < 500:
        label, size = min(7, int(dice.expovariate(0.4))), dice.choice([1, 1, 1, 2, 3, 9])
        labels += [[str(label)]] * size
        sources += [f"recording {len(labels)}"] * size
    return labels, sources


@pytest.mark.parametrize("seed", range(4))
def test_a_recording_is_on_one_side_and_classes_are_even(seed):
    labels, sources = some_set(seed)
    drawn = folds_of(labels, sources, seed, FOLDS)
    assert all(len({f for f, s in zip(drawn, sources, strict=True) if s == one}) == 1 for one in set(sources))
    for name, counts in of_each_label(labels, drawn).items():
        assert max(counts) - min(counts) <= 9, (name, counts)  # recordings hold up to nine clips
        assert sum(counts) < 50 or max(counts) - min(counts) <= 1, (name, counts)
    alone = folds_of(labels, [f"{i}.wav" for i in range(len(labels))], seed, FOLDS)
    for name, counts in of_each_label(labels, alone).items():
        assert max(counts) - min(counts) <= 1, (name, counts)
    totals = np.bincount(alone)[1:]
    assert totals.max() - totals.min() <= 8


@pytest.mark.parametrize("seed", range(3))
def test_several_labels_a_clip_are_as_even_as_one(seed):
    dice = random.Random(seed)
    shares = dict(zip("abcdefgh", (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), strict=True))
    labels = [[name for name, share in shares.items() if dice.random() < share] for _ in range(400)]
    drawn = folds_of(labels, [f"{i}.wav" for i in range(400)], seed, FOLDS)
    for name, counts in of_each_label(labels, drawn).items():
        assert max(counts) - min(counts) <= 3, (name, counts)


@pytest.mark.parametrize("change", [-40, -1, 1, 40])
def test_clips_that_come_or_go_move_hardly_any_other(change):
    dice = random.Random(0)
    labels, names = [[str(i % 10)] for i in range(400)], [f"{i % 10}/{i}.wav" for i in range(400)]
    before = dict(zip(names, folds_of(labels, names, 0, FOLDS), strict=True))
    gone = set(dice.sample(names, max(0, -change)))
    kept = [(one, name) for one, name in zip(labels, names, strict=True) if name not in gone]
    new = [([str(dice.randrange(10))], f"new {i}.wav") for i in range(max(0, change))]
    after_labels, after_names = map(list, zip(*dice.sample(kept + new, len(kept + new)), strict=True))
    after = dict(zip(after_names, folds_of(after_labels, after_names, 0, FOLDS), strict=True))
    moved = sum(before[name] != after[name] for _, name in kept)
    assert moved <= (4 if abs(change) == 1 else 40), moved


def test_a_set_that_grows_with_an_earlier_version_moves_none_and_stays_even(tmp_path):
    labels = [[str(i % 4)] for i in range(100)]
    before, about = draw_folds(index_of(labels), False, 0, FOLDS)
    assert about == {"seed": 0, "count": 5, "kept": 0}
    earlier = store_of(tmp_path, before, about)
    grown = index_of([*labels, *[["4"]] * 10, *[["0"]] * 15])
    after, told = draw_folds(grown.sample(frac=1, random_state=0), False, 0, FOLDS, earlier)
    after = after.sort_index()
    assert list(after["fold"])[:100] == list(before["fold"]) and told["kept"] == 100
    assert (
        after.groupby("label")["fold"]
        .value_counts()
        .unstack()
        .max(axis=1)
        .sub(1)
        .le(grown.groupby("label").size() / 5)
        .all()
    )
    renamed = grown.assign(source="elsewhere/" + grown["source"], clip="elsewhere/" + grown["clip"])
    assert list(draw_folds(renamed, False, 0, FOLDS, earlier)[0]["fold"])[:100] == list(before["fold"])
    for other in (draw_folds(grown, False, 1, FOLDS, earlier), draw_folds(grown, False, 0, 4, earlier)):
        assert other[1]["kept"] == 0


def test_folds_of_a_store_of_before_are_kept_too(tmp_path):
    """They were drawn by a permutation of everything, and say neither how nor with which seed."""
    index = index_of([["a"]] * 50).assign(fold=np.random.default_rng(0).integers(1, 6, 50))
    old = store_of(tmp_path, index, None)
    again, about = draw_folds(index.assign(fold=0), False, 0, FOLDS, old)
    assert list(again["fold"]) == list(index["fold"]) and about["kept"] == 50


def test_the_same_bytes_under_two_names_are_one_recording():
    contents = [f"{i % 20:032x}" for i in range(40)]
    drawn, _ = draw_folds(index_of([["a"]] * 40, contents=contents), False, 0, FOLDS)
    assert drawn.groupby("content")["fold"].nunique().max() == 1


def test_official_folds_and_splits_are_left_as_they_are():
    index = index_of([["a"]] * 10)
    for stated in (index.assign(fold=[1, 2] * 5), index.assign(split=["train", "test"] * 5)):
        index, about = draw_folds(stated, False, 0, FOLDS)
        assert index.equals(stated) and not about


def test_the_seed_draws_others_and_the_order_of_the_clips_nothing():
    labels = [["rare" if i < 10 else "common"] for i in range(100)]
    names = [f"{i}.wav" for i in range(100)]
    first, other = (folds_of(labels, names, seed, FOLDS) for seed in (1, 2))
    assert first != other and first == folds_of(labels[::-1], names[::-1], 1, FOLDS)[::-1]
    assert of_each_label(labels, first)["rare"] == [2] * 5


def test_a_folder_that_is_elsewhere_and_has_a_file_more_keeps_its_folds(tmp_path):
    for place, clips in (("one", 20), ("two", 21)):
        for label in "ab":
            (tmp_path / place / label).mkdir(parents=True)
            for i in range(clips if label == "a" else 20):
                noise = np.random.default_rng([i, ord(label)]).normal(0, 0.1, 4000)
                soundfile.write(tmp_path / place / label / f"{i}.wav", noise, 8000)
    stores = [made(tmp_path, "one"), made(tmp_path, "two")]
    stores.append(made(tmp_path, "two", reuse_from=stores[0].folder))
    folds = [dict(store.index["fold"]) for store in stores]
    assert sum(folds[0][clip] != folds[1][clip] for clip in folds[0]) <= 4
    assert all(folds[0][clip] == folds[2][clip] for clip in folds[0])
    assert stores[2].manifest["folds"] == {"seed": 0, "count": 5, "kept": 40}
    assert stores[0].manifest["folds"]["kept"] == 0 and len(folds[2]) == 41


def made(tmp_path, place, reuse_from=None):
    config = PreprocessConfig(dataset="folder", data=str(tmp_path / place), sample_rate=8000)
    out = tmp_path / f"store-{place}-{bool(reuse_from)}"
    preprocess(config, out, progress=ignore, reuse_from=reuse_from)
    return ClipStore.open(out)


def store_of(tmp_path, index, about):
    """A store with that index, of clips of one sample."""
    np.zeros(len(index), np.int16).tofile(tmp_path / "audio.i16")
    manifest = {"sample_rate": 8000, "classes": [], "multi_label": False}
    whole = index.assign(offset=range(len(index)), frames=1, duration=1 / 8000)
    finish_store(tmp_path, whole, {**manifest, **({} if about is None else {"folds": about})})
    return ClipStore.open(tmp_path)
