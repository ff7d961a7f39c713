"""Reading and judging the clear bound: when a breach is over, and which clear bounds contradict their trigger."""

from metrics.domain.fields import Fields
from metrics.domain.kinds import BANDS, BOUNDS, Clear, Condition


def read_clear(fields: Fields, condition: Condition) -> Clear:
    """Read the clear part of a condition; a clear bound on the wrong side of the trigger is refused."""
    inner = fields.inner("clear")
    clear = Clear(
        bound=inner.number("bound") if condition.kind in BOUNDS else None,
        low=inner.number("low") if condition.kind in BANDS else None,
        high=inner.number("high") if condition.kind in BANDS else None,
        inclusive=inner.flag("inclusive") if condition.kind in (*BOUNDS, *BANDS) else None,
        sustained=inner.span("sustained", least=1) or 1,
    )
    inner.refuse_unknown()
    for words in _contradictions(condition, clear):
        inner.refuse("bound" if condition.kind in BOUNDS else "low", words)
    fields.adopt("clear", inner)
    return clear


def clear_is_inclusive(condition: Condition, clear: Clear) -> bool:
    """Say whether the clear bound itself is clear: as stated, else whatever the trigger leaves over."""
    return (not condition.inclusive) if clear.inclusive is None else clear.inclusive


def _contradictions(condition: Condition, clear: Clear) -> list[str]:
    if condition.kind in BOUNDS:
        return _bound_contradictions(condition, clear)
    if condition.kind in BANDS:
        return _band_contradictions(condition, clear)
    return []


def _bound_contradictions(condition: Condition, clear: Clear) -> list[str]:
    if clear.bound is None:
        return ["“inclusive” needs a clear bound."] if clear.inclusive is not None else []
    if condition.bound is None:
        return []
    above = condition.kind == "above"
    if (clear.bound > condition.bound) if above else (clear.bound < condition.bound):
        side = "above" if above else "below"
        return [f"The clear bound must not lie {side} the bound that breaches: it would never have an effect."]
    return _touching(condition, clear, clear.bound == condition.bound)


def _band_contradictions(condition: Condition, clear: Clear) -> list[str]:
    if clear.low is None and clear.high is None:
        return ["“inclusive” needs a clear band."] if clear.inclusive is not None else []
    if clear.low is None or clear.high is None:
        return ["Give both ends of the clear band, low and high."]
    if condition.low is None or condition.high is None:
        return []
    if condition.kind == "outside":
        fits = condition.low <= clear.low <= clear.high <= condition.high
        words = "The clear band must lie within the band that may not be left."
    else:
        fits = clear.low <= condition.low and condition.high <= clear.high
        words = "The clear band must enclose the band that may not be entered."
    if not fits:
        return [words]
    return _touching(condition, clear, clear.low == condition.low or clear.high == condition.high)


def _touching(condition: Condition, clear: Clear, touches: bool) -> list[str]:
    if touches and condition.inclusive and clear.inclusive:
        return ["The bound itself cannot both breach and clear."]
    return []
