"""Dominance, and what each further point of value costs."""

from dataclasses import dataclass

import numpy as np

from decisions.domain.scoring.model import TIE, Array


@dataclass(frozen=True)
class Corner:
    """An option on the frontier; `price` is the cost of each point over its cheaper neighbour, None at first."""

    option: int
    value: float
    cost: float
    price: float | None


def dominators(low: Array, likely: Array, high: Array) -> list[list[int]]:
    """Return for each option those that dominate it.

    One dominates another when it is nowhere worse and somewhere better: on every criterion, in its low, likely
    and high value alike. Arrays: options × criteria.
    """
    stacked = np.concatenate([low, likely, high], axis=1)
    nowhere_worse = np.all(stacked[None, :, :] >= stacked[:, None, :] - TIE, axis=2)
    somewhere_better = np.any(stacked[None, :, :] > stacked[:, None, :] + TIE, axis=2)
    return [[int(i) for i in np.flatnonzero(row)] for row in np.logical_and(nowhere_worse, somewhere_better)]


def frontier(values: Array, costs: list[float | None]) -> list[Corner]:
    """Return the options that are best at some price per point, from cheapest to most valuable.

    These are the options on the upper convex hull of value over cost, those between two corners on a straight
    line included; options without a cost are left out.
    """
    points = sorted((cost, -float(values[i]), i) for i, cost in enumerate(costs) if cost is not None)
    hull: list[tuple[float, float, int]] = []
    for cost, negative, option in points:
        value = -negative
        if hull and cost == hull[-1][0] and abs(value - hull[-1][1]) <= TIE:
            hull.append((cost, value, option))  # a twin: same cost, same value
            continue
        if hull and value <= hull[-1][1] + TIE:
            continue
        while len(hull) > 1 and _below(hull, cost, value):
            hull.pop()
        hull.append((cost, value, option))
    return [_corner(hull, index) for index in range(len(hull))]


def _below(hull: list[tuple[float, float, int]], cost: float, value: float) -> bool:
    """Tell whether the last corner lies below the line from the one before it (twins apart) to the new point."""
    last_cost, last_value, _ = hull[-1]
    before = [corner for corner in hull if (corner[0], corner[1]) != (last_cost, last_value)]
    if not before:
        return False
    base_cost, base_value, _ = before[-1]
    needed = (value - base_value) * (last_cost - base_cost)
    reached = (last_value - base_value) * (cost - base_cost)
    return reached < needed - TIE * max(abs(needed), abs(reached))


def _corner(hull: list[tuple[float, float, int]], index: int) -> Corner:
    cost, value, option = hull[index]
    cheaper = [corner for corner in hull[:index] if corner[1] < value - TIE]
    price = (cost - cheaper[-1][0]) / (value - cheaper[-1][1]) if cheaper else None
    return Corner(option, value, cost, price)
