"""Control charts: published examples, tables per rule, and capstat-core as the oracle of the rules."""

import numpy as np
import pytest
from capstat_core.control_charts import ControlChart, ControlLimits, i_mr_chart
from capstat_core.rules import nelson_rules, western_electric_rules
from capstat_core.time_weighted import cusum_chart, ewma_chart
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metrics.domain.charts import broken_rules, cusum, ewma, ewma_halfwidths, mean_moving_range
from metrics.domain.fold import Health
from tests.metrics.domain.notation import letters, replay, states

NIST_EWMA = "52 47 53 49.3 50.1 47 51 50.1 51.2 50.5 49.6 47.6 49.9 51.3 47.8 51.2 52.6 52.4 53.6 52.1"
NIST_INDIVIDUALS = "49.6 47.6 49.9 51.3 47.8 51.2 52.6 52.4 53.6 52.1"


def test_nist_ewma_example_6_3_2_4():
    spec = {"kind": "drift", "chart": "ewma", "target": 50, "sigma": "2.0539", "lambda": "0.3"}
    folded = replay(spec, NIST_EWMA)
    published = pytest.approx((50, 52.5884, 47.4115), abs=1e-4)
    assert (folded.chart.centre, folded.chart.upper, folded.chart.lower) == published
    assert [round(point, 2) for point in folded.chart.points[:4]] == [50.6, 49.52, 50.56, 50.18]
    assert round(folded.chart.points[-1], 2) == 51.99
    assert set(folded.states) == {"ok"}
    assert folded.health is Health.FRESH


def test_nist_individuals_example_6_3_2_2():
    folded = replay({"kind": "process", "rules": [1], "baseline": 10}, NIST_INDIVIDUALS)
    chart = folded.chart
    assert chart.centre == pytest.approx(50.81)
    assert (chart.lower, chart.upper) == (pytest.approx(45.8159, abs=1e-3), pytest.approx(55.8041, abs=1e-3))
    assert set(folded.states) == {"ok"}


def test_the_limits_are_2_66_mean_moving_ranges_from_the_centre():
    chart = replay({"kind": "process", "rules": [1], "baseline": 3}, "10 12 11 99").chart
    assert (chart.centre, chart.lower, chart.upper) == pytest.approx((11, 11 - 2.66 * 1.5, 11 + 2.66 * 1.5))
    assert chart.points == (10, 12, 11, 99)
    assert chart.broken == ((), (), (), (1,))


def flagged(z: str, rule: int, rule_set: str = "nelson", *, first: bool = True) -> str:
    values = np.array([float(word) for word in z.split()])
    flags = broken_rules(values, 0.0, 1.0, [rule], rule_set, first=first)[0]
    return "".join("x" if flag else "." for flag in flags)


RISING = "-0.5 -0.4 -0.3 -0.2 -0.1"
ZIGZAG = " ".join(["0.1 -0.1"] * 6)


@pytest.mark.parametrize(
    ("rule", "z", "expected"),
    [
        (1, "3 3.01 -3 -3.01", ".x.x"),
        (2, " ".join(["0.1"] * 10), "........xx"),
        (2, " ".join(["-0.1"] * 9), "........x"),
        (2, " ".join(["0.1"] * 8) + " 0 0.1", ".........."),
        (2, " ".join(["0.1"] * 4 + ["-0.1"] * 5), "........."),
        (3, RISING + " 0", ".....x"),
        (3, RISING + " -0.1", "......"),
        (3, "0 -0.1 -0.2 -0.3 -0.4 -0.5 -0.6", ".....xx"),
        (4, ZIGZAG + " 0.1 -0.1 0.1", ".............xx"),
        (4, ZIGZAG + " 0.1 0.1 -0.1", "..............."),
        (5, "2.1 0 2.1", "..x"),
        (5, "2.1 2.1 0", ".x."),
        (5, "2.1 2.1 2.1", "..x"),
        (5, "2.1 -2.1 0", "..."),
        (5, "2 2 2", "..."),
        (5, "0 0 0 -2.1 -2.2 0 -2.2", "....x.x"),
        (5, "2.1 2.1", ".."),
        (6, "1.1 1.1 0 1.1 1.1", "....x"),
        (6, "1.1 1.1 1.1 1.1 0", "...x."),
        (6, "1.1 1.1 1.1 1.1 1.1 0 1.1", "....x.x"),
        (6, "1 1 1 1 1", "....."),
        (6, "0 -1.1 -1.1 -1.1 0.9 -1.1", ".....x"),
        (7, " ".join(["0.9 -0.9"] * 8), "..............xx"),
        (7, " ".join(["0.9"] * 14 + ["1"]), "..............."),
        (8, "1.1 1.1 1.1 1.1 -1.1 1.1 1.1 1.1 1.1", ".......xx"),
        (8, "1.1 1.1 1.1 1.1 1.1 1.1 1.1 1.1", "........"),
        (8, "1.1 1.1 1.1 1.1 -1.1 1.1 1.1 1", "........"),
    ],
)
def test_each_of_nelsons_rules(rule, z, expected):
    assert flagged(z, rule) == expected


