"""What a condition is made of: the frozen values that `conditions.parse` reads and `fold` evaluates."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from metrics.domain.periods import Duration

BOUNDS = ("above", "below")
BANDS = ("outside", "inside")
COMPOSITES = ("all", "any")
KINDS = (*BOUNDS, *BANDS, "change", "process", "drift", "stale", "forecast", "definition", *COMPOSITES)
SEVERITIES = ("minor", "major", "critical")


class State(StrEnum):
    """Where a condition stands; only `breached` and `recovering` have an open episode."""

    OK = "ok"
    PENDING = "pending"
    BREACHED = "breached"
    RECOVERING = "recovering"


class Health(StrEnum):
    """How far the data can be relied on in the newest settled period; independent of the state."""

    FRESH = "fresh"
    NO_DATA = "no_data"
    ERROR = "error"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clear:
    """When a breach is over. Without bounds: when the value no longer breaches.

    `inclusive` says whether the clear bound itself is clear; None means the opposite of the trigger, so that a clear
    bound equal to the trigger's bound is the same as none.
    """

    bound: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    inclusive: bool | None = None
    sustained: int | Duration = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Signed change in percent of |base|, against a fixed baseline or the value `periods` ago (None: baseline)."""

    percent: Decimal  # the size, never negative
    direction: str  # rise | fall | either
    periods: int | None = None
    baseline: Decimal | None = None  # None with periods None: the definition's baseline


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The baseline of a chart: the first `count` values, or the values of periods that start in [first, last]."""

    count: int | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """Rules on an XmR chart."""

    rules: tuple[int, ...]
    baseline: Window
    rule_set: str = "nelson"  # nelson (1–8) | western_electric (1–4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """An EWMA or CUSUM chart; target and sigma are given, or estimated on the baseline window."""

    chart: str  # ewma | cusum
    target: Decimal | None = None
    sigma: Decimal | None = None
    baseline: Window | None = None
    weight: Decimal = Decimal("0.2")  # EWMA λ
    width: Decimal = Decimal(3)  # EWMA limits in sigmas
    limits: str = "steady"  # steady | exact
    slack: Decimal = Decimal("0.5")  # CUSUM k in sigmas
    interval: Decimal = Decimal(5)  # CUSUM h in sigmas
    side: str = "either"  # either | above | below


@dataclass(frozen=True, kw_only=True, slots=True)
class Stale:
    """No settled value within the cadence and this grace, a duration or a number of further periods."""

    grace: int | Duration


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """The probability of crossing a bound within a horizon reaches `probability`."""

    bound: Decimal
    side: str  # above | below
    horizon: int
    probability: Decimal
    minimum_history: int = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """The metric's approved definition is no longer the version that the decision was approved on."""

    version: int


Detail = Change | Process | Drift | Stale | Forecast | Definition
Kind = TypeVar("Kind", Change, Process, Drift, Stale, Forecast, Definition)


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One break condition. `metric` is only named in parts of a composite that watch another metric."""

    kind: str
    bound: Decimal | None = None  # above, below
    low: Decimal | None = None  # outside, inside
    high: Decimal | None = None
    inclusive: bool = False  # whether the bound itself breaches
    detail: Detail | None = None
    parts: tuple["Condition", ...] = ()  # all, any
    sustained: int | Duration = 1
    clear: Clear = Clear()
    gap: str = "break"  # break | skip
    no_data: str = "hold"  # hold | breach | ok
    cooldown: int | Duration = 0
    severity: str = "major"
    metric: str = ""


def detail_of(condition: Condition, kind: type[Kind]) -> Kind:
    """Return the part of a condition that belongs to its kind; a condition built without it is a TypeError."""
    if not isinstance(condition.detail, kind):
        raise TypeError(f"A condition of the kind {condition.kind} needs its {kind.__name__}.")
    return condition.detail


def stated(bound: Decimal | None) -> Decimal:
    """Return a bound that `parse` has made sure of; a condition built without it is a TypeError."""
    if bound is None:
        raise TypeError("A bound is missing.")
    return bound


def watched(condition: Condition) -> frozenset[str]:
    """Return the keys of the other metrics that the parts of a composite watch."""
    inner = frozenset().union(*map(watched, condition.parts))
    return inner | {part.metric for part in condition.parts if part.metric}


def watches_definition(condition: Condition) -> bool:
    """Say whether the condition, or a part of it, depends on the versions of the metric's definition."""
    return condition.kind == "definition" or any(map(watches_definition, condition.parts))
