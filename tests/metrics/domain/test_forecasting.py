"""Forecasts: calibrated, causal, the same every time, and honest where there is too little to go by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.forecasting import LEVEL_ONLY, METHOD, SEASONAL_METHOD, chances, project
from metrics.domain.periods import Cadence
from metrics.domain.smoothing import season_of

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
    assert project(STEADY, horizon=3) == project(STEADY, horizon=3)


def test_a_gap_is_no_value_and_teaches_nothing():
    gappy = [*STEADY[:6], None, *STEADY[6:]]
    assert crossing(gappy, 11.0) == [*crossing(STEADY, 11.0)[:6], None, *crossing(STEADY, 11.0)[6:]]


def test_values_that_never_moved_stay():
    assert crossing([5.0] * 9, 5.0)[-1] == 0
    assert crossing([5.0] * 9, 4.9)[-1] == 1
    still = project([5.0] * 9, horizon=2)
    assert (still.likely, [each.steps for each in still.intervals]) == ((5, 5), [((5, 5), (5, 5))] * 2)


def test_a_projection_names_its_method_and_how_often_its_intervals_held():
    found = project(STEADY, horizon=4)
    assert (found.method, found.count) == (METHOD, 12)
    narrow, wide = found.intervals
    assert (narrow.share, wide.share) == (0.8, 0.95)
    # Origins are the 8th to the 11th value; four steps from the 8th, three from the 9th, and so on.
    assert narrow.tried == wide.tried == 4 + 3 + 2 + 1
    assert 0 <= narrow.coverage <= wide.coverage <= 1
    assert all(low < likely < high for (low, high), likely in zip(narrow.steps, found.likely, strict=True))
    assert all(w[0] < n[0] and w[1] > n[1] for w, n in zip(wide.steps, narrow.steps, strict=True))
    assert found.error > 0 < found.naive_error


def test_a_rising_metric_is_expected_to_go_on_rising_about_as_fast():
    gains = np.diff([RISING[-1], *project(RISING, horizon=4).likely])
    assert gains == pytest.approx([1] * 4, abs=0.3)


def test_with_few_values_only_the_level_is_known():
    assert project([], horizon=2) is None
    assert project([None, None], horizon=2) is None
    found = project([3.0, None, 4.0], horizon=2)
    assert (found.likely, found.intervals, found.method, found.count) == ((4, 4), (), LEVEL_ONLY, 2)


def test_a_missing_last_value_leaves_the_forecast_where_it_was():
    assert project([*STEADY, None], horizon=2).likely == project(STEADY, horizon=2).likely


def test_a_season_is_seen_once_two_were_foretold_and_is_carried_on():
    week = [10.0, 12, 14, 12, 10, 2, 1]
    values = [value + 0.01 * number for number, value in enumerate(week * 6)]
    found = project(values, horizon=7, season=7)
    assert found.method == SEASONAL_METHOD
    assert found.likely == pytest.approx([value + 0.42 for value in week], abs=0.6)
    assert found.error < 0.5 * found.naive_error
    assert project(values[:20], horizon=7, season=7).method == METHOD  # a day short of three weeks
    assert project(values[:20], horizon=7, season=7) == project(values[:20], horizon=7)


def test_a_season_keeps_its_days_over_a_gap():
    week = [10.0, 12, 14, 12, 10, 2, 1]
    values: list[float | None] = week * 6
    values[37:40] = [None] * 3
    assert project(values, horizon=7, season=7).likely == pytest.approx(week, abs=0.6)


@pytest.mark.parametrize(
    ("cadence", "season"),
    [("daily", 7), ("weekly", 52), ("monthly", 12), ("quarterly", 4), ("yearly", 0), ("PT1H", 24), ("PT5M", 0)],
)
def test_the_season_follows_from_the_cadence(cadence, season):
    assert season_of(Cadence.of(cadence)) == season


def simulated(kind: str, draw: np.random.Generator, count: int) -> list[float]:
    noise = draw.standard_normal(count)
    autoregressive = [0.0]
    for each in noise[1:]:
        autoregressive.append(0.7 * autoregressive[-1] + each)
    series = {
        "random walk": 50 + np.cumsum(noise),
        "AR(1)": 50 + np.array(autoregressive),
        "trend": 50 + 0.5 * np.arange(count) + 2 * noise,
        "season": 50 + 5 * np.sin(2 * np.pi * np.arange(count) / 7) + noise,
        "level": 50 + 2 * noise,
        "heavy tails": 50 + draw.standard_t(3, count),
    }
    return [float(value) for value in series[kind]]


KINDS = ["random walk", "AR(1)", "trend", "season", "level", "heavy tails"]
STEPS, SERIES = 4, 60


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_hold_about_as_often_as_they_promise(kind):
    """Values that the forecast never saw: 60 series of 80, four steps each; and the coverage that it measured itself.

    Steps of one series go together, so 60 of them scatter by about 0.05 round 0.8; and the conformal quantile is never
    below its rank, so a little above is no wonder.
    """
    draw = np.random.default_rng(11)
    held = {0.8: 0, 0.95: 0}
    measured = {0.8: 0.0, 0.95: 0.0}
    for _ in range(SERIES):
        values = simulated(kind, draw, 80 + STEPS)
        for each in project(values[:80], horizon=STEPS, season=7).intervals:
            came = zip(each.steps, values[80:], strict=True)
            held[each.share] += sum(low <= value <= high for (low, high), value in came)
            measured[each.share] += each.coverage / SERIES
    assert held[0.8] / (SERIES * STEPS) == pytest.approx(0.8, abs=0.09)
    assert held[0.95] / (SERIES * STEPS) == pytest.approx(0.95, abs=0.05)
    assert measured[0.8] == pytest.approx(0.8, abs=0.04)
    assert measured[0.95] == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(("kind", "most"), [("season", 0.5), ("trend", 0.85), ("level", 0.9), ("random walk", 1.15)])
def test_the_likeliest_value_beats_the_naive_peer_where_anything_can(kind, most):
    draw = np.random.default_rng(13)
    found = [project(simulated(kind, draw, 100), horizon=STEPS, season=7) for _ in range(8)]
    assert sum(each.error for each in found) / sum(each.naive_error for each in found) < most


def test_chances_come_true_as_often_as_they_say():
    draw = np.random.default_rng(12)
    said, happened = [], []
    for _ in range(20):
        values = simulated("random walk", draw, 140)
        bound = values[60] + 2  # known at that time, unlike a quantile of the whole
        for position, chance in enumerate(crossing(values, bound, horizon=4)):
            if 60 <= position < 136 and position % 4 == 0:
                said.append(chance)
                happened.append(max(values[position + 1 : position + 5]) > bound)
    assert np.mean(said) == pytest.approx(np.mean(happened), abs=0.05)
    brier = np.mean((np.array(said) - np.array(happened)) ** 2)
    assert brier < 0.6 * np.mean(happened) * (1 - np.mean(happened))
