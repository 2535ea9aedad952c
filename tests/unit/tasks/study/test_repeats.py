"""Seeds and folds as repeats of a trial: the mean decides, and only what is whole counts."""

import math

import pytest

from tasks.study.findings import near, worth
from tasks.study.repeats import PRUNED, Setting, best, grouped, plan
from tasks.study.trials import Trial

NAME, LOSS = "accuracy/validation", "loss/validation"


def run(id: str, value: float, status: str = "completed", loss: float = 0.0, **more) -> Trial:
    return Trial(id, status, more.pop("reason", ""), {NAME: value, LOSS: loss}, **more)


def setting(number: int, *values: float, wanted: int = 0) -> Setting:
    runs = {at: run(f"{number}-{at}", value) for at, value in enumerate(values)}
    return Setting(number, runs, wanted or len(values))


def test_every_fold_is_tried_with_every_seed():
    assert plan([], []) == [{}]
    assert plan([1, 2], []) == [{"seed": 1}, {"seed": 2}]
    assert plan([1, 2], [3, 4])[1:3] == [
        {"development_fold": 3, "seed": 2},
        {"development_fold": 4, "seed": 1},
    ]


def test_the_best_mean_wins_over_the_luckiest_training():
    steady, lucky = setting(0, 0.8, 0.82, 0.81), setting(1, 0.99, 0.6, 0.7)
    assert best([lucky, steady], [NAME], ["max"])[0] is steady
    assert steady.told(NAME) == "0.81 ± 0.01 over 3 trainings" and math.isnan(setting(2, 0.5).std(NAME))
    assert "0.81 ± 0.01 over 3 trainings" in worth(steady, NAME, 2, "max")


def test_a_trial_whose_training_was_lost_is_never_best_and_begins_no_further_one():
    lost = Setting(0, {0: run("a", 0.99), 1: run("b", 0.99, "failed")}, 3)
    assert lost.lost and not lost.missing and best([lost], [NAME], ["max"]) == []
    assert setting(1, 0.99, wanted=3).missing == [1, 2] and not setting(1, 0.99, wanted=3).whole
    assert Setting(2, {0: run("c", 0.1, "stopped", reason=PRUNED)}, 1).pruned


def test_of_two_trainings_that_are_one_and_the_same_the_first_counts():
    marks = {"trial": "4", "repeat": "0"}
    first = run("a", 0.5, marks=marks, dates={"created": 1.0})
    second = run("b", 0.9, marks=marks, dates={"created": 2.0})
    stranger = run("c", 0.9, marks={}, dates={"created": 0.0})
    assert [one.runs for one in grouped([second, stranger, first], 1)] == [{0: first}]


def test_of_several_objectives_those_that_none_beats_stand_first():
    ends = {0: (0.9, 0.5), 1: (0.7, 0.1), 2: (0.85, 0.6), 3: (0.7, 0.1)}
    settings = [Setting(n, {0: run(str(n), top, loss=loss)}, 1) for n, (top, loss) in ends.items()]
    assert [one.number for one in best(settings, [NAME, LOSS], ["max", "min"])] == [0, 1, 3, 2]


@pytest.mark.parametrize(("other", "said"), [(0.805, "1 other trials"), (0.5, "")])
def test_what_the_best_can_not_be_told_from_is_said(other, said):
    assert near([setting(0, 0.8, 0.82, 0.81), setting(1, other, other)], NAME).startswith(said)
    assert near([setting(0, 0.8), setting(1, 0.8)], NAME) == ""
