"""The split of tutorials: scikit-learn's, clip by clip, and told what it flatters."""

import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig, TrainConfig
from audio.errors import ConfigError
from audio.preprocessing.drawn_split import draw_split
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.unit.audio.conftest import ignore, write_tree


def index_of(labels, sources=None):
    names = [f"{i}.wav" for i in range(len(labels))]
    known = [f"{i:032x}" for i in range(len(labels))]
    return pd.DataFrame(
        {"clip": names, "label": labels, "fold": 3, "split": "", "source": sources or names, "content": known}
    )


LABELS = ["rock"] * 100 + ["pop"] * 99 + ["jazz"] * 11 + ["blues"] * 6


def by_scikit_learn(table, seed):
    """As the tutorials write it: class after class; the half for validation once more."""
    split = {}
    for label in table["label"].unique():
        train, rest = train_test_split(table[table["label"] == label], test_size=0.2, random_state=seed)
        validation, test = train_test_split(rest, test_size=0.5, random_state=seed)
        split |= dict.fromkeys(train["clip"], "train") | dict.fromkeys(rest["clip"], "held out")
        split |= {(clip, "of three"): "validation" for clip in validation["clip"]}
        split |= {(clip, "of three"): "test" for clip in test["clip"]}
    return split


@pytest.mark.parametrize("seed", [0, 42, 2**32 - 1])
def test_both_splits_are_scikit_learns_within_each_class(seed):
    table = index_of(LABELS).sample(frac=1, random_state=1)  # classes need not lie together
    theirs = by_scikit_learn(table, seed)
    two, _ = draw_split(table, False, seed, "8:2")
    three, _ = draw_split(table, False, seed, "8:1:1")
    assert {(theirs[c], s) for c, s in zip(two["clip"], two["split"], strict=True)} == {
        ("train", "train"),
        ("held out", "test"),
    }
    expected = {c: theirs[c] if theirs[c] == "train" else theirs[c, "of three"] for c in table["clip"]}
    assert dict(zip(three["clip"], three["split"], strict=True)) == expected
    assert (two["fold"] == 0).all() and (three["fold"] == 0).all()


def test_shares_are_eight_to_one_to_one_in_every_class():
    three, about = draw_split(index_of(["a"] * 100 + ["b"] * 50), False, 42, "8:1:1")
    counts = three.groupby("label")["split"].value_counts().to_dict()
    assert counts == {
        ("a", "train"): 80, ("a", "validation"): 10, ("a", "test"): 10,
        ("b", "train"): 40, ("b", "validation"): 5, ("b", "test"): 5,
    }  # fmt: skip
    assert about["seed"] == 42 and "scikit-learn" in about["rule"]


def test_what_it_flatters_is_counted():
    pieces = [f"recording {i // 10}" for i in range(100)]
    _, cut = draw_split(index_of(["a"] * 100, pieces), False, 0, "8:2")
    _, whole = draw_split(index_of(["a"] * 100), False, 0, "8:2")
    assert "20 of its 20 held-out clips are of recordings that are trained on" in cut["flatters"]
    assert "no held-out clip is known to be" in whole["flatters"]


@pytest.mark.parametrize(
    ("labels", "several", "kind", "said"),
    [
        (["a", "a", "b"], False, "8:2", "'b', which has one alone"),
        (["a"] * 5, False, "8:1:1", "needs six clips of each class, and 'a' has 5"),
        (["a|b", "a"], True, "8:2", "several labels: use split=own"),
    ],
)
def test_classes_that_are_too_small_and_several_labels_are_refused(labels, several, kind, said):
    with pytest.raises(ConfigError, match=said):
        draw_split(index_of(labels), several, 0, kind)


def test_a_training_on_it_says_so_and_tests_on_its_test_part(tmp_path, capsys):
    tree = write_tree(tmp_path / "tree", {"high": 2000.0, "low": 200.0}, clips=10)
    config = PreprocessConfig(dataset="folder", data=str(tree), sample_rate=8000, split="8:1:1", seed=42)
    report = preprocess(config, tmp_path / "store", progress=ignore)
    assert "8:1:1 was drawn once" in report.flatters and not report.drawn and not report.per_fold
    store = ClipStore.open(tmp_path / "store")
    assert store.splits and not store.folds
    settings = TrainConfig(
        fold=0, validation="development", select="best", epochs=1, debug_samples_every=0, threads=1, n_mels=16
    )
    result = train(settings, store, checkpoint_dir=tmp_path / "out", progress=ignore)
    assert result.parts["part"].value_counts().to_dict() == {"training": 16, "development": 2, "held out": 2}
    assert "note: the split 8:1:1 was drawn once" in capsys.readouterr().out


def test_the_data_sets_own_split_is_the_usual_one(tmp_path):
    tree = write_tree(tmp_path / "tree", {"high": 2000.0, "low": 200.0}, clips=5)
    report = preprocess(
        PreprocessConfig(dataset="folder", data=str(tree), sample_rate=8000), tmp_path / "s", progress=ignore
    )
    assert report.drawn["count"] == 5 and not report.flatters
