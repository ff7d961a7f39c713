"""How often a condition would fire by chance alone, given the metric's own noise.

Method: the noise is taken as independent normal variation around the mean of the history, with sigma from the mean
moving range (2.66·MR̄/3, as on an XmR chart, so that drifts and steps of the level do not pass for noise). From the
chances of a breaching and of a clear value the expected number of firings over as many periods as there are values
follows exactly, by stepping the distribution over the condition's own states (run length, breach, clear run).
So it is for bounds and bands with counted periods. For durations, changes, charts and composites over the metric
itself the condition is folded over series drawn from that noise, always the same ones. Silence, forecasts, definitions
and parts on other metrics have no noise of the metric's own.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metrics.domain.charts import LIMIT_FACTOR, mean_moving_range
from metrics.domain.fold import Context, Reading, fold
from metrics.domain.kinds import BANDS, BOUNDS, COMPOSITES, Condition, stated, watched
from metrics.domain.periods import Cadence

LEAST_VALUES = 8
SURPRISE = 0.05
SAID_FROM = Decimal("0.05")
DRAWN_VALUES, FEWEST_DRAWS, LONGEST_DRAWN = 3_000, 4, 1_000
DRAWABLE = (*BOUNDS, *BANDS, "change", "process", "drift")


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


def noise_of(
    condition: Condition,
    readings: Sequence[Reading],
    fired: int,
    *,
    as_of: datetime,
    cadence: Cadence,
    context: Context,
) -> Noise | None:
    """Compare as `noise` does, for every kind that has a noise; `readings` come in order of their periods."""
    known = [reading for reading in readings if reading.value is not None]
    values = [reading.value for reading in known if reading.value is not None]
    if found := noise(condition, values, fired):
        return found
    if len(values) < LEAST_VALUES or not _drawable(condition):
        return None
    numbers = [float(value) for value in values]
    sigma = LIMIT_FACTOR * (mean_moving_range([numbers]) or 0.0) / 3
    if not sigma:
        return None
    drawn = known[:LONGEST_DRAWN]
    mean, dice = math.fsum(numbers) / len(numbers), random.Random(1)  # noqa: S311 - chance for arithmetic
    draws = max(FEWEST_DRAWS, DRAWN_VALUES // len(drawn))
    seen = sum(
        len(fold(condition, _drawn(drawn, mean, sigma, dice), as_of, cadence, context).episodes) for _ in range(draws)
    )
    expected = seen / draws * len(known) / len(drawn)
    return Noise(expected, fired, warning(expected, fired, len(known)))


def _drawable(condition: Condition) -> bool:
    if condition.kind in COMPOSITES:
        return not watched(condition) and all(map(_drawable, condition.parts))
    return condition.kind in DRAWABLE


def _drawn(readings: Sequence[Reading], mean: float, sigma: float, dice: random.Random) -> list[Reading]:
    return [reading._replace(value=Decimal(f"{dice.gauss(mean, sigma):.6f}")) for reading in readings]


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


def times_words(expected: float | Decimal) -> str:
    """Write how often noise would fire, the same wherever it is said: kept replays have it to two places."""
    kept = Decimal(str(round(expected, 2)))
    return f"about {kept:.1f} times" if kept >= SAID_FROM else "hardly ever"


def warning(expected: float, fired: int, periods: int) -> str:
    """Say what is odd about so many firings, or ''; counts by chance are taken as Poisson, odd is less than 1 in 20."""
    if expected >= 1:
        return (
            f"Noise alone would fire this {times_words(expected)} in {periods} periods: "
            "the bound lies within the metric's ordinary variation."
        )
    if fired and _at_least(fired, expected) < SURPRISE:
        times = "once" if fired == 1 else f"{fired} times"
        return (
            f"It would have fired {times}, more than the metric's noise explains ({times_words(expected)}): "
            "something moved it."
        )
    return ""


def _at_least(count: int, expected: float) -> float:
    """Return the chance of a Poisson count this high or higher."""
    return 1 - math.fsum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(count))
