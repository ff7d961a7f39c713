"""Change, stale, forecast, definition and composites: values (or data) → states."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from metrics.domain.conditions import parse
from metrics.domain.fold import Context, Health, Series, State, fold, next_look
from metrics.domain.periods import Cadence
from tests.metrics.domain.notation import WEEKLY, episodes, letters, replay, states, week, weeks

RISE = {"kind": "change", "percent": 10, "against": 1}


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        (RISE, "100 110 121.1 100", "o o B o"),
        (RISE | {"inclusive": True}, "100 110 121.1 100", "o B B o"),
        (RISE | {"percent": -10}, "100 90 80.9 80.9", "o o B o"),
        (RISE | {"direction": "fall"}, "100 89 89", "o B o"),
        (RISE | {"direction": "either"}, "100 89 100 111 111", "o B B B o"),
        (RISE, "-100 -90 -80 -100", "o o B o"),
        (RISE | {"percent": -10}, "-100 -110 -122 -100", "o o B o"),
        (RISE | {"against": 2}, "100 50 111 55.1", "o o B B"),
        (RISE | {"against": "baseline", "baseline": 100}, "110 110.1 50", "o B o"),
        (RISE | {"against": "baseline", "baseline": -100}, "-91 -89", "o B"),
        (RISE | {"percent": "33.3"}, "3 4", "o B"),
        (RISE | {"percent": "0", "direction": "rise"}, "3 3 3.000000000000001", "o o B"),
        (RISE, "100 . 120 120", "o o o o"),
        (RISE | {"gap": "skip"}, "100 . 120 133", "o o o B"),
    ],
)
def test_change_is_signed_and_in_percent_of_the_size_of_the_base(spec, values, expected):
    assert states(spec, values) == expected


def test_a_change_is_compared_without_rounding():
    spec = {"kind": "change", "percent": "33.333333333333333333333333333", "against": 1}
    assert states(spec, "3 4 3 3.99999999999999999999999999") == "o B o o"


@pytest.mark.parametrize(
    ("values", "expected", "health"),
    [
        ("0 5", "o o", Health.ERROR),
        ("100 120 0 5", "o B o o", Health.ERROR),
        ("100 120 0 5 6", "o B o o B", Health.FRESH),
        ("100", "o", Health.INSUFFICIENT),
        ("100 . 120", "o o o", Health.INSUFFICIENT),
    ],
)
def test_a_base_of_zero_is_an_error_and_no_base_insufficient(values, expected, health):
    folded = replay(RISE, values)
    assert (letters(folded), folded.health) == (expected, health)


def test_the_definitions_baseline_is_the_base_where_the_condition_states_none():
    spec = RISE | {"against": "baseline"}
    assert states(spec, "60 100", baseline=Decimal(50)) == "B B"
    assert replay(spec, "60 100").health is Health.ERROR


@pytest.mark.parametrize(
    ("grace", "values", "after", "expected"),
    [
        ("P0D", "1 1 . 1", 0, "o o B o"),
        ("P0D", "1 . .", 0, "o B B"),
        ("P3D", "1 . . 1", 0, "o B B o"),
        ("P7D", "1 . . 1", 0, "o o B o"),
        ("P10D", "1 . . . 1", 0, "o o B B o"),
        ("P14D", "1 . . 1", 0, "o o o o"),
        ("P7D", "1", 0, "o"),
        ("P7D", "1", 1, "o o"),
        ("P7D", "1", 2, "o o B"),
        ("P0D", ". . 1", 0, "B B o"),
        ("P0D", "1 1/2 .", 0, "o o B"),
        (1, "1 . . 1", 0, "o o B o"),
        (2, "1 . . 1", 0, "o o o o"),
    ],
)
def test_silence_is_stale_after_cadence_and_grace(grace, values, after, expected):
    spec = {"kind": "stale", "grace": grace}
    assert states(spec, values, after=after, minimum_sample=5) == expected


def test_stale_waits_for_the_value_to_settle_and_for_the_whole_grace():
    cadence = Cadence.of("weekly", settle_after="P1D")
    spec = parse({"kind": "stale", "grace": "P2D"})
    moments = [datetime(2026, 1, day, hour, tzinfo=UTC) for day, hour in ((20, 0), (21, 23), (22, 0))]
    assert [fold(spec, weeks("1"), moment, cadence).state.value for moment in moments] == ["ok", "ok", "breached"]


def test_stale_data_is_reported_on_both_axes():
    folded = replay({"kind": "stale"}, "1 2", after=1)
    assert (folded.state, folded.health, episodes(folded)) == (State.BREACHED, Health.NO_DATA, [(3, 3, None)])


def test_the_next_look_is_when_the_next_period_settles():
    cadence = Cadence.of("weekly", settle_after="P1D")
    condition = parse({"kind": "above", "bound": 1})
    for day, hour, expected in ((12, 23, 13), (13, 0, 20), (19, 0, 20), (20, 0, 27)):
        looked = next_look(condition, datetime(2026, 1, day, hour, tzinfo=UTC), cadence)
        assert looked == datetime(2026, 1, expected, tzinfo=UTC)


@pytest.mark.parametrize("grace", ["P0D", "P3D", "P10D", "P60D", 1, 3])
@pytest.mark.parametrize("wrapped", [False, True])
def test_nothing_changes_by_itself_before_the_next_look(grace, wrapped):
    stale = {"kind": "stale", "grace": grace}
    condition = parse({"kind": "any", "parts": [stale]} if wrapped else stale)
    cadence = Cadence.of("weekly", settle_after="P1D")
    moment, state, looks = datetime(2026, 1, 14, tzinfo=UTC), State.OK, 0
    while state is State.OK:
        following = next_look(condition, moment, cadence)
        assert moment < following <= moment + timedelta(days=7)
        before = fold(condition, weeks("1"), following - timedelta(microseconds=1), cadence)
        assert before.state is state
        moment, looks = following, looks + 1
        state = fold(condition, weeks("1"), moment, cadence).state
    span = timedelta(weeks=grace) if isinstance(grace, int) else timedelta(days=int(grace[1:-1]))
    assert moment == datetime(2026, 1, 20, tzinfo=UTC) + span


def outlooks(chances: str) -> dict[datetime, Decimal]:
    return {week(place): Decimal(word) for place, word in enumerate(chances.split(), start=1) if word != "_"}


FORECAST = {"kind": "forecast", "bound": 70, "horizon": 4, "probability": "0.8", "minimum_history": 3}


@pytest.mark.parametrize(
    ("values", "chances", "expected", "health"),
    [
        ("1 1 1 1", "0.9 0.9 0.8 0.79", "o o B o", Health.FRESH),
        ("1 1", "0.9 0.9", "o o", Health.INSUFFICIENT),
        ("1 1 1 1", "_ _ 0.9 _", "o o B B", Health.INSUFFICIENT),
        ("1 1 1 .", "_ _ 0.9 0.1", "o o B B", Health.NO_DATA),
        ("1 . 1 1", "_ _ 0.9 0.9", "o o o B", Health.FRESH),
    ],
)
def test_a_forecast_breaches_by_the_probability_it_is_told_and_needs_a_history(values, chances, expected, health):
    folded = replay(FORECAST, values, outlooks=outlooks(chances))
    assert (letters(folded), folded.health) == (expected, health)


def test_a_forecast_that_nobody_passes_in_is_made_from_the_values_up_to_each_week():
    spec = FORECAST | {"minimum_history": 8, "probability": "0.5", "bound": 60}
    values = "40 42 44 46 48 50 52 54 56 58 59 59 50 40 30 20"
    folded = replay(spec, values)
    assert letters(folded).startswith("o o o o o o o ")
    assert 8 <= episodes(folded)[0][1] < 12
    assert folded.state is State.OK
    for count in range(1, 17):
        known = " ".join(values.split()[:count])
        assert replay(spec, known).states == folded.states[:count]


def at(day: int) -> datetime:
    return datetime(2026, 1, day, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([], ""),
        ([(at(1), 3)], "o"),
        ([(at(1), 3), (at(20), 4)], "o B"),
        ([(at(20), 4), (at(1), 3)], "o B"),
        ([(at(1), 1), (at(2), 2), (at(3), 3)], "o"),
        ([(at(1), 3), (at(2), 4), (at(3), 3)], "o B o"),
        ([(at(1), 3), (at(2), None)], "o B"),
        ([(at(1), 3), (at(31), 4)], "o"),
        ([(at(1), 3), (at(30), 4)], "o B"),
        ([(at(2), 3), (at(2), None)], "o B"),
        ([(at(1), 1)], "B"),
    ],
)
def test_a_definition_breaks_at_the_moment_another_version_comes_in_force(versions, expected):
    folded = fold(parse({"kind": "definition", "version": 3}), [], at(30), WEEKLY, Context(versions=versions))
    assert letters(folded) == expected
    assert folded.health is (Health.FRESH if versions else Health.NO_DATA)


def test_a_definitions_episode_begins_with_the_version():
    versions = [(at(1), 3), (at(7), 4)]
    folded = fold(parse({"kind": "definition", "version": 3}), [], at(8), WEEKLY, Context(versions=versions))
    assert (folded.open_episode.start, folded.open_episode.fired) == (at(7), at(7))


ABOVE = {"kind": "above", "bound": 70}
BELOW = {"kind": "below", "bound": 60}
HIGH = {"kind": "above", "bound": 80}


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        ({"kind": "any", "parts": [ABOVE, BELOW]}, "65 71 59 65", "o B B o"),
        ({"kind": "all", "parts": [ABOVE, HIGH]}, "65 71 81 71", "o o B o"),
        ({"kind": "any", "parts": [ABOVE, BELOW], "sustained": 2}, "65 71 59 65", "o p B o"),
        ({"kind": "any", "parts": [ABOVE | {"sustained": 2}, BELOW]}, "71 71 65 59", "o B o B"),
        ({"kind": "any", "parts": [ABOVE | {"clear": {"sustained": 2}}, BELOW]}, "71 65 65", "B B o"),
        ({"kind": "all", "parts": [ABOVE, HIGH], "clear": {"sustained": 2}}, "81 71 71", "B r o"),
        ({"kind": "any", "parts": [ABOVE, BELOW], "sustained": 2}, "71 . 71", "p p p"),
        ({"kind": "any", "parts": [ABOVE, BELOW], "sustained": 2, "gap": "skip"}, "71 . 71", "p p B"),
        ({"kind": "any", "parts": [ABOVE, BELOW], "no_data": "ok"}, "71 . 71", "B o B"),
        ({"kind": "any", "parts": [ABOVE | {"no_data": "breach"}]}, "65 . 65", "o B o"),
        ({"kind": "any", "parts": [{"kind": "all", "parts": [ABOVE, HIGH]}, BELOW]}, "71 81 59", "o B B"),
    ],
)
def test_a_composite_counts_its_parts_open_episodes(spec, values, expected):
    assert states(spec, values) == expected


def test_a_composite_notices_silence_if_a_part_does():
    spec = {"kind": "any", "parts": [ABOVE, {"kind": "stale", "grace": "P0D"}]}
    assert states(spec, "65", after=2) == "o B B"
    assert states({"kind": "any", "parts": [ABOVE, BELOW]}, "65", after=2) == "o"


def test_a_part_may_watch_another_metric_at_another_pace():
    daily = Cadence.of("daily")
    readings = [
        reading._replace(period_start=daily.containing(reading.period_start).start, period_end=None)
        for reading in weeks("1 9 1")
    ]
    spec = {"kind": "all", "parts": [ABOVE, {"kind": "above", "bound": 5, "metric": "inflow"}]}
    others = {"inflow": Series(readings=readings, cadence=daily)}
    assert states(spec, "71 71 71", others=others) == "o B o"


@pytest.mark.parametrize(
    ("values", "samples", "health"),
    [("71", 5, Health.FRESH), ("71/1", 5, Health.INSUFFICIENT), (".", 5, Health.NO_DATA), ("", 5, Health.NO_DATA)],
)
def test_a_composite_is_as_healthy_as_its_worst_part(values, samples, health):
    spec = {"kind": "any", "parts": [ABOVE, BELOW]}
    assert replay(spec, values, minimum_sample=samples).health is health


def test_a_part_whose_metric_is_not_there_holds_the_composite_in_error():
    spec = {"kind": "any", "parts": [ABOVE, BELOW | {"metric": "inflow"}]}
    folded = replay(spec, "71 71")
    assert (letters(folded), folded.health) == ("o o", Health.ERROR)


def test_the_worst_health_is_an_error_before_missing_data():
    spec = {"kind": "any", "parts": [RISE, {"kind": "above", "bound": 5, "metric": "inflow"}]}
    others = {"inflow": Series(readings=[], cadence=WEEKLY)}
    assert replay(spec, "0 5", others=others).health is Health.ERROR
    assert replay(spec, "1 5", others=others).health is Health.NO_DATA


@pytest.mark.parametrize("spec", [RISE, FORECAST, {"kind": "outside", "low": 1, "high": 99}])
def test_too_small_a_sample_is_not_missing_whatever_the_kind(spec):
    assert states(spec | {"no_data": "breach"}, "50 50 50/1 .", minimum_sample=5) == "o o o B"


def test_parts_are_judged_by_the_definition_of_the_metric_they_watch():
    change = {"kind": "change", "percent": 10, "against": "baseline"}
    own = {"kind": "any", "parts": [change]}
    assert states(own, "60", baseline=Decimal(50)) == "B"
    foreign = {"kind": "any", "parts": [change | {"metric": "inflow"}]}
    others = {"inflow": Series(readings=weeks("60"), cadence=WEEKLY, context=Context(baseline=Decimal(50)))}
    assert states(foreign, "1", others=others) == "B"


def test_a_part_is_not_broken_before_it_has_anything_to_go_by():
    spec = {"kind": "any", "parts": [BELOW, {"kind": "above", "bound": 5, "metric": "inflow"}]}
    others = {"inflow": Series(readings=weeks("_ _ 9"), cadence=WEEKLY)}
    assert states(spec, "65 65 65", others=others) == "o o B"


def test_a_forecast_of_its_own_begins_with_the_history_it_is_told():
    spec = FORECAST | {"bound": 0, "minimum_history": 5, "probability": 1}
    assert states(spec, "50 51 50 51 50 51") == "o o o o B B"
