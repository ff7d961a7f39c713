"""How often a condition would fire by chance alone, given the metric's own noise.

Method: the noise is taken as independent normal variation around the mean of the history, with sigma from the mean
moving range (2.66·MR̄/3, as on an XmR chart, so that drifts and steps of the level do not pass for noise). From the
chances of a breaching and of a clear value the expected number of firings over as many periods as there are values
follows exactly, by stepping the distribution over the condition's own states (run length, breach, clear run).
It is given for bounds and bands with counted periods; a chart has its noise built in, other kinds have none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.domain.charts import LIMIT_FACTOR, mean_moving_range
from metrics.domain.kinds import BANDS, BOUNDS, Condition, stated

LEAST_VALUES = 8
SURPRISE = 0.05


@dataclass(frozen=True, slots=True)
class Noise:
    """Firings expected by chance, and a warning where the condition cries wolf or where noise cannot explain it."""

    expected: float
    fired: int
    warning: str


def noise(condition: Condition, values: Sequence[Decimal], fired: int) -> Noise | None:
    """Compare how often a condition fired with what chance explains; None where that cannot be said."""
    if condition.kind not in (*BOUNDS, *BANDS) or len(values) < LEAST_VALUES:
        return None
    sustained, clear_sustained = condition.sustained, condition.clear.sustained
    if not isinstance(sustained, int) or not isinstance(clear_sustained, int):
        return None
    numbers = [float(value) for value in values]
    sigma = LIMIT_FACTOR * (mean_moving_range([numbers]) or 0.0) / 3
    if not sigma:
        return None
    breach, clear = chances(condition, math.fsum(numbers) / len(numbers), sigma)
    expected = expected_firings(len(numbers), breach, clear, sustained, clear_sustained)
    return Noise(expected, fired, warning(expected, fired, len(numbers)))


def chances(condition: Condition, mean: float, sigma: float) -> tuple[float, float]:
    """Return the chances that one normal value breaches, and that it is clear."""
    if condition.kind in BOUNDS:
        bound = float(stated(condition.bound))
        clear_bound = bound if condition.clear.bound is None else float(condition.clear.bound)
        below, clear_below = _below(bound, mean, sigma), _below(clear_bound, mean, sigma)
        return (1 - below, clear_below) if condition.kind == "above" else (below, 1 - clear_below)
    low, high = float(stated(condition.low)), float(stated(condition.high))
    clear = condition.clear
    clear_low, clear_high = (
        (low, high) if clear.low is None or clear.high is None else map(float, (clear.low, clear.high))
    )
    within = _below(high, mean, sigma) - _below(low, mean, sigma)
    clear_within = _below(clear_high, mean, sigma) - _below(clear_low, mean, sigma)
    return (1 - within, clear_within) if condition.kind == "outside" else (within, 1 - clear_within)


def expected_firings(periods: int, breach: float, clear: float, sustained: int, clear_sustained: int) -> float:
    """Return the expected number of firings, by stepping the chances of every state of the condition."""
    runs = [1.0] + [0.0] * (sustained - 1)  # not in breach, by length of the run so far
    clears = [0.0] * clear_sustained  # in breach, by length of the clear run so far
    expected = 0.0
    for _ in range(periods):
        fires, ends = runs[-1] * breach, clears[-1] * clear
        quiet, broken = sum(runs), sum(clears)
        runs = [quiet * (1 - breach) + ends, *(chance * breach for chance in runs[:-1])]
        clears = [broken * (1 - clear) + fires, *(chance * clear for chance in clears[:-1])]
        expected += fires
    return expected


def _below(bound: float, mean: float, sigma: float) -> float:
    return (1 + math.erf((bound - mean) / (sigma * math.sqrt(2)))) / 2


def warning(expected: float, fired: int, periods: int) -> str:
    """Say what is odd about so many firings, or ''; counts by chance are taken as Poisson, odd is less than 1 in 20."""
    if expected >= 1:
        return (
            f"Noise alone would fire this about {expected:.1f} times in {periods} periods: "
            "the bound lies within the metric's ordinary variation."
        )
    if fired and _at_least(fired, expected) < SURPRISE:
        times = "once" if fired == 1 else f"{fired} times"
        return f"It would have fired {times}; the metric's noise explains about {expected:.1f}."
    return ""


def _at_least(count: int, expected: float) -> float:
    """Return the chance of a Poisson count this high or higher."""
    return 1 - math.fsum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(count))
