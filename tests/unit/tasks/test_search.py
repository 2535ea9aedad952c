"""The search's little language for the values of parameters."""

import pytest

from audio.errors import ConfigError
from tasks.errors import BadParameter
from tasks.search import SearchParameters
from tasks.space import USUAL, Range, ranges


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
        SearchParameters(objective="accuracy")
    with pytest.raises(ConfigError, match="max, min"):
        SearchParameters(sign="up")
