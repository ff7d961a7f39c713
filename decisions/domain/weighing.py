"""Weights from swings: how much the move from worst to best matters on each criterion, kept with what it was asked.

People rank the swings, then rate each against the one that matters most, which has 100. With ranks alone the weights
are the rank-order centroid. Weights are kept in percent, to two decimals.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from decisions.domain.dossier import Criteria, Swing
from decisions.domain.scoring import ordered_weights, swing_weights

_CENT = Decimal("0.01")
_NEAR = Decimal("0.1")
"""Weights this near, in percent, count as the ones that the swings give."""


def derived(swings: Sequence[Swing]) -> dict[str, Decimal]:
    """Return each criterion's weight in percent; ValueError with a sentence when the swings do not give any."""
    rated = {swing.criterion: swing.rating for swing in swings if swing.rating is not None}
    if not rated:
        ranks = [swing.rank for swing in swings]
        if None in ranks or len(set(ranks)) != len(ranks):
            raise ValueError("Rate the swings; ranks alone give weights only when no two are equal.")
        order = sorted(swings, key=lambda swing: swing.rank or 0)
        return _percent(ordered_weights([swing.criterion for swing in order]))
    if len(rated) != len(swings):
        raise ValueError("Rate every swing, or none to take the weights from the ranks alone.")
    return _percent(swing_weights({criterion: float(rating) for criterion, rating in rated.items()}))


def _percent(shares: Mapping[str, float]) -> dict[str, Decimal]:
    return {c: (Decimal(share) * 100).quantize(_CENT).normalize() + 0 for c, share in shares.items()}


def weighed(criteria: Criteria, swings: tuple[Swing, ...]) -> Criteria:
    """Return section 9 with the swings and the weights that follow from them. ValueError as `derived`."""
    weights = derived(swings)
    with_weights = tuple(replace(c, weight=weights.get(c.id, c.weight)) for c in criteria.criteria)
    return replace(criteria, criteria=with_weights, swings=swings)


def inconsistencies(criteria: Criteria) -> Iterator[str]:
    """Yield where the swings contradict themselves, or the weights no longer follow from them."""
    names = {criterion.id: criterion.name or criterion.id for criterion in criteria.criteria}
    swings = [swing for swing in criteria.swings if swing.criterion in names]
    for first in swings:
        for second in swings:
            if None in (first.rank, second.rank, first.rating, second.rating):
                continue
            if first.rank < second.rank and first.rating < second.rating:  # type: ignore[operator]
                yield (
                    f"“{names[first.criterion]}” is ranked before “{names[second.criterion]}”, yet rated lower: "
                    f"{first.rating:f} against {second.rating:f}."
                )
    if criteria.swings and not follows(criteria):
        yield "The weights no longer follow from these swings: a weight or a criterion was changed since."


def follows(criteria: Criteria) -> bool:
    """Say whether the weights are those that the swings give."""
    try:
        expected = derived(criteria.swings)
    except ValueError:
        return False
    total = sum((c.weight or Decimal(0) for c in criteria.criteria), Decimal(0))
    if not total or set(expected) != {c.id for c in criteria.criteria}:
        return False
    return all(abs((c.weight or 0) * 100 / total - expected[c.id]) <= _NEAR for c in criteria.criteria)
