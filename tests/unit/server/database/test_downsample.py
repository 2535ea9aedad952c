"""Thinning curves: what must survive, whatever the points."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.events.downsample import thin
from server.domain.events.overview import TILE, extremes
from server.store.events.scalars import Point

values = st.none() | st.floats(-1e9, 1e9)
curves = st.lists(
    st.tuples(st.integers(-1000, 1_000_000), values), min_size=1, max_size=200, unique_by=lambda p: p[0]
)


def points(pairs: list[tuple]) -> list[Point]:
    return [
        Point(iteration, iteration * 10, value)
        for iteration, value in sorted(pairs, key=lambda pair: pair[0])
    ]


@given(curves, st.integers(1, 60))
def test_the_result_is_some_of_the_points_in_order_and_not_too_many(pairs, samples):
    curve = points(pairs)
    kept = thin(curve, samples)
    assert len(kept) <= samples
    assert set(kept) <= set(curve)
    iterations = [point.iter for point in kept]
    assert iterations == sorted(set(iterations))
    assert kept[-1] == curve[-1]
    assert samples == 1 or kept[0] == curve[0]


@given(curves, st.integers(4, 60))
def test_the_highest_and_the_lowest_value_survive(pairs, samples):
    curve = points(pairs)
    numbers = [point.value for point in curve if point.value is not None]
    kept = [point.value for point in thin(curve, samples) if point.value is not None]
    if numbers:
        assert (min(kept), max(kept)) == (min(numbers), max(numbers))


def test_a_short_curve_is_left_alone():
    curve = points([(1, 1.0), (5, None), (9, 2.0)])
    assert thin(curve, 3) is curve


def test_each_interval_keeps_its_own_extremes():
    noise = random.Random(1)
    curve = points([(i, noise.random()) for i in range(10_000)])
    kept = thin(curve, 202)
    for start in range(0, 10_000, 500):
        inside = [point.value for point in curve[start : start + 500]]
        shown = [point.value for point in kept if start <= point.iter < start + 500]
        assert max(inside) - max(shown) < 0.02 and min(shown) - min(inside) < 0.02


@pytest.mark.parametrize("length", [1, 31, 33, 700, TILE - 1, TILE, TILE + 77])
def test_a_tiles_blocks_hold_the_extremes_of_the_points_they_stand_for(length):
    chance = random.Random(length)
    curve = points([(i, chance.random() if i % 10 < 9 else None) for i in range(length)])
    numbers = [point.value for point in curve if point.value is not None]
    for size, kept in extremes(curve).items():
        assert len(kept) <= 2 * -(-len(numbers) // size)
        assert [point.iter for point in kept] == sorted({point.iter for point in kept})
        assert min(point.value for point in kept) == min(numbers)
        assert max(point.value for point in kept) == max(numbers)
