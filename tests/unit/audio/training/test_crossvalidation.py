"""Cross-validation: every clip is held out once a seed, results continue, figures add up."""

import dataclasses

import numpy as np
import pytest

from audio.errors import ConfigError
from audio.evaluation.crossvalidation import crossvalidate


@pytest.fixture
def config(tiny):
    return dataclasses.replace(tiny, model="tutorial-cnn", epochs=1, validation="none", threads=1)


def test_every_clip_is_held_out_once_a_seed(store, config, tmp_path):
    seen = []
    config = dataclasses.replace(config, metrics=["balanced_accuracy"])
    found = crossvalidate(
        config, store, tmp_path, seeds=[0, 1], folds=[1, 3], progress=lambda *now: seen.append(now[:2])
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert found.runs[["seed", "fold"]].values.tolist() == [[0, 1], [0, 3], [1, 1], [1, 3]]
    held_out = len(store.select(fold=1)) + len(store.select(fold=3))
    assert found.confusion.sum() == 2 * held_out == found.per_class["support"].sum()
    right = np.diag(found.confusion).sum() / found.confusion.sum()
    assert found.accuracy == pytest.approx(right)  # folds of one size
    by_fold = found.runs.groupby("fold")["accuracy"].mean()
    assert found.spread_over_folds == pytest.approx(float(np.std(by_fold, ddof=1)))
    assert found.runs["balanced_accuracy"].tolist() == pytest.approx(found.runs["accuracy"].tolist()), (
        "even classes"
    )
    assert "mean of 2 folds and 2 seeds" in found.text() and "warble" in found.text()
    assert found.measured.figures["accuracy"].value == pytest.approx(found.accuracy)
    assert found.measured.clips == 2 * held_out and found.measured.recordings == held_out
    low, high = found.measured.figures["auroc"].low, found.measured.figures["auroc"].high
    assert low < found.measured.figures["auroc"].value < high and "auroc" in found.text()


def test_a_fold_of_before_answers_were_kept_is_evaluated_again_and_not_trained(store, config, tmp_path):
    first = crossvalidate(config, store, tmp_path, folds=[1, 2])
    for answers in tmp_path.rglob("answers.parquet"):
        answers.unlink()
    models = [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("model.pt"))]
    again = crossvalidate(config, store, tmp_path, folds=[1, 2])
    assert again.measured.figures == first.measured.figures
    assert models == [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("model.pt"))]


def test_a_second_call_continues_and_another_setting_starts_anew(store, config, tmp_path):
    stops = iter([False] * 6 + [True] * 10)
    half = crossvalidate(config, store, tmp_path, folds=[1, 2, 3], should_stop=lambda: next(stops))
    assert half is None
    made = []

    def writer_of(seed, fold):
        from audio.reporting.writers import NullWriter

        made.append(fold)
        return NullWriter()

    whole = crossvalidate(config, store, tmp_path, folds=[1, 2, 3], writer_of=writer_of)
    assert made == [2, 3] and len(whole.runs) == 3
    other = dataclasses.replace(config, learning_rate=1e-4)
    crossvalidate(other, store, tmp_path, folds=[1], writer_of=writer_of)
    assert made == [2, 3, 1]


def test_folds_that_are_not_there_are_refused(store, config, tmp_path):
    with pytest.raises(ConfigError, match=r"the store has folds \[1, 2, 3, 4, 5\]"):
        crossvalidate(config, store, tmp_path, folds=[7])