@pytest.mark.parametrize(
    ("rule", "z", "expected"),
    [
        (1, "3.01 2.99", "x."),
        (2, "2.1 0 2.1", "..x"),
        (3, "1.1 1.1 0 1.1 1.1", "....x"),
        (4, " ".join(["0.1"] * 8), ".......x"),
        (4, " ".join(["-0.1"] * 7 + ["0"]), "........"),
    ],
)
def test_each_western_electric_rule(rule, z, expected):
    assert flagged(z, rule, "western_electric") == expected


@pytest.mark.parametrize(
    ("rule", "z", "expected"),
    [
        (5, "2.1 2.1", ".x"),
        (5, "2.1 2.1 2.1", ".xx"),
        (6, "1.1 1.1 1.1 1.1", "...x"),
        (6, "1.1 1.1 1.1 0 1.1", "....x"),
    ],
)
def test_after_a_gap_a_zone_pattern_counts_as_soon_as_it_is_complete(rule, z, expected):
    assert flagged(z, rule, first=False) == expected


TENTHS = st.integers(-45, 45).map(lambda tenths: tenths / 10 + 0.05)  # never on a zone's border
CALM = st.lists(TENTHS, min_size=1, max_size=40)
PIECES = st.lists(
    st.one_of(
        st.tuples(TENTHS, st.integers(1, 16)).map(lambda piece: [piece[0]] * piece[1]),
        st.integers(2, 16).map(lambda count: [(-1) ** place * 0.75 for place in range(count)]),
        st.integers(2, 8).map(lambda count: [place / 3 - 1.02 for place in range(count)]),
    ),
    min_size=1,
    max_size=5,
).map(lambda pieces: [z for piece in pieces for z in piece])


@given(st.one_of(CALM, PIECES))
@settings(max_examples=400)
def test_capstat_core_agrees_on_every_rule(z):
    values = np.array(z)
    chart = ControlChart("individuals", tuple(z), ControlLimits(center=0.0, lower=-3.0, upper=3.0), ())
    for rule in range(1, 9):
        expected = {violation.point for violation in nelson_rules(chart, [rule])}
        found = broken_rules(values, 0.0, 1.0, [rule], "nelson", first=True)[0]
        assert set(np.flatnonzero(found)) == expected, rule
    for rule in range(1, 5):
        expected = {violation.point for violation in western_electric_rules(chart, [rule])}
        found = broken_rules(values, 0.0, 1.0, [rule], "western_electric", first=True)[0]
        assert set(np.flatnonzero(found)) == expected, rule


@given(st.lists(st.integers(-300, 300), min_size=21, max_size=60))
def test_capstat_core_agrees_on_a_whole_chart(tenths):
    values = [number / 10 for number in tenths]
    assume(len(set(values[:20])) > 1)
    folded = replay(
        {"kind": "process", "rules": list(range(1, 9)), "baseline": 20}, " ".join(str(value) for value in values)
    )
    chart = folded.chart
    assert i_mr_chart(values[:20]).location.limits.upper - chart.centre == pytest.approx(
        chart.upper - chart.centre, 1e-3
    )
    limits = ControlLimits(center=chart.centre, lower=chart.lower, upper=chart.upper)
    sigma = (chart.upper - chart.centre) / 3
    z = [(value - chart.centre) / sigma for value in values]
    assume(all(abs(abs(each) - edge) > 1e-9 for each in z for edge in (0, 1, 2, 3)))
    found = nelson_rules(ControlChart("individuals", tuple(values), limits, ()))
    expected = [tuple(v.rule for v in found if v.point == place) for place in range(len(values))]
    assert list(chart.broken) == expected
    assert letters(folded).split() == ["B" if rules else "o" for rules in expected]


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=50), st.sampled_from([0.05, 0.2, 0.3, 1.0]))
def test_capstat_core_agrees_on_ewma(values, weight):
    oracle = ewma_chart(values, target=3.0, sigma=2.0, lmbda=weight)
    assert ewma(values, 3.0, weight) == pytest.approx(oracle.points)
    exact = ewma_halfwidths(len(values), 2.0, weight, 3.0, exact=True)
    assert [3 + half for half in exact] == pytest.approx(oracle.upper)
    steady = ewma_halfwidths(2, 2.0, weight, 3.0, exact=False)
    assert [3 - steady[1], 3 + steady[0]] == pytest.approx(oracle.steady_state_limits)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=50))
