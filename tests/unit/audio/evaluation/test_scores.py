"""Figures of papers beside scikit-learn's, with and without weights, and the intervals' coverage by simulation."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics

from audio.metrics.figures import Answers
from audio.metrics.intervals import draw, judged, right_of
from audio.metrics.resampled import resampled
from audio.metrics.scores import FIGURES, class_scores, scores
from audio.metrics.statistics import one_hot

FEW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def some(draw, several: bool):
    """Answers and the recording of each clip; scores tie, classes may be absent or what all clips have."""
    clips, classes = draw(st.integers(1, 40)), draw(st.integers(2, 7))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = dice.normal(0, 2, (clips, classes)).round(draw(st.sampled_from([0, 1, 6])))
    if several:
        truth = dice.random((clips, classes)) < dice.random(classes)
        probability = 1 / (1 + np.exp(-logits))
    else:
        truth = one_hot(dice.integers(draw(st.integers(1, classes)), size=clips), classes)
        probability = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    names = [f"class {i}" for i in range(classes)]
    return Answers(truth, probability.astype(np.float32), several, names), dice.integers(
        draw(st.integers(1, 12)), size=clips
    )


def by_scikit_learn(answers, weights=None):
    """The figures, called as its documentation says."""
    truth, chance, given_ = answers.targets, answers.probabilities, answers.given
    label, guess = truth.argmax(1), given_.argmax(1)
    weights = np.ones(len(truth)) if weights is None else weights
    there = (truth * weights[:, None]).sum(0) > 0
    both = there & ((~truth * weights[:, None]).sum(0) > 0)
    one = {"sample_weight": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            "micro_f1": metrics.f1_score(truth, given_, average="micro", zero_division=0, **one),
            "mean_average_precision": metrics.average_precision_score(
                truth[:, there], chance[:, there], average="macro", **one
            )
            if there.any()
            else math.nan,
            "auroc": metrics.roc_auc_score(truth[:, both], chance[:, both], average="macro", **one)
            if both.any()
            else math.nan,
        }
        if answers.multi_label:
            f1 = metrics.f1_score(truth, given_, average="macro", zero_division=np.nan, **one)
            found["macro_f1"] = 0.0 if np.isnan(f1) else f1
            found["accuracy"] = metrics.accuracy_score(truth, given_, **one)
        else:
            seen = sorted({*label[weights > 0], *guess[weights > 0]})
            found["macro_f1"] = metrics.f1_score(
                label, guess, average="macro", labels=seen, zero_division=0, **one
            )
            kept = weights > 0
            found["balanced_accuracy"] = metrics.balanced_accuracy_score(
                label[kept], guess[kept], sample_weight=weights[kept]
            )
            found["accuracy"] = metrics.accuracy_score(label, guess, **one)
            for k in (3, 5):
                if k < truth.shape[1] and len(np.unique(chance)) == chance.size:  # ties are nobody's
                    found[f"top{k}"] = metrics.top_k_accuracy_score(
                        label, chance, k=k, labels=range(truth.shape[1]), **one
                    )
    return found


@pytest.mark.parametrize("several", [False, True])
def test_every_figure_is_scikit_learns(several):
    @given(some(several=several))
    @FEW
    def check(case):
        answers, _ = case
        found, theirs = scores(answers), by_scikit_learn(answers)
        for name, value in theirs.items():
            assert found[name] == pytest.approx(value, abs=1e-9, nan_ok=True), name

    check()


@pytest.mark.parametrize("several", [False, True])
def test_a_resample_has_the_figures_that_scikit_learn_gives_for_its_weights(several):
    @given(some(several=several))
    @FEW
    def check(case):
        answers, recordings = case
        _, places = np.unique(recordings, return_inverse=True)
        drawn = draw(int(places.max()) + 1, 3, seed=len(places))
        moved = resampled(answers, places, drawn)
        for row, counts in enumerate(drawn):
            for name, value in by_scikit_learn(answers, counts[places].astype(float)).items():
                assert moved[name][row] == pytest.approx(value, abs=1e-6, nan_ok=True), name

    check()


@pytest.mark.parametrize("several", [False, True])
def test_drawing_every_recording_once_gives_the_figures_themselves(several):
    @given(some(several=several))
    @FEW
    def check(case):
        answers, recordings = case
        _, places = np.unique(recordings, return_inverse=True)
        moved = resampled(answers, places, np.ones((1, places.max() + 1), int))
        for name, value in scores(answers).items():
            assert moved[name][0] == pytest.approx(value, abs=1e-6, nan_ok=True), name
        table = class_scores(answers)
        for name in ("recall", "average_precision", "auroc"):
            of_each = moved[f"class {name}"][0]
            there = ~np.isnan(of_each)
            np.testing.assert_allclose(of_each[there], table[name][there], atol=1e-6)

    check()


def sample(dice, recordings: int, clips: int = 3, classes: int = 4):
    """Answers to clips of which those of a recording lean the same way, as real ones do."""
    label, lean = dice.integers(classes, size=recordings), dice.normal(0, 1, (recordings, classes))
    places = np.repeat(np.arange(recordings), clips)
    logits = lean[places] + dice.normal(0, 0.7, (recordings * clips, classes))
    truth = one_hot(label[places], classes)
    raised = np.exp(logits + 1.6 * truth)
    probability = (raised / raised.sum(1, keepdims=True)).astype(np.float32)
    return Answers(truth, probability, False, [str(i) for i in range(classes)]), places


@pytest.mark.parametrize(("recordings", "least"), [(15, 0.83), (40, 0.90), (80, 0.90)])
def test_intervals_hold_the_true_figure_about_as_often_as_they_say(recordings, least):
    dice = np.random.default_rng(7)
    true = scores(sample(dice, 20_000)[0])
    tries, held = 150, dict.fromkeys(true, 0)
    for seed in range(tries):
        answers, places = sample(dice, recordings)
        for name, one in judged(answers, list(places), 200, seed).figures.items():
            held[name] += one.low <= true[name] <= one.high
    for name, times in held.items():  # 95 % of 150 is 142.5 with a standard deviation of 2.7
        assert times / tries >= least, (name, times / tries)
    assert sum(held.values()) / tries / len(held) <= 0.98, held  # nor are they so wide that they say nothing


def test_an_interval_by_clips_would_promise_too_much():
    dice = np.random.default_rng(3)
    answers, places = sample(dice, 30, clips=8)
    by_recording = judged(answers, list(places)).figures
    by_clip = judged(answers, list(range(len(places)))).figures
    for name in ("accuracy", "macro_f1", "mean_average_precision", "auroc"):
        wide, narrow = (one[name].high - one[name].low for one in (by_recording, by_clip))
        assert wide > 1.5 * narrow, name


def answers_of(truth, logits, several=False):
    raised = np.exp(logits)
    chance = 1 / (1 + 1 / raised) if several else raised / raised.sum(1, keepdims=True)
    return Answers(
        np.asarray(truth, bool), chance.astype(np.float32), several, [f"c{i}" for i in range(len(truth[0]))]
    )


def test_a_class_without_clips_is_left_out_of_means_and_told():
    truth = np.eye(4)[[0, 1, 2, 0, 1, 2]]
    found = judged(answers_of(truth, 3 * truth), list("abcdef"))
    assert found.figures["auroc"].value == found.figures["mean_average_precision"].value == 1
    assert math.isnan(found.per_class.loc["c3", "auroc"]) and found.per_class.loc["c3", "support"] == 0
    assert found.notes == ["no clip has the class c3: means over classes leave it out"]


def test_all_right_is_no_proof_that_nothing_ever_goes_wrong():
    truth = np.eye(4)[[0, 1, 2, 3] * 5]
    for name, one in judged(answers_of(truth, 5 * truth), range(20)).figures.items():
        assert one.value == 1 and one.high == 1 and 0.8 < one.low < 0.95, name


def test_one_class_alone_has_no_curve_and_one_recording_no_interval():
    truth = np.ones((5, 1))
    found = judged(answers_of(truth, truth), ["a"] * 5)
    assert found.figures["accuracy"].value == 1 and math.isnan(found.figures["auroc"].value)
    assert math.isnan(found.figures["accuracy"].low) and found.resamples == 0
    assert "all clips are of one recording: there are no intervals" in found.notes
    assert str(found.figures["accuracy"]) == "1"


def test_several_labels_have_every_figure_and_a_clip_without_any_is_no_fault():
    truth = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1], [0, 0, 1], [1, 1, 1]])
    found = judged(answers_of(truth, 4 * truth - 2, several=True), list("aabbcd"))
    assert {name for name in FIGURES if not name.startswith("top")} <= found.figures.keys()
    assert all(one.value == 1 for one in found.figures.values()) and found.recordings == 4
    assert "micro_f1" not in right_of(answers_of(truth, truth, several=True))  # no share of clips there


def test_no_resamples_means_no_intervals_and_the_same_figures():
    answers, places = sample(np.random.default_rng(0), 12)
    without, with_them = judged(answers, list(places), 0), judged(answers, list(places), 50)
    assert {k: v.value for k, v in without.figures.items()} == {
        k: v.value for k, v in with_them.figures.items()
    }
    assert all(math.isnan(one.low) for one in without.figures.values())
    assert "recall low" in with_them.per_class and "recall low" not in without.per_class
