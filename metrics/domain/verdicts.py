"""What each kind of condition makes of a metric's values: one verdict a period.

Comparisons of bounds are exact decimal comparisons; equality breaches only where the condition says inclusive.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from metrics.domain.clearing import clear_is_inclusive
from metrics.domain.kinds import Condition
from metrics.domain.timeline import BETWEEN, BREACH, CLEAR, Timeline


@dataclass(frozen=True, slots=True)
class Chart:
    """A control chart: centre and limits, and what is plotted per period (None where there is no value)."""

    centre: float
    lower: float
    upper: float
    points: tuple[float | None, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What the fold must be told beside the readings, as data."""

    minimum_sample: int | None = None  # of the metric's definition
    baseline: Decimal | None = None  # of the metric's definition


Verdicts = tuple[list[int], Chart | None]


def of_bound(condition: Condition, line: Timeline, context: Context) -> Verdicts:
    """Judge values against one bound, from above or from below."""
    bound, inclusive = condition.bound, condition.inclusive
    if bound is None:
        raise ValueError("A bound is missing.")
    stated = condition.clear.bound
    clear, clear_inclusive = (
        (bound, not inclusive) if stated is None else (stated, clear_is_inclusive(condition, condition.clear))
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
    low, high, inclusive = condition.low, condition.high, condition.inclusive
    if low is None or high is None:
        raise ValueError("A bound of the band is missing.")
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


VERDICTS: dict[str, Callable[[Condition, Timeline, Context], Verdicts]] = {
    "above": of_bound,
    "below": of_bound,
    "outside": of_band,
    "inside": of_band,
}