def test_capstat_core_agrees_on_cusum(values):
    oracle = cusum_chart(values, target=3.0, sigma=2.0, k=0.5)
    upwards, downwards = cusum(values, 3.0, 1.0)
    assert upwards == pytest.approx(oracle.upper)
    assert downwards == pytest.approx(oracle.lower)


@pytest.mark.parametrize(
    ("segments", "expected"), [([[1, 3, 2]], 1.5), ([[1, 3], [7, 8]], 1.5), ([[1], [9]], None), ([], None)]
)
def test_the_moving_range_does_not_reach_over_a_gap(segments, expected):
    assert mean_moving_range(segments) == expected


XMR = {"kind": "process", "rules": [1], "baseline": 4}
STEP = "10 11 10 11"


@pytest.mark.parametrize(
    ("spec", "values", "expected", "health"),
    [
        (XMR, STEP[:8], "o o o", Health.INSUFFICIENT),
        (XMR, STEP, "o o o o", Health.FRESH),
        (XMR, STEP + " 20 10", "o o o o B o", Health.FRESH),
        (XMR | {"sustained": 2}, STEP + " 20 20 10", "o o o o p B o", Health.FRESH),
        (XMR, STEP + " .", "o o o o o", Health.NO_DATA),
        (XMR, "10 10 10 10 20", "o o o o o", Health.ERROR),
        (XMR, "10 . 11 . 10 . 11 20", "o o o o o o o o", Health.INSUFFICIENT),
        (XMR | {"gap": "skip"}, "10 . 11 . 10 . 11 20", "o o o o o o o B", Health.FRESH),
        (XMR, "10 . 11 10 11 20", "o o o o o B", Health.FRESH),
        (XMR | {"no_data": "breach"}, STEP + " . 10", "o o o o B o", Health.FRESH),
        (XMR | {"baseline": ["2026-01-12", "2026-02-02"]}, "50 10 11 10 11 20 10", "B o o o o B o", Health.FRESH),
        (XMR | {"baseline": ["2026-01-12", "2026-02-02"]}, "50 10 11 10", "o o o o", Health.INSUFFICIENT),
        (XMR | {"baseline": ["2026-01-12", "2026-01-13"]}, "50 10 11 10", "o o o o", Health.INSUFFICIENT),
        (XMR | {"rules": [2]}, STEP + " 10.6" * 9, "o o o o o o o o o o o B B", Health.FRESH),
    ],
)
def test_an_xmr_chart_from_values_to_states(spec, values, expected, health):
    folded = replay(spec, values)
    assert (letters(folded), folded.health) == (expected, health)


def test_runs_of_a_chart_break_at_a_gap_unless_it_is_skipped():
    spec = {"kind": "process", "rules": [2], "baseline": 2}
    values = "10 12 " + "11.5 " * 5 + ". " + "11.5 " * 4
    assert "B" not in states(spec, values)
    assert states(spec | {"gap": "skip"}, values).endswith("B")


def test_the_baseline_is_judged_once_it_is_complete():
    values = "10 10 10 10 10 10 10 10 10 16"
    assert states({"kind": "process", "rules": [1], "baseline": 10}, values) == "o o o o o o o o o B"


EWMA = {"kind": "drift", "chart": "ewma", "target": 10, "sigma": 1, "lambda": "0.5", "width": 1}  # limits ± 0.577…


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        (EWMA, "10 11 11.2 8 8", "o o B o B"),
        (EWMA | {"side": "above"}, "10 11 11.2 8 8", "o o B o o"),
        (EWMA | {"side": "below"}, "10 11 11.2 8 8", "o o o o B"),
        (EWMA, "10.4 10.2", "o o"),
        (EWMA | {"lambda": 1}, "10.9 11.1 8.9", "o B B"),
        (EWMA, "11.1 . 10.9", "o o B"),
        (EWMA | {"limits": "exact"}, "11.1 10.3", "B o"),
        (
            {"kind": "drift", "chart": "cusum", "target": 10, "sigma": 1, "k": "0.5", "h": 2},
            "11 12 12 9 7 6",
            "o o B o B B",
        ),
        (
            {"kind": "drift", "chart": "cusum", "target": 10, "sigma": 1, "k": "0.5", "h": 2, "side": "above"},
            "11 12 12 9 7 6",
            "o o B o o o",
        ),
        (
            {"kind": "drift", "chart": "cusum", "target": 10, "sigma": 1, "k": "0.5", "h": 2, "side": "below"},
            "11 12 12 9 7 6",
            "o o o o B B",
        ),
    ],
)
def test_drift_charts_from_values_to_states(spec, values, expected):
    assert states(spec, values) == expected


