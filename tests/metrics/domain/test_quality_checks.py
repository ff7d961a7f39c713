"""Each check of data quality as a table."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from metrics.domain.periods import Cadence
from metrics.domain.quality import spread, timing, values
from metrics.domain.quality.material import Control, Material, Mention
from tests.metrics.domain.quality_lines import LONG_AGO, MONDAY, STEADY, WEEK, WEEKLY, asked, found, line


@pytest.mark.parametrize(
    ("numbers", "expected", "missing", "allowed"),
    [
        ([], None, [], 0),
        ([1, 2], None, [], 0),
        ([1, 2, 3], 3, [], 0),
        ([1, ".", 3], 3, [1], 0),
        ([1, None, 3], 3, [1], 0),
        ([1, 2, "."], 3, [2], 0),
        ([".", 2, 3, 4], 3, [], 0),
        ([1] * 9 + ["."], 10, [9], 1),
        ([1, "."] + [1] * 12, 12, [], 1),
    ],
)
def test_completeness(numbers, expected, missing, allowed):
    material = line(numbers)
    looked = timing.completeness(material, asked("completeness"))
    if expected is None:
        assert looked.nothing
    else:
        assert (looked.count, found(looked, material), looked.allowed) == (expected, missing, allowed)


def test_completeness_counts_local_weeks_across_the_change_of_clocks():
    # Lisbon's clocks go forward on 29 March 2026: that week is an hour shorter, and no period is lost or doubled.
    looked = timing.completeness(line(["1"] * 8), asked("completeness"))
    assert (looked.count, looked.findings) == (8, ())


def test_a_silence_longer_than_what_is_read_is_no_missing_history():
    quiet = line([], begun=MONDAY - 300 * WEEK)
    assert len(timing.completeness(quiet, asked("completeness")).findings) == 12


@pytest.mark.parametrize(
    ("late", "places"),
    [([1, 2, 3], []), ([48, 48, 48], []), ([1, 48.1, 1], [1]), ([1, 1, 200], [2]), ([-5, 1, 1], [])],
)
def test_timeliness(late, places):
    material = line([1, 2, 3], late=late, after=24)
    assert found(timing.timeliness(material, asked("timeliness", share=Decimal(100))), material) == places


def test_timeliness_holds_no_history_against_a_metric_and_finds_what_has_not_come():
    assert timing.timeliness(line([]), asked("timeliness")).nothing
    assert timing.timeliness(line([1] * 9, late=[900] * 9, entered=MONDAY + 8 * WEEK), asked("timeliness")).nothing
    material = line([1, 2, 3, ".", "."])
    looked = timing.timeliness(material, asked("timeliness", hours=Decimal(24)))
    assert found(looked, material) == [3, 4]
    assert "has not come" in looked.findings[0].sentence


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (1, ""),
        (0, ""),
        (-1, "before its period was over"),
        (-169, "the source's clock is ahead"),
        (900, "in the future"),
    ],
)
def test_timestamps(late, words):
    looked = timing.timestamps(line([1, 2, 3], late=[1, 1, late]), asked("timestamps"))
    assert [each.sentence for each in looked.findings if words in each.sentence] == (
        [each.sentence for each in looked.findings] if words else []
    )
    assert bool(looked.findings) == bool(words)


def test_a_period_off_the_calendar_is_found():
    tuesday = line([1, 2, 3])
    moved = [each._replace(start=each.start + timedelta(days=1)) for each in tuesday.points]
    off = Material(cadence=WEEKLY, as_of=tuesday.as_of, entered=LONG_AGO, begun=MONDAY, points=moved)
    assert len(timing.timestamps(off, asked("timestamps")).findings) == 3


@pytest.mark.parametrize(
    ("value", "tolerance", "percent", "caught"),
    [
        (100, 0, False, False),
        (101, 1, False, False),
        ("101.1", 1, False, True),
        (102, 2, True, False),
        (103, 2, True, True),
    ],
)
def test_accuracy(value, tolerance, percent, caught):
    control = Control(MONDAY, Decimal(100), Decimal(tolerance), percent)
    looked = values.accuracy(line([value], controls=[control]), {})
    assert (looked.count, bool(looked.findings)) == (1, caught)
    assert all(each.expected == 100 for each in looked.findings)


def test_accuracy_without_a_figure_or_a_value_is_not_enough_to_say():
    control = Control(MONDAY, Decimal(100), Decimal(1))
    for material in (line([1]), line(["."], controls=[control]), line([None], controls=[control])):
        assert values.accuracy(material, {}).nothing


@pytest.mark.parametrize(
    ("low", "high", "places"), [(None, None, None), (0, None, [0]), (None, 10, [3]), (0, 10, [0, 3]), (-1, 11, [])]
)
def test_bounds_are_themselves_allowed(low, high, places):
    material = line([-1, 0, 10, 11])
    limits = {name: None if value is None else Decimal(value) for name, value in (("low", low), ("high", high))}
    looked = values.bounds(material, asked("bounds", **limits))
    assert (None if looked.nothing else found(looked, material)) == places


@pytest.mark.parametrize(
    ("numbers", "restart", "places"),
    [([1, 2, 2, 3], "never", []), ([1, 3, 2, 4], "never", [2]), ([1, ".", 0], "never", [2]), ([1], "never", None)],
)
def test_a_running_total_never_falls(numbers, restart, places):
    material = line(numbers)
    looked = values.cumulative(material, asked("cumulative", restart=restart))
    assert (None if looked.nothing else found(looked, material)) == places


def test_a_running_total_may_begin_anew_each_year():
    monthly = Cadence.of("monthly")
    material = line([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 1], cadence=monthly)  # March 2026 to January 2027
    assert found(values.cumulative(material, asked("cumulative")), material)
    assert not values.cumulative(material, asked("cumulative", restart="yearly")).findings


@pytest.mark.parametrize(("relation", "places"), [("at_most", [2]), ("at_least", [0])])
def test_comparison(relation, places):
    material = line([1, 2, 3, 4], other={MONDAY + n * WEEK: Decimal(2) for n in range(3)})
    # The clocks change after the fourth week, so that whole weeks of hours do for these.
    looked = values.comparison(material, asked("comparison", metric="other", relation=relation))
    assert (looked.count, found(looked, material)) == (3, places)
    assert values.comparison(material, asked("comparison")).nothing
    assert values.comparison(line([1]), asked("comparison", metric="other")).nothing


@pytest.mark.parametrize(
    ("north", "south", "whole", "count", "caught"),
    [(4, 6, 10, 1, False), (4, 6, "10.05", 1, False), (4, 6, "10.06", 1, True), (4, None, 10, 0, False)],
)
def test_segments_add_up_by_dimension(north, south, whole, count, caught):
    here = {name: Decimal(value) for name, value in (("N", north), ("S", south)) if value is not None}
    parts = {"region": {MONDAY: here, MONDAY - WEEK: {"N": Decimal(1), "S": Decimal(1)}}}
    looked = values.parts(line([whole], parts=parts), asked("parts"))
    assert (looked.count, bool(looked.findings), bool(looked.nothing)) == (count, caught, not count)
    assert values.parts(line([1]), asked("parts")).nothing


@pytest.mark.parametrize(
    ("numbers", "caught"), [([5, 5, 5], True), ([4, 5, 5], False), ([5, 5, ".", 5], True), ([5, 5, 5, 4], False)]
)
def test_repeated(numbers, caught):
    looked = values.repeated(line(numbers), asked("repeated", times=3))
    assert bool(looked.findings) == caught
    assert values.repeated(line([5, 5]), asked("repeated", times=3)).nothing


def mention(week: int, value: Any, hours: float, *, source: str = "a", given: bool = False) -> Mention:
    period = WEEKLY.period(WEEKLY.index(MONDAY) + week)
    at = period.end + timedelta(hours=hours)
    return Mention(period.start, period.end, Decimal(value), source, "id-1", at, given)


@pytest.mark.parametrize(
    ("mentions", "caught"),
    [
        ([mention(0, 1, 1)], False),
        ([mention(0, 1, 1), mention(0, 2, 2)], False),  # it had not settled
        ([mention(0, 1, 1), mention(0, 2, 30)], True),
        ([mention(0, 1, 1), mention(0, 1, 30)], False),
        ([mention(0, 1, 1), mention(0, 2, 30, given=True)], False),
        ([mention(0, 1, 1), mention(1, 1, 1, source="b")], True),
    ],
)
def test_identifiers(mentions, caught):
    assert bool(values.identifiers(line([1, 2], mentions=mentions), {}).findings) == caught
    assert values.identifiers(line([1, 2]), {}).nothing


@pytest.mark.parametrize(
    ("numbers", "places"),
    [
        (STEADY, []),
        ([*STEADY, 800], [14]),
        ([*STEADY, 8], [14]),
        ([*STEADY, 800, 80, 81], [14]),  # the way back is not odd
        ([*STEADY, 120, 121, 119], [14]),  # a new level is told of once
        ([*STEADY, ".", 800], [15]),
        ([1000, *STEADY], []),  # long ago
        ([5] * 15, []),
        ([5] * 14 + [6], [14]),
        (STEADY[:11], None),
        ([100 * 2**n for n in range(4)] + STEADY, []),
    ],
)
def test_outliers(numbers, places):
    material = line(numbers)
    looked = spread.outliers(material, asked("outliers"))
    assert (None if looked.nothing else found(looked, material)) == places


def test_a_season_is_no_outlier_once_three_are_known_and_a_spike_does_not_come_back_with_it():
    daily = Cadence.of("daily")
    week = [100, 101, 99, 100, 102, 20, 10]
    wobbling = [value + place % 3 for place, value in enumerate(week * 6)]
    quiet = line(wobbling, cadence=daily, season=7)
    assert not spread.outliers(quiet, asked("outliers")).findings
    assert spread.outliers(
        line(wobbling[:14], cadence=daily, season=7), asked("outliers", threshold=Decimal(1))
    ).findings
    spiked = line([*wobbling[:-9], 500, *wobbling[-8:]], cadence=daily, season=7)
    looked = spread.outliers(spiked, asked("outliers"))
    assert found(looked, spiked) == [len(wobbling) - 9]
    assert f", from {spiked.day(spiked.points[-16].start)}, a step" in looked.findings[0].sentence


def test_the_modified_z_score_of_a_worked_example():
    # Median 3, deviations 2 1 0 1 97, MAD 1: (100 − 3) × 0.6745 = 65.4265.
    assert spread.modified_z([1, 2, 3, 4, 100]) == pytest.approx([-1.349, -0.6745, 0, 0.6745, 65.4265])


@pytest.mark.parametrize(("newest", "caught"), [(100, False), (200, False), (201, True), (50, False), (49, True)])
def test_sample(newest, caught):
    samples = [100] * 14 + [newest]
    assert bool(spread.sample(line([1] * 15, samples=samples), asked("sample")).findings) == caught
    assert spread.sample(line([1] * 15), asked("sample")).nothing
