"""How far a value is from breaking a condition, and how it stands to its target; in the metric's own unit."""

from decimal import Decimal

from metrics.domain.kinds import Condition


def to_break(condition: Condition, value: Decimal) -> Decimal | None:
    """Return the room left before the bound (negative: beyond it); None for kinds that have no bound of their own."""
    if condition.kind == "above" and condition.bound is not None:
        return condition.bound - value
    if condition.kind == "below" and condition.bound is not None:
        return value - condition.bound
    if condition.low is None or condition.high is None:
        return None
    if condition.kind == "outside":
        return min(value - condition.low, condition.high - value)
    if condition.kind == "inside":
        return max(condition.low - value, value - condition.high)
    return None


def bounds(condition: Condition) -> list[Decimal]:
    """Return the values at which the condition breaks, for a chart."""
    given = (condition.bound, condition.low, condition.high)
    return [bound for bound in given if bound is not None] if condition.kind in _BOUNDED else []


_BOUNDED = {"above", "below", "outside", "inside"}


def short_of(value: Decimal, target: Decimal, direction: str) -> Decimal:
    """Return what is lacking to the target, 0 or less when it is met; for a band the distance from its target."""
    if direction == "higher":
        return target - value
    if direction == "lower":
        return value - target
    return abs(value - target)


def tolerated(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    """Say whether the value lies within the tolerance band; an end that is not given does not bound."""
    return (low is None or value >= low) and (high is None or value <= high)
