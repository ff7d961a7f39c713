"""Weights from swings and from an order; ballots combined."""

import pytest

from decisions.domain.scoring import centroid_weights, combine, ordered_weights, swing_weights


@pytest.mark.parametrize(
    ("count", "weights"),
    [
        (1, [1.0]),
        (2, [0.75, 0.25]),
        (3, [0.6111, 0.2778, 0.1111]),
        (4, [0.5208, 0.2708, 0.1458, 0.0625]),
        (5, [0.4567, 0.2567, 0.1567, 0.0900, 0.0400]),
    ],
)
def test_rank_order_centroid_weights_are_the_published_ones(count, weights):
    assert centroid_weights(count) == pytest.approx(weights, abs=5e-5)


def test_an_order_becomes_weights():
    assert ordered_weights(["speed", "cost"]) == {"speed": 0.75, "cost": 0.25}
    with pytest.raises(ValueError, match="once"):
        ordered_weights(["speed", "speed"])


def test_swings_become_shares():
    assert swing_weights({"closeness": 100, "visibility": 80, "image": 70}) == pytest.approx(
        {"closeness": 0.4, "visibility": 0.32, "image": 0.28}
    )


@pytest.mark.parametrize("swings", [{}, {"a": 50}, {"a": 100, "b": 120}, {"a": 100, "b": -1}, {"a": float("nan")}])
def test_swings_without_a_hundred_or_out_of_bounds_are_refused(swings):
    with pytest.raises(ValueError, match="swing"):
        swing_weights(swings)


def test_ballots_are_combined_with_their_spread():
    combined = combine(
        {
            "ada": {("x", "cost"): 40.0, ("y", "cost"): 70.0},
            "bo": {("x", "cost"): 60.0, ("y", "cost"): 70.0},
            "cy": {("x", "cost"): 80.0},
        }
    )
    x, y = combined.cells
    assert (x.low, x.mean, x.high, x.spread, x.count) == (40.0, 60.0, 80.0, 40.0, 3)
    assert x.deviation == pytest.approx(16.3299, abs=1e-4)
    assert (y.mean, y.spread, y.count) == (70.0, 0.0, 2)
    assert combined.missing == (("cy", "y", "cost"),)


def test_a_ballot_with_nan_is_refused():
    with pytest.raises(ValueError, match="finite"):
        combine({"ada": {("x", "cost"): float("nan")}})
