"""What a dossier keeps of a replay, and when it no longer tells."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from decisions.domain import backtests
from decisions.domain import conditions as c
from decisions.domain import dossier as d
from decisions.domain.breaking import spec_of
from decisions.figures import replay_figure
from metrics.domain.backtesting import tried
from metrics.domain.conditions import parse
from metrics.domain.fold import Context, Reading
from metrics.domain.periods import Cadence
from tests.factories.dossiers import condition

WEEKLY = Cadence.of("weekly")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def readings(values):
    weeks = [MONDAY + timedelta(weeks=week) for week in range(len(values))]
    pairs = zip(weeks, values, strict=True)
    return [Reading(at, at + timedelta(weeks=1), None if v is None else Decimal(str(v))) for at, v in pairs]


def kept(given: d.BreakCondition, values, *, with_values=True) -> d.BreakCondition:
    """The condition with what a replay over weekly values makes of it."""
    past = readings(values)
    as_of = MONDAY + timedelta(weeks=len(values))
    found = tried(parse(spec_of(given)), past, as_of, WEEKLY, Context())
    made = backtests.made(
        given,
        found,
        past,
        at=as_of.date(),
        day=lambda moment: moment.date(),
        data="growth 1",
        definition_version=2,
        with_values=with_values,
    )
    return dataclasses.replace(given, backtest=made)


def test_a_replay_is_kept_in_figures_episodes_and_values():
    replay = kept(condition(bound=Decimal(10), sustained=2), [5, 12, 13, 4, None, 5, 11, 12, 6, 5]).backtest
    assert (replay.values, replay.periods, replay.fired, replay.share) == (9, 10, 2, Decimal("20.0"))
    assert replay.delay_days == 7
    assert [(each.start, each.fired, each.end) for each in replay.episodes] == [
        (date(2026, 1, 12), date(2026, 1, 19), date(2026, 1, 26)),
        (date(2026, 2, 16), date(2026, 2, 23), date(2026, 3, 2)),
    ]
    assert [point.value for point in replay.points][3:6] == [4, None, 5]
    assert (replay.first, replay.last) == (date(2026, 1, 5), date(2026, 3, 9))
    assert (replay.as_of, replay.definition_version, replay.going_on) == (date(2026, 3, 16), 2, False)


def test_values_of_a_confidential_metric_are_not_kept():
    replay = kept(condition(), [5, 12, 13], with_values=False).backtest
    assert (replay.points, replay.fired) == ((), 1)


@pytest.mark.parametrize(
    ("change", "data", "words"),
    [
        ({}, "growth 1", ""),
        ({"severity": "critical"}, "growth 1", ""),
        ({"bound": Decimal("10.0")}, "growth 1", ""),
        ({"bound": Decimal(11)}, "growth 1", "The condition was changed"),
        ({"sustained": 2}, "growth 1", "The condition was changed"),
        ({"metric": "inflow"}, "growth 1", "The condition was changed"),
        ({"gap": "skip"}, "growth 1", "The condition was changed"),
        ({"bound": None}, "growth 1", "The condition was changed"),
        ({}, "growth 2", "Values or definitions have changed"),
    ],
)
def test_a_replay_is_stale_once_the_predicate_or_the_data_changed(change, data, words):
    given = dataclasses.replace(kept(condition(), [5, 12, 5]), **change)
    assert backtests.stale_because(given, data).startswith(words)
    assert bool(backtests.stale_because(given, data)) == bool(words)


def test_what_was_never_replayed_is_not_stale():
    assert backtests.stale_because(condition(), "growth 1") == ""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "There is no history to replay it over yet."),
        ([5], "It would not have fired in 1 settled period."),
        ([5, 11, 5, 5], "It would have fired once in 4 settled periods and been broken 25 % of the time."),
        (
            [11, 5, 11],
            "It would have fired 2 times in 3 settled periods and been broken 66.7 % of the time; it is broken now.",
        ),
    ],
)
def test_the_outcome_is_a_sentence(values, words):
    assert backtests.outcome(kept(condition(), values).backtest) == words


def test_a_long_history_is_thinned_without_losing_a_peak():
    values = [5.0] * 10_000
    values[4321], values[7777] = 99.0, -99.0
    thin = backtests.thinned(readings(values))
    assert len(thin) <= backtests.MOST_POINTS
    assert {99, -99} <= {reading.value for reading in thin}
    starts = [reading.period_start for reading in thin]
    assert starts == sorted(starts)


def test_only_the_newest_episodes_are_kept():
    replay = kept(condition(), [5, 11] * 60).backtest
    assert (replay.fired, len(replay.episodes)) == (60, backtests.MOST_EPISODES)
    assert replay.episodes[-1].fired == date(2028, 4, 17)


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        (condition(clear=d.Clear(bound=Decimal(8))), ["Break 10", "Over again 8"]),
        (
            d.BreakCondition(
                id="c1", metric="x", kind="process", process=c.Process(rules=(1,)), baseline=c.Window(periods=8)
            ),
            ["Lower limit", "Centre", "Upper limit"],
        ),
        (
            d.BreakCondition(
                id="c1", metric="x", kind="drift", drift=c.Drift(chart="cusum"), baseline=c.Window(periods=8)
            ),
            [],
        ),
    ],
)
def test_the_chart_has_bounds_or_control_limits_and_shades_the_breach(given, labels):
    given = kept(given, [5, 6, 5, 7, 5, 6, 5, 6, 30, 31, 5, 6])
    figure = replay_figure(given, given.backtest, name="Growth", unit="%", sentence="when it is")
    assert figure is not None
    assert [label for label in labels if label not in figure.wide] == []
    assert 'class="shade"' in figure.wide
