"""The search's little language for the values of parameters."""

import pytest

from audio.errors import ConfigError
from tasks.errors import BadParameter
from tasks.search import SearchParameters
from tasks.study.space import USUAL, Range, points, ranges


def test_ranges_lists_and_logarithms_are_read():
    assert ranges("learning_rate=log:0.001..0.1, batch_size=8..64; model=cnn|crnn mixup=0|0.5") == [
        Range("learning_rate", 0.001, 0.1, log=True),
        Range("batch_size", 8, 64, whole=True),
        Range("model", choices=("cnn", "crnn")),
        Range("mixup", choices=(0.0, 0.5)),
    ]
    assert [one.name for one in ranges(USUAL)] == ["learning_rate", "dropout", "mixup"]


@pytest.mark.parametrize(
    ("space", "complaint"),
    [
        ("lerning_rate=1..2", "'lerning_rate=1..2' is not name=values"),
        ("dropout", "is not name=values"),
        ("dropout=0.5..0.1", "from a smaller to a larger number"),
        ("learning_rate=log:0..1", "above 0"),
        ("epochs=1.5..3", "whole number"),
        ("model=cnn..crnn", "range of numbers, which model is not"),
        ("", "space is empty"),
    ],
)
def test_nonsense_is_refused_with_what_was_expected(space, complaint):
    with pytest.raises(BadParameter, match=complaint):
        SearchParameters(space=space)


def test_an_objective_is_a_quantity_of_a_split():
    with pytest.raises(BadParameter, match="quantity/split"):
        SearchParameters(objective=["accuracy"])
    with pytest.raises(BadParameter, match="choose on the test clips; use loss/validation"):
        SearchParameters(objective=["accuracy/validation", "loss/test"], prune="none")
    with pytest.raises(ConfigError, match="max, min"):
        SearchParameters(sign=["up"])


def test_one_sign_is_that_of_all_objectives_and_another_number_is_refused():
    both = ["accuracy/validation", "f1/validation"]
    assert SearchParameters(objective=both, prune="none").signs == ["max", "max"]
    assert SearchParameters(objective=both, sign=["max", "min"], prune="none").signs == ["max", "min"]
    with pytest.raises(BadParameter, match="sign has 2 values and objective 1"):
        SearchParameters(sign=["max", "min"])


CONDITIONAL = "model=cnn|crnn, mixup=0|0.5 if model=crnn, epochs=3"


def test_a_condition_names_values_of_a_list_before_it():
    model, mixup, epochs = ranges(CONDITIONAL)
    assert mixup.when == (("model", ("crnn",)),) and not model.when and epochs.choices == (3,)
    assert mixup.holds({"model": "crnn"}) and not mixup.holds({"model": "cnn"}) and not mixup.holds({})


def test_a_grid_heeds_conditions_and_visits_every_combination_once():
    found = list(points(ranges(CONDITIONAL)))
    assert found == [
        {"model": "cnn", "epochs": "3"},
        {"model": "crnn", "mixup": "0.0", "epochs": "3"},
        {"model": "crnn", "mixup": "0.5", "epochs": "3"},
    ]
    assert len(list(points(ranges("batch_size=8..11, mixup=0|0.5")))) == 8


@pytest.mark.parametrize(
    ("space", "complaint"),
    [
        ("if model=cnn", "stands behind a parameter"),
        ("mixup=0|0.5 if model=cnn, model=cnn|crnn", "a parameter before it"),
        ("dropout=0.1..0.5, mixup=0|0.5 if dropout=0.1", "values are listed"),
        ("model=cnn|crnn, mixup=0|0.5 if model=cnnn", "model is never cnnn; its values are cnn, crnn"),
        ("model=cnn|crnn, mixup=0|0.5 if", "behind 'if' stands name=value"),
        ("batch_size=8|16, mixup=0|0.5 if batch_size=x", "whole number"),
    ],
)
def test_a_condition_that_can_never_be_met_is_refused(space, complaint):
    with pytest.raises(BadParameter, match=complaint):
        SearchParameters(space=space)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"sampler": "grid"}, "learning_rate, dropout is a range of real numbers"),
        ({"sampler": "cmaes"}, "mixup is listed or conditional"),
        ({"sampler": "cmaes", "space": "dropout=0..0.5", "objective": ["a/b", "c/d"]}, "one objective"),
        ({"objective": ["a/b", "c/d"]}, "take prune=none"),
        ({"space": "seed=1|2", "seeds": [1]}, "take it out of one of them"),
        ({"seeds": [1, 1]}, "seeds has a value twice"),
        ({"sampler": "bayes"}, "tpe, cmaes, grid, random"),
    ],
)  # fmt: skip
def test_contradictions_are_refused_with_what_to_do(options, complaint):
    with pytest.raises((BadParameter, ConfigError), match=complaint):
        SearchParameters(**options)