@pytest.mark.parametrize("kind", ["process", "drift"])
def test_a_value_with_too_small_a_sample_is_no_point_of_a_chart(kind):
    spec = XMR if kind == "process" else with_baseline()
    folded = replay(spec, STEP + " 10 99/1", minimum_sample=5)
    assert (folded.chart.points[-1], folded.state.value, folded.health) == (None, "ok", Health.INSUFFICIENT)
    policy = replay(spec | {"no_data": "breach"}, STEP + " 99/1 .", minimum_sample=5)
    assert letters(policy).endswith("o B")
    early = replay(spec | {"no_data": "breach"}, "10 99/1 11", minimum_sample=5)
    assert (letters(early), early.health) == ("o o o", Health.INSUFFICIENT)


def with_baseline(**changes) -> dict:
    return {"kind": "drift", "chart": "cusum", "baseline": 4, "k": "0.5", "h": 2} | changes


@pytest.mark.parametrize(
    ("spec", "values", "expected", "health"),
    [
        (with_baseline(), "10 11 10", "o o o", Health.INSUFFICIENT),
        (with_baseline(), "10 . 11 10", "o o o o", Health.INSUFFICIENT),
        (with_baseline(), "10 11 10 .", "o o o o", Health.NO_DATA),
        (with_baseline(), "10 11 10 11 12 12 10", "o o o o o B o", Health.FRESH),
        (with_baseline(target=12), "10 11 10 11 12", "o B B B B", Health.FRESH),
        (with_baseline(sigma=9), "10 11 10 11 30 30", "o o o o o B", Health.FRESH),
        (with_baseline(target=12), "10 11", "o o", Health.INSUFFICIENT),
        (with_baseline(sigma=9), "10 11", "o o", Health.INSUFFICIENT),
        (with_baseline(target=0, sigma=9), "10 11", "o o", Health.FRESH),
        (with_baseline(), "10 10 10 10 12", "o o o o o", Health.ERROR),
        (with_baseline(), "10 . 11 . 10 . 11 . 12 12", "o o o o o o o o o o", Health.INSUFFICIENT),
        (with_baseline(gap="skip"), "10 . 11 . 10 . 11 . 12 12", "o o o o o o o o o B", Health.FRESH),
        (with_baseline(no_data="breach"), "10 . 10", "o B B", Health.INSUFFICIENT),
    ],
)
def test_what_a_drift_chart_is_not_told_it_takes_from_the_baseline(spec, values, expected, health):
    folded = replay(spec, values)
    assert (letters(folded), folded.health) == (expected, health)


@pytest.mark.parametrize(
    ("changes", "values", "expected"),
    [
        ({"k": 1, "h": 2}, "14 16", "o B"),  # sums 2 and 6 against 4: slack 2, interval 4
        ({"k": 1, "h": 2}, "16 12", "o o"),  # 4 is not beyond 4
        ({"k": 1, "h": 2}, "4 8", "o o"),
        ({"k": 1, "h": 2}, "4 7.9", "o B"),
    ],
)
def test_slack_and_interval_of_a_cusum_chart_are_in_sigmas_and_its_limit_is_strict(changes, values, expected):
    spec = {"kind": "drift", "chart": "cusum", "target": 10, "sigma": 2} | changes
    assert states(spec, values) == expected


def test_the_limits_of_an_ewma_chart_are_strict_and_in_sigmas():
    spec = {"kind": "drift", "chart": "ewma", "target": 0, "sigma": 2, "lambda": 1, "width": 2}
    assert states(spec, "4 4.1 -4 -4.1") == "o B o B"
    assert (replay(spec, "4").chart.lower, replay(spec, "4").chart.upper) == (-4, 4)
    assert replay(spec | {"limits": "exact", "lambda": "0.5"}, "4").chart.upper == pytest.approx(4 / 3**0.5)


def test_points_of_a_drift_chart_stand_at_their_periods():
    spec = {"kind": "drift", "chart": "cusum", "target": 0, "sigma": 1, "k": 1, "h": 9}
    chart = replay(spec, "3 . -3").chart
    assert (chart.points, chart.points_below) == ((2, None, 0), (0, None, -2))
