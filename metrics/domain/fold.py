"""A condition's state as a pure function of its definition and the current observations.

Live evaluation, backtest and rebuild all call `fold`; what is stored about a condition is a cache of what it returns.
It reads no clock: `as_of` says which periods have settled, and nothing else. See `accumulator` for the rules of
runs, clearing and gaps, `timeline` for periods and silence, `verdicts` for what each kind makes of a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from metrics.domain.accumulator import Accumulator, Episode
from metrics.domain.chart_verdicts import Chart
from metrics.domain.kinds import COMPOSITES, Condition, Definition, Health, Stale, State, detail_of
from metrics.domain.periods import Cadence, Duration
from metrics.domain.timeline import BREACH, CLEAR, ERROR, INSUFFICIENT, MISSING, History, Reading, Timeline
from metrics.domain.verdicts import VERDICTS, Context, Series

__all__ = [
    "Chart",
    "Context",
    "Episode",
    "Folded",
    "Health",
    "History",
    "Reading",
    "Series",
    "State",
    "fold",
    "fold_history",
    "next_look",
]

EMPTY = Context()
WORST_FIRST = (Health.ERROR, Health.NO_DATA, Health.INSUFFICIENT, Health.FRESH)


@dataclass(frozen=True, slots=True)
class Folded:
    """What the observations make of a condition: per settled period its start and state, then the sum of it.

    `verdicts` are those the states were made from (see `timeline`), after the no-data policy.
    """

    periods: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    verdicts: tuple[int, ...]
    states: tuple[State, ...]
    episodes: tuple[Episode, ...]
    state: State
    health: Health
    chart: Chart | None = None

    @property
    def open_episode(self) -> Episode | None:
        """The episode that is going on, if any: at most the last one."""
        return self.episodes[-1] if self.episodes and self.episodes[-1].end is None else None


def fold(
    condition: Condition, readings: Sequence[Reading], as_of: datetime, cadence: Cadence, context: Context = EMPTY
) -> Folded:
    """Evaluate a condition over a metric's current readings, in any order, as known at `as_of` (an aware time).

    Two readings of one period are a ValueError: pass only the newest revision of each.
    """
    return fold_history(condition, History(readings, as_of, cadence, context.minimum_sample), context)


def fold_history(condition: Condition, history: History, context: Context = EMPTY) -> Folded:
    """Evaluate a condition over a history that other conditions share."""
    if condition.kind == "definition":
        return _fold_definition(condition, history.as_of, history.cadence, context)
    line = history.line(to_the_end=_silence_counts(condition))
    if condition.kind in COMPOSITES:
        return _fold_composite(condition, line, history, context)
    verdicts, chart = VERDICTS[condition.kind](condition, line, context)
    return _folded(condition, line, verdicts, _health(line, verdicts), chart)


def _folded(condition: Condition, line: Timeline, verdicts: list[int], health: Health, chart: Chart | None) -> Folded:
    machine = Accumulator(condition, line.cadence)
    counted = with_policy(verdicts, condition.no_data)
    states = machine.advance(line.starts, line.ends, counted)
    return Folded(
        tuple(line.starts), tuple(line.ends), tuple(counted), tuple(states), tuple(machine.episodes), machine.state,
        health, chart,
    )  # fmt: skip


def with_policy(verdicts: list[int], no_data: str) -> list[int]:
    """Apply the no-data policy: a missing period breaches, or is clear; under `hold` it stays without a verdict."""
    if no_data == "hold":
        return verdicts
    counted = BREACH if no_data == "breach" else CLEAR
    return [counted if verdict == MISSING else verdict for verdict in verdicts]


def next_look(condition: Condition, as_of: datetime, cadence: Cadence) -> datetime:
    """Return the next moment at which time alone, without any new value, can change what the fold says."""
    moments = [_next_settling(as_of, cadence)]
    moments += [next_look(part, as_of, cadence) for part in condition.parts]
    if isinstance(condition.detail, Stale):
        moments.append(_next_overdue(condition.detail.grace, as_of, cadence))
    return min(moments)


@lru_cache(maxsize=256)  # one moment and a few cadences serve a whole sweep
def _next_settling(as_of: datetime, cadence: Cadence) -> datetime:
    """Return when the next period will have settled."""
    return cadence.settled_at(cadence.start_of(cadence.last_settled(as_of) + 2))


def _next_overdue(grace: int | Duration, as_of: datetime, cadence: Cadence) -> datetime:
    """Return the first moment after `as_of` at which the grace of some period ends."""

    def overdue(index: int) -> datetime:
        return cadence.settled_at(cadence.beyond(cadence.start_of(index + 1), grace))

    return overdue(cadence.first_after(as_of, overdue))


def _silence_counts(condition: Condition) -> bool:
    """Say whether periods after the last reading could change anything."""
    return condition.no_data != "hold" or condition.kind == "stale" or any(map(_silence_counts, condition.parts))


def _health(line: Timeline, verdicts: list[int]) -> Health:
    health = line.health()
    if health is Health.FRESH and verdicts[-1] == ERROR:
        return Health.ERROR
    return Health.INSUFFICIENT if health is Health.FRESH and verdicts[-1] == INSUFFICIENT else health


def _fold_definition(condition: Condition, as_of: datetime, cadence: Cadence, context: Context) -> Folded:
    """Evaluate the definition's versions: each counts from the moment it came in force, without waiting for a period.

    Versions before the one that the decision rests on are history; so every later one breaches, and going back clears.
    """
    pinned = detail_of(condition, Definition).version
    versions = sorted((version for version in context.versions if version[0] <= as_of), key=lambda version: version[0])
    numbers = [number for _, number in versions]
    versions = versions[numbers.index(pinned) :] if pinned in numbers else versions
    line = Timeline(cadence, as_of)
    line.starts = line.ends = [at for at, _ in versions]
    verdicts = [CLEAR if number == pinned else BREACH for _, number in versions]
    return _folded(condition, line, verdicts, Health.FRESH if versions else Health.NO_DATA, None)


def _fold_composite(condition: Condition, line: Timeline, history: History, context: Context) -> Folded:
    """Evaluate all / any of the parts: a part counts in every period in which an episode of its own is open.

    Each part has its own rules; the composite's `sustained` and `clear` then run over the joint verdict, at the ends
    of the periods of the composite's own metric. A period in which no part had anything to go by is missing. Where a
    part watches another metric that was not passed in, the composite is in error and holds.
    """
    parts = []
    for part in condition.parts:
        if part.metric and part.metric not in context.others:
            return _folded(condition, line, [ERROR] * len(line.starts), Health.ERROR, None)
        other = context.others.get(part.metric)
        if other is None:
            parts.append(fold_history(part, history, context))
        else:
            parts.append(fold(part, other.readings, line.as_of, other.cadence, other.context))
    joined = all if condition.kind == "all" else any
    columns = [_at_ends(part, line.ends) for part in parts]
    verdicts = []
    for moment in zip(*columns, strict=True):
        live = any(heard for _, heard in moment)
        verdicts.append((BREACH if joined(broken for broken, _ in moment) else CLEAR) if live else MISSING)
    health = min((part.health for part in parts), key=WORST_FIRST.index)
    return _folded(condition, line, verdicts, health, None)


def _at_ends(part: Folded, ends: Sequence[datetime]) -> list[tuple[bool, bool]]:
    """Return, at each of these moments: whether the part's episode is open, and whether it heard anything new."""
    column, position, broken = [], 0, False
    for end in ends:
        heard = False
        while position < len(part.ends) and part.ends[position] <= end:
            heard = heard or part.verdicts[position] >= 0
            broken = part.states[position] in (State.BREACHED, State.RECOVERING)
            position += 1
        column.append((broken, heard))
    return column
