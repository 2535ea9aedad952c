"""Probabilities to events, against what comes out by hand."""

import numpy as np
import pytest

from audio.errors import ConfigError
from audio.events.config import EventConfig
from audio.events.tracking import Event, Tracker, strongest


def events(rows: list[list[float]], **config: object) -> list[tuple[float, float, str]]:
    """Events of classes a, b, … of windows that speak for a second each."""
    classes = [*"abcdef"][: len(rows[0])]
    tracker = Tracker(classes, EventConfig(**config))  # type: ignore[arg-type]
    found: list[Event] = []
    for at, row in enumerate(rows):
        found += tracker.step(at + 1.0, np.array(row)).done
    found += tracker.finish(float(len(rows)))
    return sorted((round(one.onset, 6), round(one.offset, 6), one.label) for one in found)


def column(*values: float) -> list[list[float]]:
    return [[value] for value in values]


def test_an_event_begins_at_the_threshold_and_ends_below_its_release():
    rows = column(0.4, 0.5, 0.45, 0.41, 0.39, 0.45, 0.6)
    assert events(rows, release=0.8) == [(1, 4, "a"), (6, 7, "a")]
    assert events(rows, release=1.0) == [(1, 2, "a"), (6, 7, "a")]
    assert events(rows, threshold=0.61) == []


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(0, [(0, 1), (2, 3), (5, 6)]), (1, [(0, 3), (5, 6)]), (1.9, [(0, 3), (5, 6)]), (2, [(0, 6)])],
)
def test_pauses_up_to_the_gap_are_bridged(gap, expected):
    found = events(column(0.9, 0.1, 0.9, 0.1, 0.1, 0.9), gap=gap)
    assert [(onset, offset) for onset, offset, _ in found] == expected


def test_what_is_shorter_than_the_shortest_is_dropped_once_pauses_are_bridged():
    rows = column(0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9)
    assert events(rows, shortest=2) == []
    assert events(rows, shortest=2, gap=1) == [(0, 3, "a")]


def test_a_class_has_the_threshold_that_is_told_for_it_and_others_are_left_out():
    rows = [[0.6, 0.6, 0.6]] * 2
    assert events(rows) == [(0, 2, "a"), (0, 2, "b"), (0, 2, "c")]
    assert events(rows, thresholds=["b=0.7"]) == [(0, 2, "a"), (0, 2, "c")]
    assert events(rows, classes=["c", "b"], thresholds=["b=0.7"]) == [(0, 2, "c")]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"thresholds": ["b"]}, "write CLASS=PROBABILITY"),
        ({"thresholds": ["b=2"]}, "write CLASS=PROBABILITY"),
        ({"thresholds": ["b=nan"]}, "write CLASS=PROBABILITY"),
        ({"thresholds": ["z=0.5"]}, "thresholds names 'z'; the model knows a, b"),
        ({"classes": ["z"]}, "classes names 'z'"),
        ({"gap": -1}, "gap is -1"),
        ({"threshold": 1.5}, "threshold is 1.5"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(config, said):
    with pytest.raises(ConfigError, match=said):
        Tracker(["a", "b"], EventConfig(**config))


def test_the_weaker_of_two_classes_at_the_same_time_is_dropped_where_that_is_asked():
    rows = [[0.9, 0.1], [0.9, 0.6], [0.1, 0.6], [0.1, 0.6], [0.1, 0.1]]
    assert events(rows) == [(0, 2, "a"), (1, 4, "b")]
    assert events(rows, overlap=0.5) == [(0, 2, "a")]  # half of the shorter one
    assert events(rows, overlap=0.6) == [(0, 2, "a"), (1, 4, "b")]


def test_what_is_dropped_drops_nothing_itself():
    chain = [Event(0, 4, "a", 0.9, 0.9), Event(3, 7, "b", 0.8, 0.8), Event(6, 9, "c", 0.7, 0.7)]
    assert [one.label for one in strongest(chain, 0.2)] == ["a", "c"]
    same = [Event(0, 4, "a", 0.9, 0.9), Event(3, 7, "a", 0.8, 0.8)]
    assert strongest(same, 0.1) == same  # one class is not held against itself


def test_what_is_told_on_the_way_is_what_all_together_give():
    """However far ahead one would look: at random, against the same over the whole."""
    dice = np.random.default_rng(0)
    for _ in range(200):
        rows = dice.random((dice.integers(1, 40), 4)).round(1)
        config = EventConfig(
            threshold=0.6, release=dice.choice([0.5, 1.0]), gap=float(dice.integers(0, 3)),
            shortest=float(dice.integers(0, 3)), overlap=float(dice.choice([0.0, 0.3, 1.0])),
        )  # fmt: skip
        plain = EventConfig(**{**vars(config), "overlap": None})
        told: dict[str, list[Event]] = {}
        for name, one in (("sifted", config), ("plain", plain)):
            tracker = Tracker([*"abcd"], one)
            done = [e for at, row in enumerate(rows) for e in tracker.step(at + 1.0, row).done]
            told[name] = done + tracker.finish(float(len(rows)))
        assert config.overlap is not None
        assert sorted(map(str, told["sifted"])) == sorted(map(str, strongest(told["plain"], config.overlap)))


def test_an_event_is_told_to_begin_once_and_only_when_it_is_long_enough():
    tracker = Tracker(["a"], EventConfig(shortest=2, gap=1))
    begun = [
        len(tracker.step(at + 1.0, np.array([p])).begun) for at, p in enumerate([0.9, 0.1, 0.9, 0.9, 0.1])
    ]
    assert begun == [0, 0, 1, 0, 0]
    (event,) = tracker.finish(5.0)
    assert (event.onset, event.offset) == (0, 4)
    assert event.score == 0.9 and event.mean == pytest.approx(0.9)


def test_thresholds_that_a_training_has_fitted_take_the_place_of_the_common_one():
    tracker = Tracker(["a", "b", "c"], EventConfig(threshold=0.1, thresholds=["c=0.5"]), [0.3, 0.7, 0.9])
    tracker.step(1.0, np.array([0.4, 0.6, 0.6]))
    assert [one.label for one in tracker.finish(1.0)] == ["a", "c"]
