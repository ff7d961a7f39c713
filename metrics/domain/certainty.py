"""Whether the latest value of a metric says more than chance would: by its sample size, else by its own variation.

A share of so many cases has an interval (Wilson's), and its change since the period before and since the baseline a
p-value; where both are asked, Holm's correction is made. A metric without sample sizes is held against the limits of
its own moving range, as on an XmR chart (2.66·MR̄ around the mean of the values before, 3.27·MR̄ for one step).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from metrics.domain.charts import LIMIT_FACTOR
from metrics.domain.noise import LEAST_VALUES
from metrics.domain.statistics import ALPHA, Interval, Share, holm, newcombe, share_differs, share_differs_from, wilson

STEP_FACTOR = 3.267  # upper limit of a moving range of two, D₄ of the textbooks
LONGEST_PAST = 24  # older values may be of another level
SCALES = {"%": 100.0, "percent": 100.0, "ratio": 1.0, "share": 1.0}


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of the latest value from something before, and whether it is more than chance."""

    since: str  # previous | baseline
    before: float
    gap: float
    real: bool
    interval: Interval | None = None  # of the difference, where what was before is a sample too
    chance: float | None = None  # p-value, corrected for how many changes were looked at


@dataclass(frozen=True, slots=True)
class Ordinary:
    """The range in which a metric keeps by itself, from so many values before the latest."""

    low: float
    high: float
    values: int
    inside: bool
    step: Change


def scale_of(unit: str, values: Sequence[float]) -> float | None:
    """Return what stands for the whole in a metric of shares; None where the unit or a value says that it is none."""
    whole = SCALES.get(unit.strip().casefold())
    return whole if whole and all(0 <= value <= whole for value in values) else None


def changes_of(latest: Share, previous: Share | None, baseline: float | None) -> list[Change]:
    """Return the changes since the period before and since the baseline, with p-values as Holm corrects them."""
    found: list[tuple[str, float, Interval | None, float]] = []
    if previous is not None:
        gap = newcombe(latest, previous)
        found.append(("previous", previous.proportion, gap, share_differs(latest, previous)))
    if baseline is not None:
        found.append(("baseline", baseline, None, share_differs_from(latest, baseline)))
    corrected = holm([chance for *_, chance in found])
    return [
        Change(since, before, latest.proportion - before, chance < ALPHA, interval, chance)
        for (since, before, interval, _), chance in zip(found, corrected, strict=True)
    ]


def share_interval(value: float, cases: int, whole: float) -> Interval:
    """Return the interval of a recorded share in the metric's own unit."""
    found = wilson(Share(value / whole, cases))
    return Interval(value, found.low * whole, found.high * whole, found.level)


def ordinary(past: Sequence[float], latest: float) -> Ordinary | None:
    """Return the range a metric keeps by itself, by the values before the latest; None where those are too few."""
    known = list(past)[-LONGEST_PAST:]
    if len(known) < LEAST_VALUES:
        return None
    step = math.fsum(abs(after - before) for before, after in pairwise(known)) / (len(known) - 1)
    if not step:
        return None
    centre = math.fsum(known) / len(known)
    low, high = centre - LIMIT_FACTOR * step, centre + LIMIT_FACTOR * step
    gap = latest - known[-1]
    change = Change("previous", known[-1], gap, abs(gap) > STEP_FACTOR * step)
    return Ordinary(low, high, len(known), low <= latest <= high, change)
