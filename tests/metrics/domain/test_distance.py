"""How far a value is from breaking, and from its target."""

from decimal import Decimal

import pytest

from metrics.domain.conditions import parse
from metrics.domain.distance import bounds, short_of, to_break, tolerated

BAND = {"low": 10, "high": 20}


@pytest.mark.parametrize(
    "spec, value, expected",
    [
        ({"kind": "above", "bound": 10}, 8, 2),
        ({"kind": "above", "bound": 10}, 12, -2),
        ({"kind": "below", "bound": 10}, 12, 2),
        ({"kind": "below", "bound": 10}, 8, -2),
        ({"kind": "outside"} | BAND, 12, 2),
        ({"kind": "outside"} | BAND, 19, 1),
        ({"kind": "outside"} | BAND, 25, -5),
        ({"kind": "inside"} | BAND, 5, 5),
        ({"kind": "inside"} | BAND, 23, 3),
        ({"kind": "inside"} | BAND, 15, -5),
        ({"kind": "stale", "grace": "P3D"}, 15, None),
        ({"kind": "change", "percent": 5, "against": "previous"}, 15, None),
    ],
)
def test_room_before_the_bound(spec, value, expected):
    assert to_break(parse(spec), Decimal(value)) == expected


@pytest.mark.parametrize(
    "spec, expected",
    [
        ({"kind": "above", "bound": 10}, [10]),
        ({"kind": "outside"} | BAND, [10, 20]),
        ({"kind": "stale", "grace": "P3D"}, []),
    ],
)
def test_levels_for_a_chart(spec, expected):
    assert bounds(parse(spec)) == expected


@pytest.mark.parametrize(
    "value, target, direction, expected",
    [
        (80, 85, "higher", 5),
        (90, 85, "higher", -5),
        (5, 3, "lower", 2),
        (2, 3, "lower", -1),
        (5, 3, "within", 2),
        (1, 3, "within", 2),
    ],
)
def test_what_lacks_to_the_target_knows_the_direction(value, target, direction, expected):
    assert short_of(Decimal(value), Decimal(target), direction) == expected


@pytest.mark.parametrize(
    "value, low, high, expected",
    [
        (5, 1, 9, True),
        (1, 1, 9, True),
        (9, 1, 9, True),
        (0, 1, 9, False),
        (10, 1, 9, False),
        (99, 1, None, True),
        (0, None, 9, True),
        (5, None, None, True),
    ],
)
def test_tolerance_includes_its_ends_and_an_open_end_bounds_nothing(value, low, high, expected):
    assert tolerated(Decimal(value), low, high) is expected
