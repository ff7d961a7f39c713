"""A condition's state as a pure function of its definition and the current observations.

Live evaluation, backtest and rebuild all call `fold`; what is stored about a condition is a cache of what it returns.
It reads no clock: `as_of` says which periods have settled, and nothing else. See `accumulator` for the rules of
runs, clearing and gaps, `timeline` for periods and silence, `verdicts` for what each kind makes of a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from metrics.domain.accumulator import Accumulator, Episode
from metrics.domain.kinds import Condition, Health, State
from metrics.domain.periods import Cadence
from metrics.domain.timeline import ERROR, INSUFFICIENT, MISSING, Reading, Timeline, lay_out
from metrics.domain.verdicts import VERDICTS, Chart, Context

__all__ = ["Chart", "Context", "Episode", "Folded", "Health", "Reading", "State", "fold"]

EMPTY = Context()


@dataclass(frozen=True, slots=True)
class Folded:
    """What the observations make of a condition: per settled period its start and state, then the sum of it."""

    periods: tuple[datetime, ...]
    ends: tuple[datetime, ...]
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
    to_the_end = condition.no_data != "hold"
    line = lay_out(readings, as_of, cadence, context.minimum_sample, to_the_end=to_the_end)
    verdicts, chart = VERDICTS[condition.kind](condition, line, context)
    machine = Accumulator(condition, cadence)
    states = machine.advance(line.starts, line.ends, with_policy(verdicts, condition.no_data))
    return Folded(
        periods=tuple(line.starts),
        ends=tuple(line.ends),
        states=tuple(states),
        episodes=tuple(machine.episodes),
        state=machine.state,
        health=_health(line, verdicts),
        chart=chart,
    )


def with_policy(verdicts: list[int], no_data: str) -> list[int]:
    """Apply the no-data policy: a missing period breaches, or is clear; under `hold` it stays without a verdict."""
    if no_data == "hold":
        return verdicts
    counted = 2 if no_data == "breach" else 0
    return [counted if verdict == MISSING else verdict for verdict in verdicts]


def _health(line: Timeline, verdicts: list[int]) -> Health:
    health = line.health()
    if health is Health.FRESH and verdicts[-1] == ERROR:
        return Health.ERROR
    return Health.INSUFFICIENT if health is Health.FRESH and verdicts[-1] == INSUFFICIENT else health
