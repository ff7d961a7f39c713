"""What each kind of condition makes of a metric's values: one verdict a period.

Comparisons of bounds are exact decimal comparisons; equality breaches only where the condition says inclusive.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context as DecimalContext
from decimal import Decimal

from metrics.domain.chart_verdicts import Verdicts, of_drift, of_process
from metrics.domain.clearing import clear_is_inclusive
from metrics.domain.forecasting import chances
from metrics.domain.kinds import Change, Condition, Forecast, Stale, detail_of, stated
from metrics.domain.periods import Cadence
from metrics.domain.smoothing import season_of
from metrics.domain.timeline import BETWEEN, BREACH, CLEAR, ERROR, INSUFFICIENT, Reading, Timeline

EXACT = DecimalContext(prec=120)  # enough for products of any two numbers that `fields.exact` lets through


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What the fold must be told beside the readings, as data."""

    minimum_sample: int | None = None  # of the metric's definition
    baseline: Decimal | None = None  # of the metric's definition
    outlooks: Mapping[datetime, Decimal] | None = None  # period start (UTC) → probability; None: forecast here
    versions: Sequence[tuple[datetime, int | None]] = ()  # (in force from, definition's number; None: retired)
    others: "Mapping[str, Series]" = field(default_factory=dict)  # metric key → its data, for parts of composites


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Another metric that a part of a composite watches."""

    readings: Sequence[Reading]
    cadence: Cadence
    context: Context = Context()


def of_bound(condition: Condition, line: Timeline, context: Context) -> Verdicts:
    """Judge values against one bound, from above or from below."""
    bound, inclusive = stated(condition.bound), condition.inclusive
    own = condition.clear.bound
    clear, clear_inclusive = (
        (bound, not inclusive) if own is None else (own, clear_is_inclusive(condition, condition.clear))
    )
    above = condition.kind == "above"
    verdicts = []
    for position, value in enumerate(line.values):
        if value is None:
            verdicts.append(line.nothing(position))
        elif (value > bound if above else value < bound) or (inclusive and value == bound):
            verdicts.append(BREACH)
        elif (value < clear if above else value > clear) or (clear_inclusive and value == clear):
            verdicts.append(CLEAR)
        else:
            verdicts.append(BETWEEN)
    return verdicts, None


def of_band(condition: Condition, line: Timeline, context: Context) -> Verdicts:
    """Judge values against a band that may not be left (outside), or not be entered (inside)."""
    low, high, inclusive = stated(condition.low), stated(condition.high), condition.inclusive
    clear = condition.clear
    clear_low, clear_high = (low, high) if clear.low is None or clear.high is None else (clear.low, clear.high)
    clear_inclusive = clear_is_inclusive(condition, clear)
    leaving = condition.kind == "outside"
    verdicts = []
    for position, value in enumerate(line.values):
        if value is None:
            verdicts.append(line.nothing(position))
        elif (_left if leaving else _within)(value, low, high, inclusive):
            verdicts.append(BREACH)
        elif (_within if leaving else _left)(value, clear_low, clear_high, clear_inclusive):
            verdicts.append(CLEAR)
        else:
            verdicts.append(BETWEEN)
    return verdicts, None


def _left(value: Decimal, low: Decimal, high: Decimal, inclusive: bool) -> bool:
    return value < low or value > high or (inclusive and value in (low, high))


def _within(value: Decimal, low: Decimal, high: Decimal, inclusive: bool) -> bool:
    return low < value < high or (inclusive and value in (low, high))


def of_change(condition: Condition, line: Timeline, context: Context) -> Verdicts:
    """Judge the signed change in percent of |base|; a base of 0 is an error, a base that is not there insufficient."""
    change = detail_of(condition, Change)
    fixed = change.baseline if change.baseline is not None else context.baseline
    verdicts = []
    for position, value in enumerate(line.values):
        if change.periods is None:
            base = fixed
        else:
            base = line.values[position - change.periods] if position >= change.periods else None
        if value is None:
            verdicts.append(line.nothing(position))
        elif base is None:
            verdicts.append(INSUFFICIENT if change.periods else ERROR)
        elif not base:
            verdicts.append(ERROR)
        else:
            verdicts.append(BREACH if _changed(change, value, base, condition.inclusive) else CLEAR)
    return verdicts, None


def _changed(change: Change, value: Decimal, base: Decimal, inclusive: bool) -> bool:
    """Compare 100·(value − base) with percent·|base|, exactly and without a division."""
    size = EXACT.multiply(EXACT.subtract(value, base), Decimal(100))
    limit = EXACT.multiply(change.percent, abs(base))
    signed = {"rise": size, "fall": -size, "either": abs(size)}[change.direction]
    return signed > limit or (inclusive and signed == limit)


def of_stale(condition: Condition, line: Timeline, context: Context) -> Verdicts:
    """Judge silence: a period is stale once a due value has been missing for the grace.

    The value of the first silent period is due when that period has settled, plus the grace. A silent period breaches
    if that moment comes before the next period ends, for the last one: if it has come. A value, however small its
    sample, ends the silence; a silence within the grace is clear.
    """
    stale = detail_of(condition, Stale)
    cadence, last = line.cadence, len(line.values) - 1
    verdicts: list[int] = []
    due: datetime | None = None
    for position, value in enumerate(line.values):
        if value is not None or position in line.lacking:
            due = None
            verdicts.append(CLEAR)
            continue
        due = due or cadence.beyond(line.ends[position], stale.grace)
        late = line.ends[position + 1] > due if position < last else cadence.settled_at(due) <= line.as_of
        verdicts.append(BREACH if late else CLEAR)
    return verdicts, None


def of_forecast(condition: Condition, line: Timeline, context: Context) -> Verdicts:
    """Judge the chance of crossing the bound; no history, or no forecast for the period, is insufficient.

    The chances are those passed in, or else those that `forecasting` makes of the values up to each period.
    """
    forecast = detail_of(condition, Forecast)
    known = _forecast(forecast, line) if context.outlooks is None else context.outlooks
    verdicts, history = [], 0
    for position, value in enumerate(line.values):
        if value is None:
            verdicts.append(line.nothing(position))
            continue
        history += 1
        chance = known.get(line.starts[position])
        if chance is None or history < forecast.minimum_history:
            verdicts.append(INSUFFICIENT)
        else:
            verdicts.append(BREACH if chance >= forecast.probability else CLEAR)
    return verdicts, None


def _forecast(forecast: Forecast, line: Timeline) -> dict[datetime, Decimal]:
    values = [None if value is None else float(value) for value in line.values]
    found = chances(
        values,
        bound=float(forecast.bound),
        above=forecast.side == "above",
        horizon=forecast.horizon,
        least=forecast.minimum_history,
        season=season_of(line.cadence),
    )
    return {start: Decimal(chance) for start, chance in zip(line.starts, found, strict=True) if chance is not None}


VERDICTS: dict[str, Callable[[Condition, Timeline, Context], Verdicts]] = {
    "above": of_bound,
    "below": of_bound,
    "outside": of_band,
    "inside": of_band,
    "change": of_change,
    "process": lambda condition, line, context: of_process(condition, line),
    "drift": lambda condition, line, context: of_drift(condition, line),
    "stale": of_stale,
    "forecast": of_forecast,
}
