"""How far a key result has come from its baseline to its target: the OKR score.

The score is (current − baseline) / (target − baseline), which is right for results that should rise and for results
that should fall, without being told which: 30 days down from 45 towards 15 is 0.5. Progress is that number as it is,
negative where things got worse than the baseline and above 1 where the target was passed; the score is the same held
within 0 and 1, so that one runaway result neither buys nor sinks an objective. A result whose target equals its
baseline ("keep it there") scores 1 on the target or on its good side, otherwise 0.
"""

from collections.abc import Sequence
from decimal import Context as DecimalContext
from decimal import Decimal

EXACT = DecimalContext(prec=34)
DIRECTIONS = ("up", "down")


def progress(baseline: Decimal, target: Decimal, current: Decimal) -> Decimal | None:
    """Return the share of the way from baseline to target, not held within 0 and 1; None where there is no way."""
    if target == baseline:
        return None
    return EXACT.divide(EXACT.subtract(current, baseline), EXACT.subtract(target, baseline))


def score(baseline: Decimal, target: Decimal, current: Decimal | None, direction: str = "") -> Decimal | None:
    """Return the score from 0 to 1; None where there is no value yet, since missing is not zero.

    `direction` (up or down: which way is good) only matters where target and baseline are equal.
    """
    if current is None:
        return None
    share = progress(baseline, target, current)
    if share is not None:
        return min(max(share, Decimal(0)), Decimal(1))
    held = current == target or (current > target and direction == "up") or (current < target and direction == "down")
    return Decimal(1 if held else 0)


def objective_score(scores: Sequence[tuple[Decimal | None, Decimal]]) -> Decimal | None:
    """Return the weighted mean of key results as (score, weight); those without a score yet are left out.

    None where nothing has a score; weights may not be negative.
    """
    if any(weight < 0 for _, weight in scores):
        raise ValueError("A weight may not be negative.")
    known = [(value, weight) for value, weight in scores if value is not None and weight > 0]
    if not known:
        return None
    total = sum((EXACT.multiply(value, weight) for value, weight in known), Decimal(0))
    return EXACT.divide(total, sum((weight for _, weight in known), Decimal(0)))
