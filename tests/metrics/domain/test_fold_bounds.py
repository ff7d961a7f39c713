"""Bounds, runs, clearing, gaps, samples and cooldown: one line a case, values → states."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from metrics.domain.conditions import parse
from metrics.domain.fold import Context, Health, History, State, fold, fold_history
from metrics.domain.periods import Cadence
from metrics.domain.timeline import Reading
from tests.metrics.domain.notation import WEEKLY, episodes, letters, replay, states, week, weeks

ABOVE = {"kind": "above", "bound": 70}
BELOW = {"kind": "below", "bound": 70}
OUTSIDE = {"kind": "outside", "low": 10, "high": 20}
INSIDE = {"kind": "inside", "low": 10, "high": 20}
INCLUSIVE = {"inclusive": True}


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        (ABOVE, "69.9 70 70.1 70 69", "o o B o o"),
        (ABOVE | INCLUSIVE, "69.9 70 70.1 70 69", "o B B B o"),
        (BELOW, "70.1 70 69.9 70 71", "o o B o o"),
        (BELOW | INCLUSIVE, "70.1 70 69.9 70 71", "o B B B o"),
        (OUTSIDE, "10 9.9 20 20.1 15", "o B o B o"),
        (OUTSIDE | INCLUSIVE, "10 10.1 20 19.9 21", "B o B o B"),
        (INSIDE, "10 10.1 20 19.9 21", "o B o B o"),
        (INSIDE | INCLUSIVE, "9 10 15 20 20.1", "o B B B o"),
        (ABOVE | {"bound": "0.3"}, "0.1 0.2 0.30000000000000004 0.3", "o o B o"),
        (ABOVE | {"bound": 0}, "-1 0 1 -0", "o o B o"),
    ],
)
def test_equality_breaches_only_where_the_bound_is_inclusive(spec, values, expected):
    assert states(spec, values) == expected


@pytest.mark.parametrize(
    ("sustained", "values", "expected"),
    [
        (1, "71 60 71", "B o B"),
        (2, "71 72 60", "p B o"),
        (2, "71 60 71 60", "p o p o"),
        (3, "71 71 71 71 60", "p p B B o"),
        (3, "71 71 60 71 71 71", "p p o p p B"),
    ],
)
def test_a_condition_fires_at_the_nth_settled_period_of_a_run(sustained, values, expected):
    assert states(ABOVE | {"sustained": sustained}, values) == expected


@pytest.mark.parametrize(
    ("clear", "values", "expected"),
    [
        ({"bound": 65}, "71 70 66 65 66", "B B B o o"),
        ({"bound": 65, "inclusive": False}, "71 65 64.9", "B B o"),
        ({"bound": 65, "sustained": 2}, "71 65 64 63", "B r o o"),
        ({"bound": 65, "sustained": 2}, "71 65 66 65 65", "B r B r o"),
        ({"bound": 65, "sustained": 2}, "71 65 71 65 65 71", "B r B r o B"),
        ({"sustained": 3}, "71 70 70 70 70", "B r r o o"),
        ({"sustained": 3}, "71 70 70 71 70 70 70", "B r r B r r o"),
        ({"bound": 70}, "71 70", "B o"),
        ({"bound": 70, "inclusive": False}, "71 70 69.9", "B B o"),
    ],
)
def test_clearing_has_a_bound_and_a_count_of_its_own(clear, values, expected):
    assert states(ABOVE | {"clear": clear}, values) == expected


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        (BELOW | {"clear": {"bound": 75}}, "69 70 74.9 75", "B B B o"),
        (BELOW | INCLUSIVE | {"clear": {"bound": 75}}, "70 75 75.1", "B B o"),
        (OUTSIDE | {"clear": {"low": 12, "high": 18}}, "9 11 12 21 19 18 11", "B B o B B o o"),
        (OUTSIDE | INCLUSIVE | {"clear": {"low": 12, "high": 18}}, "10 12 12.1 20 18 17.9", "B B o B B o"),
        (INSIDE | {"clear": {"low": 8, "high": 22}}, "15 9 8 15 21 22", "B B o B B o"),
        (INSIDE | INCLUSIVE | {"clear": {"low": 8, "high": 22}}, "10 8 7.9 20 22 22.1", "B B o B B o"),
    ],
)
def test_between_trigger_and_clear_bound_a_breach_goes_on(spec, values, expected):
    assert states(spec, values) == expected


def test_between_the_bounds_a_pending_run_is_broken():
    assert states(ABOVE | {"sustained": 2, "clear": {"bound": 65}}, "71 68 71 71") == "p o p B"


@pytest.mark.parametrize(
    ("policy", "values", "expected"),
    [
        ({}, "71 . 71 71", "p p p B"),
        ({}, "71 _ 71 71", "p p p B"),
        ({"gap": "skip"}, "71 . 71 60", "p p B o"),
        ({"gap": "skip"}, "71 _ _ 71 60", "p p p B o"),
        ({"gap": "skip", "sustained": 3}, "71 . 71 . 71", "p p p p B"),
        ({"sustained": 1, "clear": {"sustained": 2}}, "71 60 . 60 60", "B r r r o"),
        ({"sustained": 1, "clear": {"sustained": 2}, "gap": "skip"}, "71 60 . 60 60", "B r r o o"),
        ({"sustained": 1}, "71 . . 60", "B B B o"),
        ({"sustained": 1}, "60 . . 60", "o o o o"),
        ({"no_data": "breach"}, "60 . . 60", "o p B o"),
        ({"no_data": "breach"}, "71 . 60", "p B o"),
        ({"no_data": "breach", "gap": "skip"}, "71 . 60", "p B o"),
        ({"no_data": "ok"}, "71 . 71 71", "p o p B"),
        ({"no_data": "ok", "sustained": 1}, "71 . 71", "B o B"),
    ],
)
def test_a_gap_breaks_the_run_or_is_skipped_and_missing_is_what_the_policy_says(policy, values, expected):
    assert states(ABOVE | {"sustained": 2} | policy, values) == expected


@pytest.mark.parametrize(
    ("policy", "expected", "health"),
    [("hold", "B", Health.NO_DATA), ("breach", "B B B B", Health.NO_DATA), ("ok", "B o o o", Health.NO_DATA)],
)
def test_silence_after_the_last_value_counts_only_where_the_policy_says_so(policy, expected, health):
    folded = replay(ABOVE | {"no_data": policy}, "71", after=3)
    assert (states(ABOVE | {"no_data": policy}, "71", after=3), folded.health) == (expected, health)


@pytest.mark.parametrize(
    ("values", "expected", "health"),
    [
        ("71/30 71/30", "p B", Health.FRESH),
        ("71/30 71/29", "p p", Health.INSUFFICIENT),
        ("71/30 71/29 71/30", "p p p", Health.FRESH),
        ("71/30 71/30 60/29", "p B B", Health.INSUFFICIENT),
        ("71/30 71 60/30", "p B o", Health.FRESH),
    ],
)
def test_too_small_a_sample_is_neither_breach_nor_recovery(values, expected, health):
    spec = ABOVE | {"sustained": 2}
    folded = replay(spec, values, minimum_sample=30)
    assert (states(spec, values, minimum_sample=30), folded.health) == (expected, health)


def test_too_small_a_sample_is_not_missing_for_the_policy_breach():
    assert states(ABOVE | {"no_data": "breach"}, "60/30 60/2 .", minimum_sample=30) == "o o B"


@pytest.mark.parametrize(
    ("sustained", "values", "expected"),
    [
        ("P7D", "71 71 60", "p B o"),
        ("P14D", "71 71 71 60", "p p B o"),
        ("P15D", "71 71 71 71", "p p p B"),
        ("P1M", "71 71 71 71 71 71", "p p p p p B"),
        ("P14D", "71 . 71 71 71", "p p p p B"),
        ("P0D", "71 60", "B o"),
    ],
)
def test_a_sustained_duration_runs_from_period_end_to_period_end(sustained, values, expected):
    assert states(ABOVE | {"sustained": sustained}, values) == expected


def test_a_sustained_duration_goes_on_over_a_skipped_gap():
    assert states(ABOVE | {"sustained": "P14D", "gap": "skip"}, "71 . 71") == "p p B"


def test_a_clear_duration_runs_from_period_end_to_period_end():
    assert states(ABOVE | {"clear": {"sustained": "P14D"}}, "71 60 60 60 60") == "B r r o o"


def test_the_evaluators_clock_does_not_advance_a_duration():
    spec = ABOVE | {"sustained": "P14D"}
    assert {states(spec, "71 71", after=after) for after in range(6)} == {"p p"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("71 71 65 71", [(1, 2, 3)]),
        ("60 71 . 71 71 60", [(4, 5, 6)]),
        ("71 71 60 71 71", [(1, 2, 3), (4, 5, None)]),
        ("60 71 60", []),
    ],
)
def test_an_episode_is_its_runs_first_period_the_one_that_fired_and_the_one_it_cleared_in(values, expected):
    assert episodes(replay(ABOVE | {"sustained": 2}, values)) == expected


def test_an_episode_ends_in_the_period_of_the_last_clear_value():
    folded = replay(ABOVE | {"clear": {"sustained": 3}}, "71 60 60 60")
    assert episodes(folded) == [(1, 1, 4)]
    assert folded.episodes[0].ending == "recovered"
    assert folded.open_episode is None


def test_an_open_episode_has_neither_end_nor_ending():
    folded = replay(ABOVE | {"clear": {"sustained": 3}}, "71 60 60")
    assert (folded.state, folded.open_episode) == (State.RECOVERING, folded.episodes[0])
    assert (folded.episodes[0].end, folded.episodes[0].ending) == (None, None)


@pytest.mark.parametrize(
    ("cooldown", "values", "expected", "flaps"),
    [
        (0, "71 60 71", [(1, 1, 2), (3, 3, None)], [0, 0]),
        (1, "71 60 71", [(1, 1, None)], [1]),
        (1, "71 60 60 71", [(1, 1, 2), (4, 4, None)], [0, 0]),
        (2, "71 60 60 71 60", [(1, 1, 5)], [1]),
        (2, "71 60 71 60 71 60", [(1, 1, 6)], [2]),
        ("P7D", "71 60 71", [(1, 1, None)], [1]),
        ("P7D", "71 60 60 71", [(1, 1, 2), (4, 4, None)], [0, 0]),
        ("P14D", "71 60 60 71", [(1, 1, None)], [1]),
    ],
)
def test_a_break_that_returns_within_the_cooldown_reopens_the_episode(cooldown, values, expected, flaps):
    folded = replay(ABOVE | {"cooldown": cooldown}, values)
    assert (episodes(folded), [episode.flaps for episode in folded.episodes]) == (expected, flaps)


def test_the_cooldown_reaches_to_the_start_of_the_next_run_not_to_its_firing():
    folded = replay(ABOVE | {"cooldown": 1, "sustained": 3}, "71 71 71 60 71 71 71")
    assert (episodes(folded), folded.episodes[0].flaps) == ([(1, 3, None)], 1)


@pytest.mark.parametrize(
    ("settle_after", "as_of", "expected"),
    [
        ("P0D", datetime(2026, 1, 11, 23, 59, tzinfo=UTC), []),
        ("P0D", datetime(2026, 1, 12, tzinfo=UTC), ["breached"]),
        ("P2D", datetime(2026, 1, 13, 23, 59, tzinfo=UTC), []),
        ("P2D", datetime(2026, 1, 14, tzinfo=UTC), ["breached"]),
    ],
)
def test_the_open_period_never_counts_and_a_closed_one_only_when_settled(settle_after, as_of, expected):
    cadence = Cadence.of("weekly", settle_after=settle_after)
    folded = fold(parse(ABOVE), weeks("71"), as_of, cadence)
    assert list(folded.states) == expected


@pytest.mark.parametrize(
    ("values", "after", "health"),
    [
        ("71", 0, Health.FRESH),
        ("71", 1, Health.NO_DATA),
        ("71 .", 0, Health.NO_DATA),
        (". 71", 0, Health.FRESH),
        ("", 0, Health.NO_DATA),
    ],
)
def test_health_speaks_of_the_newest_settled_period(values, after, health):
    assert replay(ABOVE, values, after=after).health is health


def test_health_is_no_concern_of_the_open_week():
    folded = fold(parse(ABOVE), weeks("71"), week(3) - timedelta(seconds=1), WEEKLY)
    assert folded.health is Health.FRESH


def test_nothing_to_go_by_is_ok_without_data():
    folded = replay(ABOVE, "")
    assert (folded.states, folded.episodes, folded.state) == ((), (), State.OK)


def test_two_readings_of_one_period_are_refused():
    twice = [*weeks("60 71"), *weeks("62")]
    with pytest.raises(ValueError, match="Two values were given for the period that begins 2026-01-05"):
        fold(parse(ABOVE), twice, week(9), WEEKLY)


def test_readings_may_come_as_local_dates_in_any_order_and_without_an_end():
    readings = [Reading(date(2026, 1, 12), value=Decimal(71)), Reading(date(2026, 1, 7), value=Decimal(60))]
    folded = fold(parse(ABOVE), readings, week(3), Cadence.of("weekly", time_zone="Asia/Tokyo"))
    assert [state.value for state in folded.states] == ["ok", "breached"]


def test_a_gap_too_long_to_look_at_is_refused():
    cadence = Cadence.of("PT1S")
    readings = [Reading(datetime(year, 1, 1, tzinfo=UTC), value=Decimal(1)) for year in (2025, 2026)]
    with pytest.raises(ValueError, match="gap of 31535999 periods"):
        fold(parse(ABOVE), readings, datetime(2027, 1, 1, tzinfo=UTC), cadence)


def test_local_readings_keep_their_end_their_value_and_their_sample():
    cadence = Cadence.of("daily", time_zone="Asia/Tokyo")
    begin = datetime.fromisoformat("2026-01-05T00:00:00+09:00")
    readings = [
        Reading(date(2026, 1, 7), date(2026, 1, 8), Decimal(71), 4),
        Reading(begin, begin + timedelta(days=1), Decimal(71), 5),
        Reading(date(2026, 1, 6), None, Decimal(60), None),
    ]
    known = fold(parse(ABOVE), readings, datetime(2026, 1, 7, 15, tzinfo=UTC), cadence, Context(minimum_sample=5))
    assert [state.value for state in known.states] == ["breached", "ok", "ok"]
    assert known.health is Health.INSUFFICIENT
    assert known.periods == tuple(datetime(2026, 1, day, 15, tzinfo=UTC) for day in (4, 5, 6))
    assert known.ends == tuple(datetime(2026, 1, day, 15, tzinfo=UTC) for day in (5, 6, 7))
    before = fold(parse(ABOVE), readings, datetime(2026, 1, 7, 14, 59, tzinfo=UTC), cadence)
    assert len(before.states) == 2


def test_a_stated_end_decides_when_a_period_is_over():
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    late = [Reading(begin, begin + timedelta(days=9), Decimal(71))]
    assert fold(parse(ABOVE), late, week(2), WEEKLY).states == ()
    assert len(fold(parse(ABOVE), late, week(2) + timedelta(days=2), WEEKLY).states) == 1
    local = [Reading(date(2026, 1, 5), date(2026, 1, 14), Decimal(71))]
    tokyo = Cadence.of("weekly", time_zone="Asia/Tokyo")
    assert fold(parse(ABOVE), local, datetime(2026, 1, 13, 14, 59, tzinfo=UTC), tokyo).states == ()
    assert len(fold(parse(ABOVE), local, datetime(2026, 1, 13, 15, tzinfo=UTC), tokyo).states) == 1


def test_conditions_share_a_history():
    history = History(weeks("71 . 60/2"), week(5), WEEKLY, 5)
    shared = [fold_history(parse(spec), history) for spec in (ABOVE, ABOVE | {"no_data": "breach"}, BELOW)]
    alone = [
        fold(parse(spec), weeks("71 . 60/2"), week(5), WEEKLY, Context(minimum_sample=5))
        for spec in (ABOVE, ABOVE | {"no_data": "breach"}, BELOW)
    ]
    assert shared == alone
    assert [len(folded.states) for folded in shared] == [3, 4, 3]


def test_a_gap_of_two_hundred_thousand_periods_and_no_more():
    cadence, begin = Cadence.of("PT1S"), datetime(2026, 1, 1, tzinfo=UTC)
    for length in (200_000, 200_001):
        moments = (begin, begin + timedelta(seconds=length + 1))
        readings = [Reading(moment, moment + timedelta(seconds=1), Decimal(1)) for moment in moments]
        if length == 200_000:
            assert len(fold(parse(ABOVE), readings, begin + timedelta(days=9), cadence).states) == 200_002
        else:
            with pytest.raises(ValueError, match="gap of 200001 periods"):
                fold(parse(ABOVE), readings, begin + timedelta(days=9), cadence)


LISBON = Cadence.of("daily", time_zone="Europe/Lisbon")


def from_day_before_the_clock_changes(values: str) -> list[Reading]:
    """Days from 27 March 2026 on; the clock goes forward on Sunday, the 29th, which has 23 hours."""
    first = LISBON.index(datetime(2026, 3, 27, 12, tzinfo=UTC))
    return [Reading(*LISBON.period(first + place), Decimal(value)) for place, value in enumerate(values.split())]


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        ({"sustained": "P2D"}, "71 71 71 60", "p p B o"),
        ({"sustained": "PT48H"}, "71 71 71 71", "p p p B"),
        ({"clear": {"sustained": "P2D"}}, "71 60 60 60 60", "B r r o o"),
        ({"clear": {"sustained": "PT48H"}}, "71 60 60 60 60", "B r r r o"),
    ],
)
def test_days_are_local_days_and_hours_are_hours_when_the_clock_changes(spec, values, expected):
    folded = fold(
        parse(ABOVE | spec), from_day_before_the_clock_changes(values), datetime(2026, 5, 1, tzinfo=UTC), LISBON
    )
    assert letters(folded) == expected


@pytest.mark.parametrize(("cooldown", "count"), [("P2D", 1), ("PT47H", 1), ("PT46H", 2), ("P1D", 2)])
def test_a_cooldown_counts_local_days_when_the_clock_changes(cooldown, count):
    readings = from_day_before_the_clock_changes("71 60 60 71")  # ended on the 28th, back on the 30th, 47 hours later
    folded = fold(parse(ABOVE | {"cooldown": cooldown}), readings, datetime(2026, 5, 1, tzinfo=UTC), LISBON)
    assert len(folded.episodes) == count
    assert (folded.episodes[-1].end, folded.episodes[-1].ending) == (None, None)


def test_neighbouring_periods_whose_stated_ends_do_not_meet_are_neighbours_still():
    readings = [Reading(week(number), week(number + 1) - timedelta(days=1), Decimal(71)) for number in (1, 2, 3)]
    assert letters(fold(parse(ABOVE | {"sustained": 2}), readings, week(9), WEEKLY)) == "p B B"
