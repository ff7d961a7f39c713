"""Intervals and tests against published figures, and by the identities that must hold between them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.quantiles import normal_quantile, t_quantile, t_tail
from metrics.domain.statistics import (
    Mean,
    Share,
    freedom_of,
    holm,
    mean_differs,
    mean_interval,
    newcombe,
    share_differs,
    share_differs_from,
    welch,
    wilson,
)


def share(count: int, cases: int) -> Share:
    return Share(count / cases, cases)


# Any printed table of Student's t.
@pytest.mark.parametrize(
    "chance, freedom, published",
    [
        *[(0.95, 1, 6.314), (0.975, 1, 12.706), (0.995, 1, 63.657), (0.975, 2, 4.303), (0.975, 5, 2.571)],
        *[(0.975, 10, 2.228), (0.995, 10, 3.169), (0.975, 30, 2.042), (0.975, 120, 1.980), (0.9995, 3, 12.924)],
    ],
)
def test_students_t_is_that_of_the_tables(chance: float, freedom: float, published: float) -> None:
    assert t_quantile(chance, freedom) == pytest.approx(published, abs=0.0005)
    assert t_quantile(1 - chance, freedom) == -t_quantile(chance, freedom)


def test_students_t_with_many_degrees_of_freedom_is_the_normal() -> None:
    assert t_quantile(0.975, 1e6) == pytest.approx(normal_quantile(0.975), abs=1e-5)
    assert t_quantile(0.975, 1e8) == pytest.approx(1.959964, abs=5e-7)
    with pytest.raises(ValueError, match="degrees of freedom"):
        t_quantile(0.975, 0)


@given(st.floats(0.001, 0.999), st.floats(1, 10_000))
def test_the_quantile_undoes_the_tail(chance: float, freedom: float) -> None:
    assert 1 - t_tail(t_quantile(chance, freedom), freedom) == pytest.approx(chance, abs=1e-9)


# Newcombe 1998, pages 857–872, table I, method 3.
@pytest.mark.parametrize(
    "count, cases, low, high",
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_newcombes_table(count: int, cases: int, low: float, high: float) -> None:
    found = wilson(share(count, cases))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.00005)


# Newcombe 1998, pages 873–890, table II, method 10, contrasts (a) to (h).
@pytest.mark.parametrize(
    "one, two, low, high",
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_newcombes_table(
    one: tuple[int, int], two: tuple[int, int], low: float, high: float
) -> None:
    found = newcombe(share(*one), share(*two))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.00005)


def test_a_means_interval_is_that_of_nists_heat_flow_example() -> None:
    # NIST/SEMATECH e-Handbook 1.3.5.2, ZARR13.DAT.
    found = mean_interval(Mean(9.261460, 0.022789, 195))
    assert (found.low, found.high) == pytest.approx((9.25824, 9.26468), abs=0.000005)


def test_welchs_test_is_that_of_nists_mileage_example() -> None:
    # NIST/SEMATECH e-Handbook 1.3.5.3, AUTO83B.DAT: T = −12.94627 with 136.8750 degrees of freedom.
    american, japanese = Mean(20.14458, 6.414700, 249), Mean(30.48101, 6.107710, 79)
    assert freedom_of(american, japanese) == pytest.approx(136.8750, abs=0.0005)
    gap = american.mean - japanese.mean
    assert gap / math.hypot(american.error, japanese.error) == pytest.approx(-12.94627, abs=0.00001)
    found = welch(american, japanese)
    assert found.high < 0 < mean_differs(american, japanese) < 1e-20


@pytest.mark.parametrize(
    "chances, adjusted",
    [([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]), ([0.2], [0.2]), ([0.7, 0.8], [1.0, 1.0]), ([], [])],
)
def test_holm_makes_up_for_having_looked_at_many(chances: list[float], adjusted: list[float]) -> None:
    assert holm(chances) == pytest.approx(adjusted)


counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
means = st.builds(Mean, st.floats(-1e6, 1e6), st.floats(0.001, 1e4), st.integers(2, 10**6))


@given(counts, st.floats(0.5, 0.999))
def test_wilsons_interval_holds_its_estimate_and_turns_round_with_it(given_: tuple[int, int], level: float) -> None:
    count, cases = given_
    found, turned = wilson(share(count, cases), level), wilson(share(cases - count, cases), level)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert (1 - turned.high, 1 - turned.low) == pytest.approx((found.low, found.high), abs=1e-9)
    wider = wilson(share(count, cases), (1 + level) / 2)
    assert wider.low <= found.low and found.high <= wider.high  # noqa: PT018


@given(counts, st.floats(0.001, 0.999))
def test_wilsons_interval_excludes_just_what_the_score_test_refuses(given_: tuple[int, int], stated: float) -> None:
    found, chance = wilson(share(*given_)), share_differs_from(share(*given_), stated)
    if abs(chance - 0.05) > 1e-9:
        assert found.holds(stated) == (chance > 0.05)


@given(counts, counts)
def test_a_difference_of_shares_is_the_same_from_either_side(one: tuple[int, int], two: tuple[int, int]) -> None:
    there, back = newcombe(share(*one), share(*two)), newcombe(share(*two), share(*one))
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert there.low <= there.estimate <= there.high
    assert share_differs(share(*one), share(*two)) == pytest.approx(share_differs(share(*two), share(*one)))


@given(means, means)
def test_a_difference_of_means_is_real_just_where_its_interval_leaves_zero(one: Mean, two: Mean) -> None:
    there, back, chance = welch(one, two), welch(two, one), mean_differs(one, two)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    if abs(chance - 0.05) > 1e-6:
        assert there.holds(0) == (chance > 0.05)


def test_what_does_not_vary_at_all_differs_or_does_not() -> None:
    flat = Mean(3, 0, 5)
    assert (mean_differs(flat, flat), mean_differs(flat, Mean(4, 0, 5))) == (1, 0)
    assert (welch(Mean(4, 0, 5), flat).low, freedom_of(flat, flat)) == (1, 8)
    assert share_differs(share(0, 5), share(0, 9)) == share_differs(share(5, 5), share(9, 9)) == 1
    assert (share_differs_from(share(0, 5), 0), share_differs_from(share(1, 5), 0)) == (1, 0)


@pytest.mark.parametrize(
    "bad", [lambda: Share(1.2, 5), lambda: Share(0.5, 0), lambda: Mean(1, 1, 1), lambda: Mean(1, -1, 5)]
)
def test_what_is_no_sample_is_refused(bad: object) -> None:
    with pytest.raises(ValueError):
        bad()  # type: ignore[operator]
