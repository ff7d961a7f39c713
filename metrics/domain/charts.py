"""Control charts on individual values: XmR limits, Nelson's and Western Electric's rules, EWMA, CUSUM.

Conventions:
- sigma is estimated from the mean moving range, and the limits of an XmR chart are centre ± 2.66·MR̄ (so one sigma is
  2.66·MR̄/3; 2.66 is the rounded 3/1.128 of the textbooks);
- "more than" and "beyond" are strict, a value on the centre line lies on neither side;
- a point belongs to a zone rule (2 of 3, 4 of 5) only if it lies in the zone itself: the pattern is reported at its
  last point in the zone, never at a harmless point after it;
- at the very start of a series zone patterns are looked for in whole windows of 3 or 5 points, as in capstat-core;
  after a gap that breaks runs they count as soon as their last point is there.

Sources: L. S. Nelson, The Shewhart Control Chart: Tests for Special Causes, JQT 16(4), 1984; Western Electric,
Statistical Quality Control Handbook, 1956; NIST/SEMATECH e-Handbook 6.3.2 (EWMA 6.3.2.4, CUSUM 6.3.2.3).
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

LIMIT_FACTOR = 2.66
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def mean_moving_range(segments: Sequence[Sequence[float]]) -> float | None:
    """Return the mean absolute step between neighbours, or None where no two values are neighbours."""
    steps = [abs(after - before) for values in segments for before, after in pairwise(values)]
    return math.fsum(steps) / len(steps) if steps else None


def broken_rules(
    values: Floats, centre: float, sigma: float, rules: Sequence[int], rule_set: str, *, first: bool
) -> Flags:
    """Return one row a rule, one column a value: whether the rule's pattern is complete there.

    `values` is one stretch without a gap, `first` says whether it begins the series; sigma must be above 0.
    """
    z = (values - centre) / sigma
    tests = NELSON if rule_set == "nelson" else WESTERN_ELECTRIC
    return np.array([tests[rule](values, z, first) for rule in rules], dtype=bool).reshape(len(rules), len(values))


def _run(mask: Flags, length: int) -> Flags:
    """Say where `length` points in a row, ending here, are all in the mask."""
    full = np.zeros(len(mask), dtype=bool)
    if len(mask) >= length:
        full[length - 1 :] = np.lib.stride_tricks.sliding_window_view(mask, length).all(axis=1)
    return full


def _one_side(z: Floats, length: int) -> Flags:
    return _run(z > 0, length) | _run(z < 0, length)


def _monotone(values: Floats, length: int) -> Flags:
    """Say where `length` values in a row, ending here, all rise or all fall."""
    steps = np.diff(values)
    return _late(_run(steps > 0, length - 1) | _run(steps < 0, length - 1), len(values))


def _late(flags: Flags, count: int) -> Flags:
    """Move flags about steps or turns to the values at which they end."""
    return np.concatenate((np.zeros(count - len(flags), dtype=bool), flags))


def _alternating(values: Floats, length: int) -> Flags:
    """Say where `length - 2` turns in a row, ending here, all change direction."""
    signs = np.sign(np.diff(values))
    return _late(_run(signs[1:] * signs[:-1] < 0, length - 2), len(values))


def _of(z: Floats, needed: int, length: int, zone: float, first: bool) -> Flags:
    """Say where at least `needed` of `length` points lie beyond the zone on one side, the last of them here."""
    return _of_one_side(z > zone, needed, length, first) | _of_one_side(z < -zone, needed, length, first)


def _of_one_side(mask: Flags, needed: int, length: int, first: bool) -> Flags:
    sums = np.concatenate((np.zeros(length, dtype=int), np.cumsum(mask)))
    found: Flags = mask & (sums[length:] - sums[:-length] >= needed)
    if first:
        found[: length - 1] = False
        within = np.flatnonzero(mask[:length])
        if len(mask) >= length and len(within) >= needed:
            found[within[-1]] = True
    return found


def _none_near(z: Floats, length: int) -> Flags:
    """Say where `length` points in a row all lie beyond one sigma, with some on either side."""
    return _run(np.abs(z) > 1, length) & ~_run(z > 0, length) & ~_run(z < 0, length)


Test = Callable[[Floats, Floats, bool], Flags]
NELSON: dict[int, Test] = {
    1: lambda values, z, first: np.abs(z) > 3,
    2: lambda values, z, first: _one_side(z, 9),
    3: lambda values, z, first: _monotone(values, 6),
    4: lambda values, z, first: _alternating(values, 14),
    5: lambda values, z, first: _of(z, 2, 3, 2, first),
    6: lambda values, z, first: _of(z, 4, 5, 1, first),
    7: lambda values, z, first: _run(np.abs(z) < 1, 15),
    8: lambda values, z, first: _none_near(z, 8),
}
WESTERN_ELECTRIC: dict[int, Test] = {
    1: NELSON[1],
    2: NELSON[5],
    3: NELSON[6],
    4: lambda values, z, first: _one_side(z, 8),
}


def ewma(values: Sequence[float], target: float, weight: float) -> list[float]:
    """Return zᵢ = λ·xᵢ + (1 − λ)·zᵢ₋₁, begun at z₀ = target."""
    points, z = [], target
    for value in values:
        z = weight * value + (1 - weight) * z
        points.append(z)
    return points


def ewma_halfwidths(count: int, sigma: float, weight: float, width: float, *, exact: bool) -> list[float]:
    """Return how far the limits lie from the target, per value: the steady state's, or exact and widening."""
    steady = width * sigma * math.sqrt(weight / (2 - weight))
    if not exact:
        return [steady] * count
    return [steady * math.sqrt(1 - (1 - weight) ** (2 * (position + 1))) for position in range(count)]


def cusum(values: Sequence[float], target: float, slack: float) -> tuple[list[float], list[float]]:
    """Return the sums of what goes beyond target ± slack, upwards and downwards; neither falls below 0."""
    upwards, downwards = [], []
    high = low = 0.0
    for value in values:
        high = max(0.0, high + value - target - slack)
        low = max(0.0, low + target - slack - value)
        upwards.append(high)
        downwards.append(low)
    return upwards, downwards
