"""Whether a metric's latest value says more than chance."""

import pytest

from metrics.domain.certainty import changes_of, ordinary, scale_of, share_interval
from metrics.domain.statistics import Share


@pytest.mark.parametrize(
    "unit, values, whole",
    [
        ("%", [0, 78, 100], 100),
        ("Percent", [], 100),
        ("ratio", [0.2, 1], 1),
        ("%", [-3, 5], None),  # a growth, not a share
        ("%", [104], None),
        ("ratio", [1.2], None),
        ("days", [3], None),
        ("", [0.5], None),
    ],
)
def test_only_a_share_of_cases_has_an_interval(unit: str, values: list[float], whole: float | None) -> None:
    assert scale_of(unit, values) == whole


def test_a_share_is_told_between_its_bounds() -> None:
    found = share_interval(78, 412, 100)
    assert (found.low, found.high) == (pytest.approx(73.8, abs=0.1), pytest.approx(81.7, abs=0.1))


def test_a_small_fall_is_chance_and_a_large_one_is_not() -> None:
    small, large = (changes_of(Share(p, 412), Share(0.81, 400), None)[0] for p in (0.78, 0.70))
    assert (small.real, large.real) == (False, True)
    assert small.interval is not None
    assert small.interval.holds(0)
    assert not large.interval.holds(0)  # type: ignore[union-attr]


def test_two_comparisons_are_held_to_one_alpha() -> None:
    alone = changes_of(Share(0.745, 412), Share(0.81, 400), None)[0]
    both = changes_of(Share(0.745, 412), Share(0.81, 400), 0.75)
    assert alone.real
    assert both[0].chance == pytest.approx(2 * alone.chance)  # type: ignore[operator]
    assert [change.since for change in both if change.real] == []
    assert changes_of(Share(0.5, 10), None, None) == []


def test_without_sample_sizes_the_metrics_own_variation_decides() -> None:
    past = [10, 12] * 6
    found = ordinary(past, 13)
    assert found is not None
    assert (found.low, found.high, found.values) == (pytest.approx(11 - 5.32), pytest.approx(11 + 5.32), 12)
    assert (found.inside, found.step.real) == (True, False)
    outlier = ordinary(past, 25)
    assert outlier is not None
    assert (outlier.inside, outlier.step.real) == (False, True)
    assert ordinary(past[:7], 13) is ordinary([5] * 20, 6) is None
