"""How many cases a comparison needs, what it can detect with those it has, and what looking early costs.

Two groups, the second `ratio` times as large as the first; sizes are of the first. `two_sided` or not, alpha is the
chance of a false alarm and power that of seeing an effect which is there.

Proportions: the formula of Fleiss (Statistical Methods for Rates and Proportions, chapter on sample sizes; with unequal
groups Fleiss, Tytun and Ury, Biometrics 36, 1980) without correction for continuity, as R's `power.prop.test`. Means:
the same with Student's t in place of the normal, repeated until the size agrees with its own degrees of freedom (the
iteration of NIST/SEMATECH e-Handbook 7.2.2.2). Looking early: Armitage, McPherson and Rowe, JRSS A 132, 1969.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from metrics.domain.quantiles import normal_quantile, t_quantile

MOST_CASES = 10**12
MOST_LOOKS = 50
_HALVINGS = 200
_NEAR = 1e-9
_STEP = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """What is demanded of a comparison, whatever is compared."""

    alpha: float = 0.05
    power: float = 0.8
    two_sided: bool = True
    ratio: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5 or not self.alpha < self.power < 1 or not self.ratio > 0:
            raise ValueError("Alpha lies between 0 and 0.5, power between alpha and 1, and the ratio is above 0.")

    @property
    def tail(self) -> float:
        """Return the chance left on the side that counts."""
        return self.alpha / 2 if self.two_sided else self.alpha

    def second(self, first: int) -> int:
        """Return the size of the second group."""
        return math.ceil(first * self.ratio - 1e-9)


class Undetectable(ValueError):
    """There is no effect, or none that so few cases could show; carries the sentence."""


def cases_for_shares(base: float, other: float, plan: Plan) -> float:
    """Return how many cases the first group needs to tell two proportions apart; not rounded."""
    if not 0 <= base <= 1 or not 0 <= other <= 1 or base == other:
        raise Undetectable("Give two different shares between 0 and 100 %.")
    r, gap = plan.ratio, other - base
    middle = (base + r * other) / (1 + r)
    by_chance = _z(plan.tail) * math.sqrt((1 + r) * middle * (1 - middle))
    by_power = _z(1 - plan.power) * math.sqrt(r * base * (1 - base) + other * (1 - other))
    return (by_chance + by_power) ** 2 / (r * gap * gap)


def least_share_effect(base: float, cases: float, plan: Plan, *, upwards: bool = True) -> float:
    """Return the least difference from a base proportion that so many cases would show."""
    farthest = 1.0 if upwards else 0.0
    if base == farthest or cases_for_shares(base, farthest, plan) > cases:
        raise Undetectable("So few cases would not show even the largest difference there can be.")
    near, far = base, farthest
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        if middle in {near, far}:
            break
        near, far = (near, middle) if cases_for_shares(base, middle, plan) <= cases else (middle, far)
    return abs(far - base)


def cases_for_means(effect: float, deviation: float, plan: Plan) -> float:
    """Return how many cases the first group needs to see a difference between two means; not rounded."""
    if not effect or not deviation > 0:
        raise Undetectable("Give a difference other than 0 and a standard deviation above 0.")
    low, high = 2.0, 4.0
    while least_mean_effect(high, deviation, plan) > abs(effect):
        low, high = high, high * 2
        if high > MOST_CASES:
            raise Undetectable("The difference is too small beside the deviation for any number of cases.")
    while high - low > high * _NEAR:
        middle = (low + high) / 2
        low, high = (low, middle) if least_mean_effect(middle, deviation, plan) <= abs(effect) else (middle, high)
    return high


def least_mean_effect(cases: float, deviation: float, plan: Plan) -> float:
    """Return the least difference between two means that so many cases in the first group would show."""
    second = cases * plan.ratio
    freedom = cases + second - 2
    if freedom <= 0:
        raise Undetectable("At least two cases in each group are needed.")
    reach = t_quantile(1 - plan.tail, freedom) + t_quantile(plan.power, freedom)
    return reach * deviation * math.sqrt(1 / cases + 1 / second)


@lru_cache(maxsize=256)
def alarm_after(looks: int, alpha: float = 0.05) -> float:
    """Return the chance that at least one of so many looks, evenly apart, shows an effect where there is none.

    The running sum is a walk with normal steps; its density is carried from look to look over a fine grid, cut off
    where a look would have raised the alarm.
    """
    if not 1 <= looks <= MOST_LOOKS:
        raise ValueError(f"Between 1 and {MOST_LOOKS} looks can be counted.")
    z = normal_quantile(1 - alpha / 2)
    width = z * math.sqrt(looks)
    grid = np.arange(-width, width + _STEP, _STEP)
    steps = np.exp(-((np.arange(-8, 8 + _STEP, _STEP)) ** 2) / 2) / math.sqrt(2 * math.pi) * _STEP
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    for look in range(1, looks + 1):
        # A cell that the bound cuts counts with the part of it that lies within.
        inside = np.clip((z * math.sqrt(look) - np.abs(grid)) / _STEP + 0.5, 0, 1)
        density = density * inside
        if look < looks:
            density = _spread(density, steps)
    return float(1 - density.sum() * _STEP)


def _spread(density: "np.ndarray", steps: "np.ndarray") -> "np.ndarray":
    """Return the density one look later."""
    whole = np.convolve(density, steps)
    begin = (len(whole) - len(density)) // 2
    return whole[begin : begin + len(density)]


def _z(tail: float) -> float:
    return normal_quantile(1 - tail)
