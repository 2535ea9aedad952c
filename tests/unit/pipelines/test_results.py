"""What is told of an evaluation."""

import io

import pandas as pd
import pytest
from rich.console import Console

from pipelines.results import Results, confusions, show
from tasks.client.connection import Connection


def test_confusions_are_counted_and_the_commonest_comes_first():
    rows = [("rain", "rain"), ("rain", "sea"), ("rain", "sea"), ("dog", "cat"), ("sea", "sea")]
    clips = pd.DataFrame(rows, columns=["label", "prediction"])
    assert confusions(clips) == [("rain", "sea", 2), ("dog", "cat", 1)]


def test_no_mistake_is_no_confusion():
    assert confusions(pd.DataFrame({"label": ["a"], "prediction": ["a"]})) == []


@pytest.mark.parametrize("wrong", [0, 1])
def test_results_are_told_with_the_chance_and_where_to_listen(wrong):
    clips = pd.DataFrame(
        {
            "label": ["rain", "rain", "sea", "dog"],
            "prediction": ["rain", "sea"[: 3 * wrong] or "rain", "sea", "dog"],
        }
    )
    console = Console(file=io.StringIO(), width=200)
    show(Results("t1", 0.75, 0.7, clips), Connection("", None, "", "http://page/"), console)
    said = console.file.getvalue()
    assert "accuracy 75.0%, macro-F1 70.0% on 4 held-out clips of 3 classes (chance 33%)" in said
    assert ("taken for" in said) == bool(wrong) and "http://page/projects/*/tasks/t1/output/audio" in said
    assert "confusion matrix: http://page\n" in said


def test_the_commonest_confusions_are_so_many_and_of_equals_the_first_by_name():
    rows = [(a, b) for a in "dcba" for b in "abcd" if a != b]
    clips = pd.DataFrame([*rows, ("d", "c")], columns=["label", "prediction"])
    assert confusions(clips) == [("d", "c", 2), ("a", "b", 1), ("a", "c", 1), ("a", "d", 1), ("b", "a", 1)]
    assert confusions(clips, most=1) == [("d", "c", 2)]
