"""Figures held against scikit-learn, torch and simulation: F1, confusion, class weights, losses, intervals."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from audio.config import EvaluateConfig
from audio.evaluation.crossvalidation import DONE, MODEL, CrossValidation, crossvalidate
from audio.evaluation.evaluate import summarise
from audio.metrics.objective import balanced, loss_of
from audio.metrics.statistics import (
    _t,
    answers_of,
    binomial_error,
    class_table,
    confusion_matrix,
    counts,
    independent,
    macro_f1,
    mean_answer,
    one_hot,
    standard_deviation,
    wilson,
)  # fmt: skip
from audio.reporting.writers import NullWriter
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound, noise


def labels(dice: np.random.Generator, classes: int) -> np.ndarray:
    """Some of the classes only, so that others are predicted and absent, or neither."""
    return dice.choice(dice.permutation(classes)[: max(1, classes - 2)], size=int(dice.integers(1, 60)))


@pytest.mark.parametrize("seed", range(25))
def test_the_table_and_macro_f1_are_scikit_learns_whatever_classes_are_absent(seed):
    dice, classes = np.random.default_rng(seed), int(np.random.default_rng(seed).integers(1, 9))
    truth = labels(dice, classes)
    answers = labels(dice, classes)[: len(truth)]
    truth = truth[: len(answers)]
    counted = counts(one_hot(truth, classes), one_hot(answers, classes))
    assert macro_f1(counted) == pytest.approx(metrics.f1_score(truth, answers, average="macro"))
    each = metrics.precision_recall_fscore_support(truth, answers, labels=range(classes), zero_division=0)
    found = class_table(counted, [str(i) for i in range(classes)])
    for name, theirs in zip(("precision", "recall", "f1", "support"), each, strict=True):
        np.testing.assert_allclose(found[name], theirs)
    chance = np.eye(classes)[answers]
    theirs = metrics.confusion_matrix(truth, answers, labels=range(classes))
    np.testing.assert_array_equal(confusion_matrix(one_hot(truth, classes), chance), theirs)


@pytest.mark.parametrize("seed", range(15))
def test_the_table_of_several_labels_is_scikit_learns(seed):
    dice = np.random.default_rng(seed)
    clips, classes = dice.integers(1, 40), dice.integers(2, 7)
    truth = dice.random((clips, classes)) < dice.random(classes)
    chance = dice.random((clips, classes))
    answers = answers_of(chance, True)
    counted = counts(truth, answers)
    theirs = metrics.f1_score(truth, answers, average="macro", zero_division=np.nan)
    assert macro_f1(counted) == pytest.approx(0.0 if np.isnan(theirs) else theirs)
    matrix = confusion_matrix(truth, chance, True)
    assert list(np.diag(matrix)) == counted["hits"]
    assert list(matrix.sum(1)) == counted["support"]


def test_a_class_that_is_absent_and_predicted_counts():
    store_like = counts(one_hot(np.array([0, 0, 1, 1]), 3), one_hot(np.array([0, 0, 1, 2]), 3))
    assert macro_f1(store_like) == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_balanced_weights_are_scikit_learns_and_keep_their_mean_at_one():
    truth = np.array([0] * 10 + [1] * 5 + [3] * 1)
    ours = balanced(torch.from_numpy(np.eye(4, dtype=np.float32)[truth]))
    theirs = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=truth)
    assert ours[[0, 1, 3]].tolist() == pytest.approx(list(theirs)) and ours[2] == 0
    assert ours[truth].mean() == pytest.approx(1.0)


def test_balanced_weights_of_several_labels_weigh_each_label_as_much_as_its_absence():
    dice = np.random.default_rng(3)
    truth = (dice.random((200, 4)) < [0.02, 0.5, 0.9, 0.0]).astype(np.float32)
    truth[:, 3] = 1  # of every clip
    without, with_it = balanced(torch.from_numpy(truth), multi_label=True)
    for label in range(3):
        theirs = compute_class_weight("balanced", classes=np.array([0, 1]), y=truth[:, label])
        assert [float(without[label]), float(with_it[label])] == pytest.approx(list(theirs), rel=1e-5)
        assert float(with_it[label]) * truth[:, label].sum() == pytest.approx(
            float(without[label]) * (1 - truth[:, label]).sum(), rel=1e-5
        )
    weights = np.where(truth > 0, with_it.numpy(), without.numpy())
    assert weights.mean(0) == pytest.approx(np.ones(4), rel=1e-5)


def test_the_weighted_loss_of_several_labels_is_torchs_with_those_weights():
    torch.manual_seed(0)
    logits, truth = torch.randn(30, 5) * 4, (torch.rand(30, 5) < 0.3).float()
    weights = balanced(truth, multi_label=True)
    ours = loss_of(logits, truth, True, class_weights=weights)
    each = torch.where(truth > 0, weights[1], weights[0])
    theirs = F.binary_cross_entropy_with_logits(logits, truth, weight=each, reduction="none").mean(1)
    torch.testing.assert_close(ours, theirs)
    plain = loss_of(logits, truth, True, class_weights=torch.ones(2, 5))
    torch.testing.assert_close(plain, loss_of(logits, truth, True))


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_loss_is_that_of_the_logits_however_sure_and_wrong(multi_label, tmp_path):
    store = clip_stores.write(
        tmp_path, [Sound("a", noise(80), fold=1), Sound("b", noise(80, 1), fold=1)], multi_label=multi_label
    )
    logits = torch.tensor([[-60.0, 60.0], [-3.0, 2.0]])
    found = summarise(store, store.index, logits, {})
    kind = F.binary_cross_entropy_with_logits if multi_label else F.cross_entropy
    exact = float(kind(logits, torch.from_numpy(store.targets(store.index))))
    assert found.loss == pytest.approx(exact) and found.loss > 29  # 1e-7 for a probability would say 16


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_mean_of_several_answers_is_that_of_their_probabilities(multi_label):
    torch.manual_seed(1)
    logits = torch.randn(5, 7, 4, dtype=torch.float64) * 3
    ours = mean_answer(logits, multi_label)
    chance = torch.sigmoid if multi_label else (lambda x: torch.softmax(x, -1))
    torch.testing.assert_close(chance(ours), chance(logits).mean(0))
    assert mean_answer(torch.full((3, 1, 2), 900.0), True).isfinite().all()


def test_wilsons_interval_is_scipys_and_covers_what_it_promises():
    from scipy.stats import binomtest

    for hits, clips in [(0, 1), (1, 1), (3, 7), (380, 400), (400, 400), (0, 80), (77, 80)]:
        theirs = binomtest(hits, clips).proportion_ci(0.95, method="wilson")
        assert wilson(hits / clips, clips) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    dice = np.random.default_rng(0)
    for share, clips in [(0.95, 400), (0.9, 80), (0.5, 30)]:
        drawn = dice.binomial(clips, share, 4000) / clips
        inside = [low <= share <= high for low, high in (wilson(one, clips) for one in drawn)]
        assert np.mean(inside) == pytest.approx(0.95, abs=0.03)
        assert np.std(drawn) == pytest.approx(binomial_error(share, clips), rel=0.05)
    assert binomial_error(0.95, 400) == pytest.approx(0.011, abs=2e-4) and wilson(0.0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("clips", [30, 80, 400, 2000])
def test_wilsons_interval_covers_95_percent_of_all_that_can_be_drawn(clips):
    """Not simulated: every number of right answers, by its probability."""
    from scipy.stats import binom

    hits = np.arange(clips + 1)
    low, high = np.array([wilson(share, clips) for share in hits / clips]).T
    shares = np.linspace(0.05, 0.95, 181)
    inside = (low <= shares[:, None]) & (shares[:, None] <= high)
    covered = (binom.pmf(hits, clips, shares[:, None]) * inside).sum(1)
    assert covered.mean() == pytest.approx(0.95, abs=0.006)
    if clips >= 80:
        assert covered.min() > 0.93 and covered.max() < 0.98


def test_the_interval_of_a_cross_validation_covers_what_it_promises_whatever_the_folds_and_seeds():
    """Folds of unequal sizes, and seeds that agree on most clips: they count once, or it were too narrow."""
    dice, share, sizes = np.random.default_rng(4), 0.9, (20, 60, 120)
    inside = []
    for _ in range(600):
        rows = []
        for fold, size in enumerate(sizes, 1):
            right = dice.random(size) < share
            for seed in range(3):
                redrawn = dice.random(size) < 0.05
                heard = np.where(redrawn, dice.random(size) < share, right)
                rows.append({"seed": seed, "fold": fold, "clips": size, "accuracy": heard.mean()})
        low, high = together(rows).interval
        inside.append(low <= share <= high)
    assert 0.93 <= np.mean(inside) <= 0.975


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 30, 400])
def test_students_quantile_is_scipys(freedom):
    from scipy.stats import t

    assert _t(freedom) == pytest.approx(t.ppf(0.975, freedom), rel=0.01)


@pytest.mark.parametrize(
    ("recordings", "each", "share", "together"),
    [(40, 5, 0.9, 0.5), (40, 5, 0.9, 0.9), (30, 10, 0.8, 0.6), (100, 4, 0.9, 0.5), (200, 1, 0.9, 0.0)],
)
def test_the_interval_covers_what_it_promises_where_clips_share_recordings(recordings, each, share, together):
    """Taken for independent, clips of one recording make it so narrow that it covers 60 to 85 %."""
    dice, inside, careless = np.random.default_rng(5), [], []
    for _ in range(800):
        sizes = dice.integers(1, 2 * each, recordings) if each > 1 else np.ones(recordings, int)
        source = np.repeat(np.arange(recordings), sizes)
        same = dice.random(len(source)) < together
        right = np.where(same, (dice.random(recordings) < share)[source], dice.random(len(source)) < share)
        for kept, clips in ((inside, independent(right, list(source))), (careless, len(source))):
            low, high = wilson(float(right.mean()), clips)
            kept.append(low <= share <= high)
    assert 0.91 <= np.mean(inside) <= 0.98
    assert (np.mean(careless) < 0.88) == (each > 1)


@pytest.mark.parametrize("labels", [1, 4])
def test_the_interval_of_a_cross_validation_covers_where_clips_share_recordings(labels):
    """Each fold has recordings of its own; a clip of several labels is right where all of them are."""
    dice, share, inside = np.random.default_rng(6), 0.8, []
    for _ in range(400):
        rows = []
        for fold, recordings in enumerate((6, 10, 10, 14), 1):
            source = np.repeat(np.arange(recordings), dice.integers(1, 10, recordings))
            each, right = share ** (1 / labels), np.ones(len(source), bool)
            for _ in range(labels):
                alone, same = dice.random(len(source)) < each, (dice.random(recordings) < each)[source]
                right &= np.where(dice.random(len(source)) < 0.7, same, alone)
            told = {"accuracy": right.mean(), "independent": independent(right, list(source))}
            rows.append({"seed": 0, "fold": fold, "clips": len(source), **told})
        low, high = together(rows).interval
        inside.append(low <= share <= high)
    assert 0.9 <= np.mean(inside) <= 0.98


def test_clips_of_one_recording_that_are_all_right_count_once():
    assert independent(np.ones(100, bool), list("ab" * 50)) == pytest.approx(2)
    assert independent(np.zeros(6, bool), list("aabbcc")) == pytest.approx(3)
    assert independent(np.ones(5, bool), list("aaaaa")) == 1.0
    assert independent(np.array([1, 0, 1], bool), list("abc")) == 3.0


def test_an_evaluation_says_of_how_many_recordings_its_clips_are(tmp_path):
    sounds = [Sound("ab"[i % 2], noise(80, i), fold=1, source=f"recording {i // 5}") for i in range(20)]
    store = clip_stores.write(tmp_path, sounds)
    logits = torch.from_numpy(store.targets(store.index)) * 5
    logits[:5] *= -1  # all of one recording
    found = summarise(store, store.index, logits, {})
    assert found.recordings == 4 and found.independent < 5 and "n = 20 clips of 4 recordings" in found.text()
    assert found.interval[0] < wilson(0.75, 20)[0] and found.interval[1] > wilson(0.75, 20)[1]
    runs = [
        {"seed": seed, "fold": fold, "clips": 20, "accuracy": 0.75, "independent": found.independent}
        for seed in (0, 1)
        for fold in (1, 2)
    ]
    both = together(runs)
    assert (
        both.independent == pytest.approx(2 * found.independent) and "clips of one recording" in both.text()
    )
    older = together([{**one, "independent": np.nan} for one in runs])
    assert older.independent == 40 and older.interval == pytest.approx(wilson(0.75, 40))


def together(runs: list[dict], chosen_on=None, classes: str = "ab") -> CrossValidation:
    zero = {name: [1] * len(classes) for name in ("hits", "support", "predicted")}
    size = np.eye(len(classes), dtype=int)
    return CrossValidation(pd.DataFrame(runs), size, zero, list(classes), chosen_on)


def test_plus_or_minus_says_of_what_and_of_how_many():
    runs = [
        {"seed": seed, "fold": fold, "clips": 80, "accuracy": 0.9 + 0.01 * fold + 0.002 * seed}
        for seed in (0, 1, 2)
        for fold in (1, 2, 3, 4, 5)
    ]
    found = together(runs, [2, 3, 4, 5])
    assert found.clips == 400  # not three times as many
    assert found.binomial_error == pytest.approx(np.sqrt(0.932 * 0.068 / 400))
    text = found.text()
    assert "± 1.58% standard deviation of n = 5 folds" in text
    assert "± 0.20% standard deviation of n = 3 seeds" in text
    assert "binomial standard deviation of n = 400 clips" in text
    assert "chosen on folds 2, 3, 4, 5; the others have 91.20%" in text and found.unused == pytest.approx(
        0.912
    )
    single = together(runs[:1])
    assert np.isnan(single.spread_over_seeds) and "one seed tells of no spread" in single.text()
    assert "it was not said" in single.text() and "chosen on none" in together(runs, []).text()
    assert np.isnan(standard_deviation(pd.Series([1.0]))) and standard_deviation(
        pd.Series([1.0, 3.0])
    ) == pytest.approx(2**0.5)


@pytest.fixture
def several(tmp_path):
    """Clips that have all of five labels but one, in two folds."""
    sounds = [
        Sound("|".join(name for j, name in enumerate("abcde") if j != i % 5), noise(1600, i), fold=i % 2 + 1)
        for i in range(20)
    ]
    return clip_stores.write(tmp_path / "several", sounds, multi_label=True)


def test_a_perfect_classifier_of_several_labels_has_a_recall_of_one(several, tiny, tmp_path, monkeypatch):
    import dataclasses

    import audio.evaluation.evaluate

    monkeypatch.setattr(  # what a perfect classifier says
        audio.evaluation.evaluate,
        "predict",
        lambda model, waves, *_: torch.from_numpy(20 * waves.store.targets(waves.rows) - 10),
    )
    config = dataclasses.replace(
        tiny, model="tutorial-cnn", epochs=1, validation="none", threads=1, speeds=[1.0], crop_seconds=None
    )
    found = crossvalidate(config, several, tmp_path / "cv")
    assert (found.per_class[["precision", "recall", "f1"]] == 1).all(axis=None) and found.macro_f1 == 1
    assert found.accuracy == 1 and (found.confusion == np.diag([16] * 5)).all()

    place = next((tmp_path / "cv").glob("seed0-fold1-*"))  # as an earlier version left it
    kept = json.loads((place / DONE).read_text())
    del kept["counted"]
    (place / DONE).write_text(json.dumps({**kept, "accuracy": 0.2}))
    before = (place / MODEL).stat().st_mtime_ns
    again = crossvalidate(config, several, tmp_path / "cv", writer_of=lambda *_: NullWriter())
    assert (
        again.accuracy == 1 and (place / MODEL).stat().st_mtime_ns == before
    )  # evaluated, not trained again


def test_evaluation_says_its_precision_its_clips_and_their_interval(store):
    rows = store.index.iloc[:8]
    found = summarise(store, rows, torch.from_numpy(store.targets(rows)) * 5, {})
    assert found.accuracy == 1 and found.interval == pytest.approx((0.676, 1.0), abs=1e-3)
    assert "n = 8 clips" in found.text() and "fp32" in found.text() and EvaluateConfig().precision == "fp32"
