"""The whole from its parts, by a rule that the metric states: pure, exact, and the same in whatever order parts come.

A share is never averaged by accident: of North 90 % (of 10) and South 50 % (of 990) the whole is 50.4 %, not 70 %. So
plain sum and mean are refused for units that are ratios; weight by sample size, or divide the sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation, Overflow, localcontext
from enum import StrEnum

from metrics.domain.expressions import LARGEST, PLACES, PRECISION
from metrics.domain.units import DIMENSIONLESS, Unit, words_of

RATIOS = DIMENSIONLESS - {"", "1", "index", "score"} | {"‰"}
TIMES = frozenset({"s", "sec", "second", "min", "minute", "h", "hour", "d", "day", "week", "month", "quarter", "year"})
ZERO = Decimal(0)


class Rule(StrEnum):
    """How a whole comes from its parts."""

    SUM = "sum"
    MEAN = "mean"
    WEIGHTED = "weighted"  # mean weighted by sample size
    RATIO = "ratio"  # sum of numerators over sum of denominators
    MIN = "min"
    MAX = "max"
    LAST = "last"  # the part that was recorded last


class Missing(StrEnum):
    """What a part without a value counts as. `last` is the caller's: it puts in the last known value."""

    WITHHOLD = "withhold"
    LAST = "last"
    ZERO = "zero"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one segment gives to one period; `value` None: it is missing.

    Of a ratio `value` is the numerator, and `denominator` stands beside it. `order` grows with the time of recording.
    """

    name: str
    value: Decimal | None
    sample_size: int | None = None
    denominator: Decimal | None = None
    order: int = 0


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A value with the sample that it rests on, or the reason why there is none."""

    value: Decimal | None = None
    sample_size: int | None = None
    trouble: str = ""


def whole(rule: Rule, parts: Sequence[Part], *, missing: Missing = Missing.WITHHOLD, scale: int = 1) -> Whole:
    """Return the whole of a period. `scale` multiplies a ratio: 100 where it is told in percent."""
    lacking = [part.name for part in parts if _lacks(rule, part)]
    if len(lacking) == len(parts):
        return Whole(trouble="No segment has a value." if parts else "No segment is declared to be a part.")
    if lacking and missing is not Missing.ZERO:
        return Whole(trouble=f"Missing: {', '.join(lacking)}."[:200])
    present = [_as_zero(part) if part.name in lacking else part for part in parts]
    try:
        with localcontext(prec=PRECISION):
            return _worked(rule, present, lacking, scale)
    except (InvalidOperation, Overflow):
        return Whole(trouble="The result is too large.")


def misses(rule: Rule, missing: Missing) -> bool:
    """Say whether a whole may be another one with a part that has no value than without that part.

    A zero adds nothing to a sum and weighs nothing, and where the last known value counts, a new part reaches every
    later period by itself.
    """
    return missing is Missing.WITHHOLD or (missing is Missing.ZERO and rule in {Rule.MEAN, Rule.MIN, Rule.MAX})


def _lacks(rule: Rule, part: Part) -> bool:
    return part.value is None or (rule is Rule.RATIO and part.denominator is None)


def _as_zero(part: Part) -> Part:
    return replace(part, value=ZERO, denominator=ZERO, sample_size=0)


def _worked(rule: Rule, parts: Sequence[Part], lacking: Sequence[str], scale: int) -> Whole:
    if rule is Rule.LAST:
        last = max((part for part in parts if part.name not in lacking), key=lambda part: part.order)
        return Whole(value=last.value, sample_size=last.sample_size)
    values = [part.value for part in parts if part.value is not None]
    samples = [part.sample_size for part in parts]
    size = None if None in samples else sum(filter(None, samples))
    if rule is Rule.WEIGHTED:
        return _weighted(parts, size)
    if rule is Rule.RATIO:
        return _ratio(parts, scale, size)
    found = {
        Rule.SUM: lambda: sum(values, ZERO),
        Rule.MEAN: lambda: sum(values, ZERO) / len(values),
        Rule.MIN: lambda: min(values),
        Rule.MAX: lambda: max(values),
    }[rule]()
    return _written(found, size)


def _weighted(parts: Sequence[Part], size: int | None) -> Whole:
    if size is None:
        without = [part.name for part in parts if part.sample_size is None]
        return Whole(trouble=f"No sample size: {', '.join(without)}."[:200])
    if size == 0:
        return Whole(trouble="The sample sizes add up to 0.")
    total = sum(((part.value or ZERO) * (part.sample_size or 0) for part in parts), ZERO)
    return _written(total / size, size)


def _ratio(parts: Sequence[Part], scale: int, size: int | None) -> Whole:
    below = sum((part.denominator or ZERO for part in parts), ZERO)
    if not below:
        return Whole(trouble="The denominators add up to 0.")
    return _written(sum((part.value or ZERO for part in parts), ZERO) * scale / below, size)


def _written(value: Decimal, size: int | None) -> Whole:
    """Round as values are stored: to six places."""
    if abs(value) >= LARGEST:
        return Whole(trouble="The result has more than 15 digits before the point.")
    return Whole(value=value.quantize(PLACES).normalize() + 0, sample_size=size)


def is_ratio(unit: str) -> bool:
    """Say whether a unit is a share, or so much for each of something other than time (EUR/ticket)."""
    per = {symbol for symbol, power in Unit.of(unit).powers if power < 0}
    return bool(RATIOS & set(words_of(unit)) or per - TIMES)


def scale_of(unit: str) -> int:
    """Return what a plain ratio is multiplied by to be told in the unit."""
    words = set(words_of(unit))
    return 1000 if "‰" in words else 100 if words & {"%", "percent", "pp", "percentage points"} else 1


def refusal(rule: str, unit: str) -> str:
    """Say why values in the unit may not be put together by the rule, and what to choose instead; or nothing."""
    if rule not in {Rule.SUM, Rule.MEAN} or not is_ratio(unit):
        return ""
    what = "added up" if rule == Rule.SUM else "averaged as if all segments were of one size"
    return (
        f"“{unit}” is a ratio: the segments’ values cannot be {what}. Choose the mean weighted by sample size, or the "
        "ratio of the sums of two other metrics."
    )


def in_words(rule: str, over: str, numerator: str = "", denominator: str = "") -> str:
    """Return the rule as people read it, and as a derivation keeps it."""
    of = f"over {over}" if over else "over the segments"
    return {
        Rule.SUM: f"sum {of}",
        Rule.MEAN: f"plain mean {of}",
        Rule.WEIGHTED: f"mean {of}, weighted by sample size",
        Rule.RATIO: f"sum of {numerator} divided by sum of {denominator} {of}",
        Rule.MIN: f"lowest {of}",
        Rule.MAX: f"highest {of}",
        Rule.LAST: f"recorded last {of}",
    }[Rule(rule)]
