"""Agreement with marked events, against figures that were worked out by hand."""

import math

import pytest

from audio.events.scoring import event_based, segment_based
from audio.events.tracking import Event


def event(onset: float, offset: float, label: str = "a") -> Event:
    return Event(onset, offset, label, 1.0, 1.0)


def test_an_event_is_right_within_the_collar_and_for_long_ones_within_half_their_length():
    marked = [event(1, 2), event(10, 20)]
    for found, right in (
        ([event(1.2, 2.5)], 1),  # 0.2 s late, and 0.5 s, half its length, too long
        ([event(1.21, 2)], 0),
        ([event(1, 2.51)], 0),
        ([event(10.2, 15)], 1),
        ([event(10.2, 14.9)], 0),
        ([event(0.8, 1.5), event(9.8, 25)], 2),
    ):
        counts = event_based([(marked, found)], ["a"]).overall
        assert (counts.right, counts.extra, counts.missed) == (right, len(found) - right, 2 - right), found


def test_as_many_pairs_are_made_as_there_can_be_each_of_two():
    marked = [event(1.0, 2), event(1.3, 2)]
    found = [event(1.15, 2), event(0.9, 2)]  # the first is near both, the second only the first marked one
    assert event_based([(marked, found)], ["a"]).overall.f1 == 1.0
    twice = [event(1, 2), event(1.01, 2)]
    counts = event_based([([event(1, 2)], twice)], ["a"]).overall
    assert (counts.right, counts.extra) == (1, 1)


def test_the_example_that_was_worked_out_by_hand():
    """Three of class a and one of b are marked; two a right, one of class b where a is marked, one b too much."""
    marked = [event(0, 1), event(2, 3), event(4, 5), event(6, 7, "b")]
    found = [event(0, 1), event(2.1, 3), event(4, 5, "b"), event(9, 10, "b")]
    scores = event_based([(marked, found)], ["a", "b"])
    assert (scores.by_class["a"].right, scores.by_class["a"].missed, scores.by_class["a"].extra) == (2, 1, 0)
    assert scores.by_class["a"].f1 == pytest.approx(4 / 5)
    assert scores.by_class["b"].f1 == 0
    assert scores.overall.f1 == pytest.approx(4 / 8)
    assert scores.macro_f1 == pytest.approx(2 / 5)
    assert scores.error_rate == pytest.approx((1 + 1 + 1) / 4)  # substituted, missed, too much


def test_segments_count_whatever_lies_in_them():
    marked, found = [event(0.5, 2.5)], [event(1.2, 4.0)]
    scores = segment_based([(marked, found)], ["a"])  # marked 0, 1, 2; found 1, 2, 3
    counts = scores.overall
    assert (counts.right, counts.extra, counts.missed) == (2, 1, 1)
    assert scores.overall.f1 == pytest.approx(2 / 3) and scores.error_rate == pytest.approx(2 / 3)
    exact = segment_based([([event(1, 2)], [event(1, 2)])], ["a"]).overall
    assert (exact.right, exact.extra, exact.missed) == (1, 0, 0)  # an end on the border opens no segment


def test_a_segment_with_the_wrong_class_is_one_error():
    scores = segment_based([([event(0, 1, "a")], [event(0, 1, "b")])], ["a", "b"])
    assert scores.error_rate == 1.0 and scores.overall.f1 == 0.0
    assert (scores.overall.extra, scores.overall.missed) == (1, 1)


def test_recordings_are_kept_apart_and_nothing_gives_no_figure():
    apart = [([event(0, 1)], []), ([], [event(0, 1)])]
    assert event_based(apart, ["a"]).overall.right == segment_based(apart, ["a"]).overall.right == 0
    for scores in (event_based([], ["a"]), segment_based([([], [])], ["a"])):
        assert math.isnan(scores.overall.f1) and math.isnan(scores.macro_f1) and math.isnan(scores.error_rate)


def test_thousands_of_events_are_matched_in_a_second():
    marked = [event(0.5 * at, 0.5 * at + 0.4) for at in range(20_000)]
    found = [event(0.5 * at + 0.1, 0.5 * at + 0.5) for at in range(20_000)]
    assert event_based([(marked, found)], ["a"]).overall.f1 == 1.0
