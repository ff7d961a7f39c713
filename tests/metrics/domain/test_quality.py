"""The checks of data quality as tables, and what must hold of them whatever the values are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.periods import Cadence
from metrics.domain.quality import spread, timing, values
from metrics.domain.quality.catalogue import KINDS, Setting, Severity, default_setting, read_parameters
from metrics.domain.quality.judging import (
    REOPENS_WITHIN,
    Step,
    Verdict,
    outcome_of,
    score,
    score_lines,
    step,
)
from metrics.domain.quality.material import Control, Looked, Material, Mention, Point

WEEKLY = Cadence.of("weekly", time_zone="Europe/Lisbon", settle_after="P1D")
MONDAY = WEEKLY.containing(datetime(2026, 3, 2, 12, tzinfo=UTC)).start
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
LONG_AGO = MONDAY - timedelta(days=3650)


def line(
    numbers: Sequence[Any],
    *,
    cadence: Cadence = WEEKLY,
    late: Sequence[float] = (),
    samples: Sequence[Any] = (),
    after: int = 0,
    **more: Any,
) -> Material:
    """A segment whose values end with the newest settled period, looked at some hours after that.

    "." is a period without a value, None one whose value was withdrawn.
    `late`: hours after the period's end at which each was recorded, 1 unless told otherwise.
    """
    first = cadence.index(MONDAY)
    points = []
    for place, number in enumerate(numbers):
        if number == ".":
            continue
        period = cadence.period(first + place)
        at = period.end + timedelta(hours=late[place] if late else 1)
        size = samples[place] if samples else None
        value = None if number is None else Decimal(str(number))
        points.append(Point(period.start, period.end, value, size, at, at))
    as_of = cadence.settled_at(cadence.start_of(first + len(numbers))) + after * HOUR
    given = {"as_of": as_of, "entered": LONG_AGO, "begun": points[0].start if points else None}
    return Material(cadence=cadence, points=points, **given | more)


def asked(check: str, **given: Any) -> dict[str, Any]:
    kind = KINDS[check]
    return {**default_setting(kind, hours=Decimal(48)).parameters, **given}


def found(looked: Looked, material: Material) -> list[int]:
    """The places of what was found, oldest first."""
    return sorted(material.cadence.index(each.period) - material.cadence.index(MONDAY) for each in looked.findings)


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


STEADY = [80, 81, 79, 80, 82, 80, 81, 79, 80, 81, 80, 79, 81, 80]


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


def setting(check: str, severity: str = "medium", **given: Any) -> Setting:
    kind = KINDS[check]
    return Setting(kind=kind, on=True, severity=Severity(severity), parameters=asked(check, **given))


def test_what_was_accepted_counts_no_longer_and_what_is_tolerated_passes():
    material = line([*STEADY, 800])
    first = outcome_of(setting("outliers"), material)
    assert (first.verdict, len(first.findings)) == (Verdict.FAIL, 1)
    again = outcome_of(setting("outliers"), material, {first.findings[0].key})
    assert (again.verdict, again.accepted) == (Verdict.PASS, 1)
    other = outcome_of(setting("outliers"), line([*STEADY, 801]), {first.findings[0].key})
    assert other.verdict == Verdict.FAIL
    gap = outcome_of(setting("completeness"), line([1] * 9 + ["."]))
    assert (gap.verdict, "which is allowed" in gap.sentence) == (Verdict.PASS, True)


def test_missing_history_never_passes():
    for key in KINDS:
        assert outcome_of(setting(key), line([])).verdict == Verdict.UNKNOWN, key


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], None),
        ([("outliers", "high", "unknown")], None),
        ([("outliers", "high", "pass")], 100),
        ([("outliers", "high", "fail"), ("sample", "low", "pass")], 20),
        ([("outliers", "low", "fail"), ("sample", "medium", "pass"), ("bounds", "high", "pass")], 85),
        ([("outliers", "low", "pass"), ("outliers", "low", "fail")], 0),  # two segments of one check
        ([("outliers", "low", "unknown"), ("outliers", "low", "pass")], 100),
    ],
)
def test_score(verdicts, expected):
    outcomes = [(setting(check, severity), Verdict(verdict)) for check, severity, verdict in verdicts]
    assert score(score_lines(outcomes)) == expected


NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "is_open", "closed_at", "expected"),
    [
        ("pass", False, None, Step.NOTHING),
        ("pass", True, None, Step.CLOSE),
        ("fail", False, None, Step.OPEN),
        ("fail", True, None, Step.ATTACH),
        ("fail", True, NOW, Step.ATTACH),
        ("fail", False, NOW - REOPENS_WITHIN, Step.REOPEN),
        ("fail", False, NOW - REOPENS_WITHIN - HOUR, Step.OPEN),
        ("unknown", True, None, Step.NOTHING),
        ("unknown", False, NOW, Step.NOTHING),
    ],
)
def test_what_becomes_of_an_incident(verdict, is_open, closed_at, expected):
    assert step(Verdict(verdict), is_open=is_open, closed_at=closed_at, now=NOW) is expected


def test_what_is_moot_ends_and_is_no_pass():
    assert step(Verdict.UNKNOWN, is_open=True, closed_at=None, now=NOW, moot=True) is Step.CLOSE
    assert step(Verdict.UNKNOWN, is_open=False, closed_at=None, now=NOW, moot=True) is Step.NOTHING
    assert outcome_of(setting("accuracy"), line([1])).verdict == Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("check", "raw", "wrong"),
    [
        ("completeness", {"periods": "0"}, "periods"),
        ("completeness", {"periods": "2.5"}, "periods"),
        ("completeness", {"share": "NaN"}, "share"),
        ("completeness", {"share": "101"}, "share"),
        ("outliers", {"threshold": ""}, "threshold"),
        ("outliers", {"threshold": "much"}, "threshold"),
        ("cumulative", {"restart": "monthly"}, "restart"),
        ("bounds", {"low": "2", "high": "1"}, "high"),
        ("bounds", {"low": "", "high": None}, None),
        ("comparison", {"metric": " csat "}, None),
    ],
)
def test_parameters_are_read_or_refused_with_a_sentence(check, raw, wrong):
    read, errors = read_parameters(KINDS[check], raw)
    assert list(errors) == ([wrong] if wrong else [])
    assert all(sentence.endswith(".") for sentence in errors.values())
    if not wrong:
        kept = Setting(kind=KINDS[check], on=True, severity=Severity.LOW, parameters=read).stored()
        assert read_parameters(KINDS[check], kept) == (read, {}), "what is stored is read again as it was"


numbers = st.lists(
    st.one_of(st.just("."), st.none(), st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False)),
    max_size=30,
)


@given(numbers=numbers)
def test_every_check_answers_every_series_the_same_each_time(numbers):
    material = line(numbers)
    for key in KINDS:
        made = setting(key)
        first, second = outcome_of(made, material), outcome_of(made, line(numbers))
        assert first == second
        assert first.sentence.endswith(".")
        assert (first.verdict == Verdict.FAIL) == bool(first.findings)
        if first.verdict == Verdict.FAIL:
            keys = {each.key for each in first.findings}
            assert len(keys) == len(first.findings), "each finding can be accepted by itself"
            assert outcome_of(made, material, keys).verdict == Verdict.PASS


@given(series=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), shift=st.floats(-1e6, 1e6))
def test_scores_do_not_hang_on_where_zero_is(series, shift):
    plain, moved = spread.modified_z(series), spread.modified_z([value + shift for value in series])
    order = sorted(range(len(series)), key=lambda place: series[place])
    assert all(moved[a] <= moved[b] for a, b in pairwise(order))
    assert all(plain[a] <= plain[b] for a, b in pairwise(order))


@given(st.lists(st.sampled_from(["pass", "fail", "unknown"]), min_size=1, max_size=8))
def test_a_score_is_between_0_and_100_and_100_only_without_a_failure(verdicts):
    outcomes = [(setting(key), Verdict(verdict)) for key, verdict in zip(KINDS, verdicts, strict=False)]
    figure = score(score_lines(outcomes))
    judged = [verdict for verdict in verdicts if verdict != "unknown"]
    assert figure is None if not judged else 0 <= figure <= 100
    if judged:
        assert (figure == 100) == ("fail" not in judged)
