"""What was expected beside what came: metrics against their estimates, assumptions against their episodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from decisions.domain.dossier import Estimate

WITHIN, ABOVE, BELOW, UNKNOWN = "within", "above", "below", "unknown"


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What the registry says of a metric: its newest settled value with the day its period ends, and the mean since."""

    value: Decimal | None = None
    until: date | None = None
    mean: Decimal | None = None
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class MetricVariance:
    """One success metric: the change that was expected of the chosen option, and the change that came.

    `low`, `likely`, `high` and `change` are changes against `baseline`, in the metric's unit; `variance` is change less
    likely; `place` says where the change lies against the range that was stated.
    """

    metric: str
    name: str
    unit: str = ""
    direction: str = ""
    definition_version: int | None = None
    baseline: Decimal | None = None
    target: Decimal | None = None
    low: Decimal | None = None
    likely: Decimal | None = None
    high: Decimal | None = None
    actual: Decimal | None = None
    until: date | None = None
    mean: Decimal | None = None
    count: int = 0
    change: Decimal | None = None
    variance: Decimal | None = None
    place: str = UNKNOWN
    better: bool | None = None
    target_met: bool | None = None


def metric_variance(
    *,
    metric: str,
    name: str,
    unit: str,
    direction: str,
    definition_version: int | None,
    baseline: Decimal | None,
    target: Decimal | None,
    expected: Estimate,
    observed: Observed,
) -> MetricVariance:
    """Compare one metric; `direction` is higher, lower or within, as its definition has it."""
    actual = observed.value
    change = None if actual is None or baseline is None else actual - baseline
    variance = None if change is None or expected.likely is None else change - expected.likely
    return MetricVariance(
        metric=metric,
        name=name,
        unit=unit,
        direction=direction,
        definition_version=definition_version,
        baseline=baseline,
        target=target,
        low=expected.low,
        likely=expected.likely,
        high=expected.high,
        actual=actual,
        until=observed.until,
        mean=observed.mean,
        count=observed.count,
        change=change,
        variance=variance,
        place=_place(change, expected),
        better=_better(variance, direction),
        target_met=_met(actual, target, direction),
    )


def _place(change: Decimal | None, expected: Estimate) -> str:
    low = expected.likely if expected.low is None else expected.low
    high = expected.likely if expected.high is None else expected.high
    if change is None or low is None or high is None:
        return UNKNOWN
    if change < low:
        return BELOW
    return ABOVE if change > high else WITHIN


def _better(variance: Decimal | None, direction: str) -> bool | None:
    """Say whether more came than was likely; nothing for a metric that should stay within a band."""
    if variance is None or variance == 0 or direction not in {"higher", "lower"}:
        return None
    return (variance > 0) == (direction == "higher")


def _met(actual: Decimal | None, target: Decimal | None, direction: str) -> bool | None:
    if actual is None or target is None or direction not in {"higher", "lower"}:
        return None
    return actual >= target if direction == "higher" else actual <= target


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One episode of one break condition; `until` is nothing while it goes on."""

    sentence: str
    start: date
    until: date | None = None
    value: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class AssumptionVariance:
    """One assumption since the last review: `broke` is what its conditions say, nothing when it has none.

    `held` is the judgement of those who held the review; `brier` follows from it and the probability that was stated.
    """

    key: str
    statement: str
    owner: str
    probability: Decimal | None = None
    broke: bool | None = None
    breaches: tuple[Breach, ...] = ()
    held: bool | None = None
    note: str = ""
    brier: Decimal | None = None


def broke(breaches: Sequence[Breach], *, watched: bool) -> bool | None:
    """Say whether an assumption broke: any episode breaks it; without a condition nobody but people can tell."""
    return bool(breaches) if watched else None


def contradicted(assumption: AssumptionVariance) -> bool:
    """Say whether the judgement differs from what the conditions say: then it needs its reason in a note."""
    return assumption.broke is not None and assumption.held is not None and assumption.held == assumption.broke
