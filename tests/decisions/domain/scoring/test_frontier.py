"""The value/cost frontier and dominance against brute force."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from decisions.domain.scoring.frontier import dominators, frontier

points = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=8)


def brute(options: list[tuple[int, int]]) -> set[int]:
    """Return the options that are best at some price: no cheaper-or-equal rival and no mix of two is better."""
    found = set()
    for i, (value, cost) in enumerate(options):
        beaten = any(v >= value and c <= cost and (v, c) != (value, cost) for v, c in options)
        for pair in itertools.combinations(options, 2):
            (v1, c1), (v2, c2) = sorted(pair, key=lambda point: point[1])
            if c1 < cost < c2 and v1 + (v2 - v1) * (cost - c1) / (c2 - c1) > value + 1e-9:
                beaten = True
        if not beaten:
            found.add(i)
    return found


@given(points)
def test_the_frontier_is_what_no_option_and_no_mix_of_two_beats(options):
    values = np.array([float(value) for value, _ in options])
    corners = frontier(values, [float(cost) for _, cost in options])
    assert {corner.option for corner in corners} == brute(options)


@given(points)
def test_prices_rise_along_the_frontier(options):
    corners = frontier(np.array([float(v) for v, _ in options]), [float(c) for _, c in options])
    prices = [corner.price for corner in corners if corner.price is not None]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(prices))
    assert corners[0].price is None


def test_options_without_a_cost_are_left_out():
    assert [c.option for c in frontier(np.array([10.0, 90.0, 50.0]), [5.0, None, 8.0])] == [0, 2]
    assert frontier(np.array([10.0, 20.0]), [None, None]) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=6))
def test_dominators_are_nowhere_worse_and_somewhere_better(rows):
    table = np.array(rows, dtype=float)
    expected = [
        [j for j, b in enumerate(rows) if all(y >= x for x, y in zip(a, b, strict=True)) and a != b] for a in rows
    ]
    assert dominators(table, table, table) == expected
