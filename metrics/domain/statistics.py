"""How sure a figure is: intervals of proportions, of means and of their differences, and whether they are chance.

Proportions are between 0 and 1 here, counts of cases are whole or, where a recorded share was rounded, nearly so.
`level` is the confidence of an interval (0.95), a p-value is two-sided unless said otherwise.

Sources: E. B. Wilson, JASA 22, 1927; R. G. Newcombe, Statistics in Medicine 17, 1998, pages 857–872 (method 3, one
proportion) and 873–890 (method 10, the difference of two); B. L. Welch, Biometrika 34, 1947, with Satterthwaite's
degrees of freedom; S. Holm, Scandinavian Journal of Statistics 6, 1979; NIST/SEMATECH e-Handbook 1.3.5.2 and 1.3.5.3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from metrics.domain.quantiles import normal_quantile, normal_tail, t_quantile, t_tail

LEVEL = 0.95
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between two bounds, at a level of confidence."""

    estimate: float
    low: float
    high: float
    level: float = LEVEL

    def holds(self, value: float) -> bool:
        """Say whether a value lies in it, bounds included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Share:
    """A proportion of so many cases."""

    proportion: float
    cases: float

    def __post_init__(self) -> None:
        if not 0 <= self.proportion <= 1 or not self.cases > 0:
            raise ValueError("A share lies between 0 and 1, of at least one case.")


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of so many cases, with the standard deviation between them."""

    mean: float
    deviation: float
    cases: float

    def __post_init__(self) -> None:
        if not self.cases >= 2 or not self.deviation >= 0 or not math.isfinite(self.mean):
            raise ValueError("A mean needs at least two cases and a standard deviation of 0 or more.")

    @property
    def error(self) -> float:
        """Return the standard error."""
        return self.deviation / math.sqrt(self.cases)


def wilson(share: Share, level: float = LEVEL) -> Interval:
    """Return Wilson's score interval, which stays within 0 and 1 and holds also for few cases and for 0 of n."""
    z, n, p = _z(level), share.cases, share.proportion
    weight = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / weight
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / weight
    # At the very ends the bound is the end itself, which rounding would miss by a hair.
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return Interval(p, low, high, level)


def newcombe(share: Share, control: Share, level: float = LEVEL) -> Interval:
    """Return the interval of share − control, put together from the Wilson intervals of the two."""
    one, two = wilson(share, level), wilson(control, level)
    gap = share.proportion - control.proportion
    down = math.hypot(share.proportion - one.low, two.high - control.proportion)
    up = math.hypot(one.high - share.proportion, control.proportion - two.low)
    return Interval(gap, max(-1.0, gap - down), min(1.0, gap + up), level)


def mean_interval(given: Mean, level: float = LEVEL) -> Interval:
    """Return the interval of a mean by Student's t."""
    half = t_quantile((1 + level) / 2, given.cases - 1) * given.error
    return Interval(given.mean, given.mean - half, given.mean + half, level)


def welch(given: Mean, control: Mean, level: float = LEVEL) -> Interval:
    """Return the interval of given − control, whose deviations need not be alike."""
    gap = given.mean - control.mean
    error = math.hypot(given.error, control.error)
    half = t_quantile((1 + level) / 2, freedom_of(given, control)) * error if error else 0.0
    return Interval(gap, gap - half, gap + half, level)


def freedom_of(given: Mean, control: Mean) -> float:
    """Return Satterthwaite's degrees of freedom; those of the pooled test where neither varies."""
    one, two = given.error**2, control.error**2
    if not one + two:
        return given.cases + control.cases - 2
    # In shares of the whole, so that neither very small nor very large deviations leave the range of a float.
    part = one / (one + two)
    return 1 / (part**2 / (given.cases - 1) + (1 - part) ** 2 / (control.cases - 1))


def share_differs(share: Share, control: Share) -> float:
    """Return the p-value of the difference of two proportions: the score test, with the pooled proportion."""
    together = share.proportion * share.cases + control.proportion * control.cases
    pooled = together / (share.cases + control.cases)
    error = math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / share.cases + 1 / control.cases))
    gap = abs(share.proportion - control.proportion)
    return _two_sided(gap / error) if error else 1.0


def share_differs_from(share: Share, stated: float) -> float:
    """Return the p-value of a proportion against a stated one: small just where Wilson's interval excludes it."""
    error = math.sqrt(max(0.0, stated * (1 - stated)) / share.cases)
    gap = abs(share.proportion - stated)
    return _two_sided(gap / error) if error else float(gap == 0)


def mean_differs(given: Mean, control: Mean) -> float:
    """Return the p-value of the difference of two means, by Welch's test."""
    gap, error = abs(given.mean - control.mean), math.hypot(given.error, control.error)
    if not error:
        return float(gap == 0)
    return min(1.0, 2 * t_tail(gap / error, freedom_of(given, control)))


def holm(chances: Sequence[float]) -> list[float]:
    """Return p-values that may each be held against the one alpha, although so many were looked at."""
    order = sorted(range(len(chances)), key=lambda at: chances[at])
    adjusted, most = [0.0] * len(chances), 0.0
    for rank, at in enumerate(order):
        most = max(most, min(1.0, chances[at] * (len(chances) - rank)))
        adjusted[at] = most
    return adjusted


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError("A level of confidence lies between 0 and 1.")
    return normal_quantile((1 + level) / 2)


def _two_sided(z: float) -> float:
    return min(1.0, 2 * normal_tail(z))
