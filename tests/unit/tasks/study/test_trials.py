"""What is said of a search's trials: which is best, and why there is no result."""

import pytest

from tasks.errors import NoResult
from tasks.study.findings import worth
from tasks.study.repeats import Setting, best
from tasks.study.trials import Trial, ends, refuse_no_result

NAME = "accuracy/validation"


def trial(id: str, status: str = "completed", value: float | None = None, reason: str = "") -> Trial:
    return Trial(id, status, reason, {} if value is None else {NAME: value})


def alone(*trials: Trial) -> list[Setting]:
    return [Setting(number, {0: one}, 1) for number, one in enumerate(trials)]


def test_only_a_trial_that_finished_is_best_however_good_a_lost_one_was():
    settings = alone(
        trial("a", value=0.5), trial("b", "failed", 0.99), trial("c", "stopped", 0.98), trial("d", value=0.7),
        trial("e", "in_progress", 0.97), trial("f"),
    )  # fmt: skip
    assert [one.first.id for one in best(settings, [NAME], ["max"])] == ["d", "a"]
    assert [one.first.id for one in best(settings, [NAME], ["min"])] == ["a", "d"]


def test_a_search_without_a_finished_trial_says_how_many_ended_how_and_why():
    trials = [
        trial("a", "failed", reason="out of memory"), trial("b", "failed", reason="out of memory"),
        trial("c", "stopped", 0.9, "aborted by a person"), trial("d", "created"),
    ]  # fmt: skip
    with pytest.raises(NoResult) as caught:
        refuse_no_result(trials, NAME)
    said = str(caught.value)
    assert "None of 4 trials finished: 2 failed, 1 aborted, 1 taken off the queue." in said
    assert "2 of them: out of memory (task a)." in said and "1 of them: aborted by a person (task c)." in said
    assert ends(trials[:1]) == "1 failed"


def test_no_trial_and_an_objective_that_none_reports_are_no_result_either():
    with pytest.raises(NoResult, match="No trial was started"):
        refuse_no_result([], NAME)
    with pytest.raises(NoResult, match="They report: accuracy/validation"):
        refuse_no_result([trial("a", value=0.5)], "acuracy/validation")
    refuse_no_result([trial("a", value=0.5), trial("b", "failed")], NAME)


def test_the_best_of_several_is_said_to_be_biased():
    assert "biased upwards" in worth(alone(trial("a", value=0.5))[0], NAME, 20, "max")
    assert "biased downwards" in worth(alone(trial("a", value=0.5))[0], NAME, 20, "min")
    assert "biased" not in worth(alone(trial("a", value=0.5))[0], NAME, 1, "max")
