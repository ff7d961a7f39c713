"""Forecasts: calibrated, causal, the same every time, and honest where there is too little to go by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.forecasting import LEVEL_ONLY, METHOD, band, chances

STEADY = [10.0, 11, 10, 9, 10, 11, 9, 10, 10, 11, 9, 10]
RISING = [float(value) for value in range(10, 30)]


def crossing(values, bound, *, above=True, horizon=3):
    return chances(values, bound=bound, above=above, horizon=horizon)


def test_under_eight_values_nothing_is_said():
    assert crossing(STEADY[:7], 0.0) == [None] * 7
    assert crossing(STEADY[:8], 0.0) == [None] * 7 + [1.0]


@pytest.mark.parametrize(
    ("values", "bound", "above", "low", "high"),
    [
        (STEADY, 15, True, 0, 0.001),
        (STEADY, 5, False, 0, 0.001),
        (STEADY, 5, True, 1, 1),
        (STEADY, 15, False, 1, 1),
        (STEADY, 10, True, 0.6, 0.99),
        (STEADY, 11.5, True, 0.01, 0.5),
        (RISING, 31.5, True, 0.6, 1),
        (RISING, 40, True, 0, 0.05),
        (RISING, 25, False, 0, 0.2),
    ],
)
def test_a_crossing_is_as_likely_as_the_values_make_it(values, bound, above, low, high):
    assert low <= crossing(values, bound, above=above)[-1] <= high


def test_a_longer_horizon_is_never_less_likely_to_cross_and_a_farther_bound_never_more():
    by_horizon = [crossing(STEADY, 11.5, horizon=horizon)[-1] for horizon in (1, 2, 4, 8, 16)]
    assert by_horizon[0] < by_horizon[-1]
    by_bound = [crossing(STEADY, bound)[-1] for bound in (9, 10, 11, 12, 13)]
    assert by_bound == sorted(by_bound, reverse=True)


@given(st.lists(st.one_of(st.none(), st.integers(0, 99)), min_size=1, max_size=30), st.integers(0, 30))
def test_what_is_said_at_a_period_depends_on_nothing_later(values, cut):
    assert crossing(values, 50.0)[:cut] == crossing(values[:cut], 50.0)


def test_the_same_values_get_the_same_answer():
    assert crossing(STEADY, 11.0) == crossing(STEADY, 11.0)
    assert band(STEADY, horizon=3) == band(STEADY, horizon=3)


def test_a_gap_is_no_value_and_teaches_nothing():
    gappy = [*STEADY[:6], None, *STEADY[6:]]
    assert crossing(gappy, 11.0) == [*crossing(STEADY, 11.0)[:6], None, *crossing(STEADY, 11.0)[6:]]


def test_values_that_never_moved_stay():
    assert crossing([5.0] * 9, 5.0)[-1] == 0
    assert crossing([5.0] * 9, 4.9)[-1] == 1
    assert band([5.0] * 9, horizon=2).steps == ((5, 5, 5), (5, 5, 5))


def test_a_band_names_its_method_and_how_often_it_held():
    found = band(STEADY, horizon=4)
    assert (found.method, found.share, len(found.steps), found.tried) == (METHOD, 0.8, 4, 4)
    assert 0 <= found.coverage <= 1
    assert all(low < likely < high for low, likely, high in found.steps)
    wider = band(STEADY, horizon=4, share=0.95)
    assert all(w[0] < n[0] and w[2] > n[2] for w, n in zip(wider.steps, found.steps, strict=True))


def test_a_rising_metric_is_expected_to_go_on_rising_about_as_fast():
    likely = [step[1] for step in band(RISING, horizon=4).steps]
    gains = np.diff([RISING[-1], *likely])
    assert gains == pytest.approx([1] * 4, abs=0.3)


def test_with_few_values_only_the_level_is_known():
    assert band([], horizon=2) is None
    assert band([None, None], horizon=2) is None
    found = band([3.0, None, 4.0], horizon=2)
    assert (found.steps, found.method, found.coverage, found.tried) == (((4, 4, 4), (4, 4, 4)), LEVEL_ONLY, None, 0)


def test_a_missing_last_value_leaves_the_band_where_it_was():
    assert band([*STEADY, None], horizon=2).steps == band(STEADY, horizon=2).steps


def simulated(kind: str, draw: np.random.Generator) -> list[float]:
    noise = draw.standard_normal(140)
    series = {
        "noise": 50 + 2 * noise,
        "walk": 50 + np.cumsum(noise),
        "trend": 50 + 0.5 * np.arange(140) + 2 * noise,
        "heavy": 50 + draw.standard_t(3, 140),
    }
    return series[kind].tolist()


@pytest.mark.parametrize("kind", ["noise", "walk", "trend", "heavy"])
def test_bands_hold_as_often_as_they_promise(kind):
    draw = np.random.default_rng(11)
    bands = [band(simulated(kind, draw), horizon=1) for _ in range(8)]
    coverage = sum(found.coverage * found.tried for found in bands) / sum(found.tried for found in bands)
    assert coverage == pytest.approx(0.8, abs=0.06)


def test_chances_come_true_as_often_as_they_say():
    draw = np.random.default_rng(12)
    said, happened = [], []
    for _ in range(20):
        values = simulated("walk", draw)
        bound = values[60] + 2  # known at that time, unlike a quantile of the whole
        for position, chance in enumerate(crossing(values, bound, horizon=4)):
            if 60 <= position < 136 and position % 4 == 0:
                said.append(chance)
                happened.append(max(values[position + 1 : position + 5]) > bound)
    assert np.mean(said) == pytest.approx(np.mean(happened), abs=0.05)
    brier = np.mean((np.array(said) - np.array(happened)) ** 2)
    assert brier < 0.6 * np.mean(happened) * (1 - np.mean(happened))
