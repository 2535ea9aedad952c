"""Two models on the same clips: the test beside scipy's, the interval, and when a gain counts."""

import numpy as np
import pytest
from scipy.stats import binomtest

from audio.metrics.paired import mcnemar, paired


@pytest.mark.parametrize(("new", "old"), [(0, 0), (1, 0), (7, 2), (2, 7), (30, 30), (400, 320)])
def test_mcnemars_test_is_the_exact_binomial_one(new, old):
    expected = binomtest(new, new + old).pvalue if new + old else 1.0
    assert mcnemar(new, old) == pytest.approx(expected)


def answers(right: int, of: int) -> np.ndarray:
    return np.arange(of) < right


def test_a_large_gain_counts_and_its_interval_holds_it():
    both = paired(answers(90, 100), answers(70, 100), range(100))
    assert (both.only_new, both.only_old, both.gain) == (20, 0, pytest.approx(0.2))
    assert 0.1 < both.interval[0] < 0.2 < both.interval[1] < 0.3
    assert both.better(0.05)


def test_a_small_gain_counts_at_level_one_alone_and_a_loss_never():
    small = paired(answers(71, 100), answers(70, 100), range(100))
    assert not small.better(0.05) and small.better(1)
    worse = paired(answers(70, 100), answers(90, 100), range(100))
    assert not worse.better(0.05) and not worse.better(1)


def test_clips_of_one_recording_do_not_make_a_gain_sure():
    new, old = answers(60, 100), answers(50, 100)
    assert paired(new, old, range(100)).better(0.05)
    assert not paired(new, old, np.arange(100) // 10).better(0.05)  # the ten are of one recording


def test_equal_answers_are_no_gain_and_no_clip_is_refused():
    same = paired(answers(5, 9), answers(5, 9), range(9))
    assert (same.gain, same.p_mcnemar, same.p_bootstrap) == (0, 1, 1) and not same.better(1)
    with pytest.raises(ValueError, match="no clip"):
        paired(answers(0, 0), answers(0, 0), [])


def test_gains_of_every_figure_are_their_differences_and_hold_what_is_drawn_by_luck():
    from audio.metrics.figures import Answers
    from audio.metrics.paired import gains
    from audio.metrics.scores import scores

    dice = np.random.default_rng(4)
    truth = np.eye(5, dtype=bool)[dice.integers(5, size=300)]

    def heard(skill: float, seed: int) -> Answers:
        logits = np.random.default_rng(seed).normal(0, 1, truth.shape) + skill * truth
        raised = np.exp(logits)
        return Answers(truth, (raised / raised.sum(1, keepdims=True)).astype(np.float32), False, [*"abcde"])

    of = list(np.arange(300) // 3)
    better, worse, alike = heard(2.5, 1), heard(0.8, 2), heard(0.8, 3)
    found = gains(better, worse, of)
    for name, one in found.items():
        assert one.value == pytest.approx(scores(better)[name] - scores(worse)[name])
        assert 0 < one.low < one.value < one.high, name
    assert all(one.low < 0 < one.high for one in gains(alike, worse, of).values())
    assert all(one.low == one.value == one.high == 0 for one in gains(worse, worse, of).values())
    assert all(np.isnan(one.low) for one in gains(better, worse, ["one"] * 300).values())
