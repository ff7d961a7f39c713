"""Sizes of samples against published figures; size and least effect undo each other; looking early costs."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.domain.sizing import (
    Plan,
    Undetectable,
    alarm_after,
    cases_for_means,
    cases_for_shares,
    least_mean_effect,
    least_share_effect,
)

plans = st.builds(
    Plan,
    alpha=st.sampled_from([0.01, 0.05, 0.1]),
    power=st.sampled_from([0.8, 0.9, 0.95]),
    two_sided=st.booleans(),
    ratio=st.sampled_from([0.5, 1.0, 3.0]),
)


def test_sizes_for_shares_are_those_of_power_prop_test() -> None:
    # The examples of R's documentation: n = 76.7, and power = 0.740 with 50 a group.
    assert cases_for_shares(0.5, 0.75, Plan(power=0.9)) == pytest.approx(76.7, abs=0.05)
    assert cases_for_shares(0.5, 0.75, Plan(power=0.740)) == pytest.approx(50, abs=0.05)


def test_sizes_for_means_are_those_of_power_t_test() -> None:
    # R's documentation: power 0.90 for a difference of one deviation takes n = 22.02, so 23 in each group.
    assert math.ceil(cases_for_means(1, 1, Plan(power=0.9))) == 23
    # The rule of thumb n = 16 σ²/δ² (van Belle), a little more since the deviation is estimated.
    assert cases_for_means(0.1, 1, Plan()) == pytest.approx(1600, rel=0.02)


# Armitage, McPherson and Rowe 1969, table 2: the 5 % level, by how often one looks.
@pytest.mark.parametrize(
    "looks, published",
    [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248), (50, 0.320)],
)
def test_every_look_adds_to_the_chance_of_a_false_alarm(looks: int, published: float) -> None:
    assert alarm_after(looks) == pytest.approx(published, abs=0.001)


@given(st.floats(0.02, 0.9), st.floats(0.005, 0.09), plans)
def test_size_and_least_effect_of_shares_undo_each_other(base: float, effect: float, plan: Plan) -> None:
    cases = cases_for_shares(base, base + effect, plan)
    assert least_share_effect(base, cases, plan) == pytest.approx(effect, rel=1e-6)


@settings(max_examples=30)
@given(st.floats(0.01, 3), st.floats(0.1, 100), plans)
def test_size_and_least_effect_of_means_undo_each_other(effect: float, deviation: float, plan: Plan) -> None:
    cases = cases_for_means(effect * deviation, deviation, plan)
    if cases > 2.001:
        assert least_mean_effect(cases, deviation, plan) == pytest.approx(effect * deviation, rel=1e-6)


@given(st.floats(0.05, 0.8), st.floats(0.01, 0.1), plans)
def test_more_is_needed_for_a_smaller_effect_more_power_and_two_sides(base: float, effect: float, plan: Plan) -> None:
    cases = cases_for_shares(base, base + effect, plan)
    assert cases_for_shares(base, base + effect * 1.5, plan) < cases
    stricter = Plan(alpha=plan.alpha / 2, power=plan.power, two_sided=plan.two_sided, ratio=plan.ratio)
    assert cases_for_shares(base, base + effect, stricter) > cases
    two, one = (Plan(alpha=plan.alpha, power=plan.power, two_sided=both) for both in (True, False))
    assert cases_for_shares(base, base + effect, two) > cases_for_shares(base, base + effect, one)


def test_what_cannot_be_seen_says_so() -> None:
    for impossible in (
        lambda: cases_for_shares(0.5, 0.5, Plan()),
        lambda: least_share_effect(0.5, 3, Plan()),
        lambda: least_share_effect(1.0, 100, Plan()),
        lambda: cases_for_means(0, 1, Plan()),
        lambda: cases_for_means(1e-9, 1e9, Plan()),
        lambda: least_mean_effect(1, 1, Plan()),
    ):
        with pytest.raises(Undetectable):
            impossible()
    assert least_share_effect(0.5, 100, Plan(), upwards=False) == pytest.approx(least_share_effect(0.5, 100, Plan()))
    assert Plan(ratio=2).second(10) == 20
    with pytest.raises(ValueError, match="Alpha"):
        Plan(alpha=0.6)
    with pytest.raises(ValueError, match="looks"):
        alarm_after(0)
