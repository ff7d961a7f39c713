"""Weights from what people can answer: swings, or only an order.

Sources: Edwards and Barron (1994), SMARTS and SMARTER (swing weights, rank-order centroid).
"""

from collections.abc import Mapping, Sequence

from decisions.domain.scoring.checking import sane


def swing_weights(swings: Mapping[str, float]) -> dict[str, float]:
    """Return shares from swings: 100 for the criterion whose move from worst to best matters most, 0–100 for the rest.

    Raises ValueError with a sentence when a swing lies outside 0–100 or none is 100.
    """
    if any(not sane(swing) or not 0 <= swing <= 100 for swing in swings.values()):
        raise ValueError("Every swing must lie between 0 and 100.")
    if not swings or max(swings.values()) != 100:
        raise ValueError("Give 100 to the swing that matters most, and judge the others against it.")
    total = sum(swings.values())
    return {criterion: swing / total for criterion, swing in swings.items()}


def centroid_weights(count: int) -> list[float]:
    """Return the rank-order centroid weights of `count` criteria, most important first: w_i = (1/n) Σ_{k≥i} 1/k."""
    if count < 1:
        raise ValueError("There must be at least one criterion to weigh.")
    return [sum(1 / k for k in range(position, count + 1)) / count for position in range(1, count + 1)]


def ordered_weights(order: Sequence[str]) -> dict[str, float]:
    """Return the rank-order centroid weight of each criterion, named from most to least important."""
    if len(set(order)) != len(order):
        raise ValueError("Name each criterion once in the order.")
    return dict(zip(order, centroid_weights(len(order)), strict=True))
