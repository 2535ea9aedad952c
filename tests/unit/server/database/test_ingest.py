"""Events before they are rows: reading lines, sorting, and what the last values of a batch are."""

from collections import Counter
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.events import ingest
from server.domain.events.last_metrics import summary

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def test_lines_are_read_one_by_one_when_one_of_them_is_broken():
    events, errors = ingest.lines(b'{"a": 1}\n\n{broken\n{"v": NaN}\r\n"text"')
    assert events[0] == {"a": 1} and events[2] == "text"
    assert events[1]["v"] != events[1]["v"]
    assert errors == Counter({"not JSON": 1})


def test_half_a_surrogate_pair_is_not_kept():
    assert ingest.lines(b'{"msg": "\\ud83e", "v": NaN}') == ([], Counter({"not JSON": 1}))


@given(st.lists(json_like, max_size=5))
def test_whatever_comes_is_sorted_or_counted(events):
    batch = ingest.sort(events, NOW)
    kept = sum(reported.events for reported in batch.owners.values())
    flat = sum(len(event) if isinstance(event, list) else 1 for event in events)
    assert kept + sum(batch.errors.values()) == flat


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(ingest.TYPES))},
        optional=dict.fromkeys(
            (
                "task",
                "iter",
                "timestamp",
                "metric",
                "variant",
                "value",
                "values",
                "plot_str",
                "url",
                "msg",
                "level",
            ),
            json_like,
        ),
    )
)
def test_a_known_type_with_any_fields_is_sorted_or_counted(event):
    batch = ingest.sort([event], NOW)
    assert sum(reported.events for reported in batch.owners.values()) + sum(batch.errors.values()) == 1


@pytest.mark.parametrize("name", ["iter", "timestamp"])
@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**64 - 1, 10**30])
def test_a_number_that_is_out_of_range_is_counted_wherever_it_comes(name, value):
    point = {
        "type": "training_stats_scalar",
        "task": "t",
        "metric": "m",
        "variant": "v",
        "timestamp": 1,
        "iter": 1,
    }
    batch = ingest.sort([{**point, "value": 1.0}, {**point, "value": 1.0, name: value}], NOW)
    assert sum(reported.events for reported in batch.owners.values()) == 1
    assert [error.split()[0] for error in batch.errors] == [f"`{name}`"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.none() | st.floats(-9, 9)), min_size=1))
def test_a_summary_knows_the_last_the_first_and_the_extremes(points):
    found = summary(points)
    newest = max(point[:2] for point in points)
    assert (found.iter, found.timestamp, found.count) == (*newest, len(points))
    assert found.value == [point[2] for point in points if point[:2] == newest][-1]
    assert found.first_value_iteration == min(point[0] for point in points)
    numbers = {point[2]: point[0] for point in points if point[2] is not None}
    assert found.min_value == min(numbers, default=None) and found.max_value == max(numbers, default=None)
    if numbers:
        assert (found.min_value_iteration, found.min_value) in [(point[0], point[2]) for point in points]
