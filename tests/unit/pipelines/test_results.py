"""What is told of an evaluation."""

import pandas as pd

from pipelines.results import confusions


def test_confusions_are_counted_and_the_commonest_comes_first():
    rows = [("rain", "rain"), ("rain", "sea"), ("rain", "sea"), ("dog", "cat"), ("sea", "sea")]
    clips = pd.DataFrame(rows, columns=["label", "prediction"])
    assert confusions(clips) == [("rain", "sea", 2), ("dog", "cat", 1)]


def test_no_mistake_is_no_confusion():
    assert confusions(pd.DataFrame({"label": ["a"], "prediction": ["a"]})) == []
