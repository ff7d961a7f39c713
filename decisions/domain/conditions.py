"""Break conditions as a dossier holds them: every kind of the condition language, and what a replay of each found.

The fields of one kind mean nothing to the others; `breaking.spec_of` writes the condition language
(`metrics.domain.conditions`) from those that count. A span is a number of periods, or an ISO 8601 duration (P14D).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

BOUNDS = ("above", "below")
BANDS = ("outside", "inside")
COMPOSITES = ("all", "any")
SIMPLE = (*BOUNDS, *BANDS, "change", "process", "drift", "stale", "forecast", "definition")
KINDS = (*SIMPLE, *COMPOSITES)


@dataclass(frozen=True, kw_only=True)
class Clear:
    """When a breach is over. Without a bound: when the value no longer breaches."""

    bound: Decimal | None = None
    sustained: int = 1
    sustained_for: str = ""  # an ISO 8601 duration instead of a number of periods
    low: Decimal | None = None  # outside, inside
    high: Decimal | None = None
    itself: str = ""  # whether the clear bound itself is clear: yes | no | "" as the trigger leaves it


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change in percent: against the value `periods` ago, else against `baseline`, else against the definition's."""

    percent: Decimal | None = None
    direction: str = "rise"  # rise | fall | either
    periods: int | None = None
    baseline: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """The periods that a chart's limits come from: the first so many, or those that start between two days."""

    periods: int | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, kw_only=True)
class Process:
    """Rules on an XmR chart."""

    rule_set: str = "nelson"  # nelson (1–8) | western_electric (1–4)
    rules: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Drift:
    """An EWMA or CUSUM chart; target and sigma are given, or come from the baseline."""

    chart: str = "ewma"  # ewma | cusum
    side: str = "either"  # either | above | below
    target: Decimal | None = None
    sigma: Decimal | None = None
    weight: Decimal | None = None  # EWMA λ
    width: Decimal | None = None  # EWMA limits in sigmas
    limits: str = "steady"  # steady | exact
    slack: Decimal | None = None  # CUSUM k in sigmas
    interval: Decimal | None = None  # CUSUM h in sigmas


@dataclass(frozen=True, kw_only=True)
class Stale:
    """No settled value within the cadence and this grace, which is a span."""

    grace: str = ""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """How likely the metric is to cross the condition's bound."""

    side: str = "above"  # above | below
    probability: Decimal | None = None  # percent
    horizon: int | None = None  # periods
    minimum_history: int | None = None  # periods


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """What breaks: one kind over one metric, with its parameters; also one part of a composite."""

    id: str
    metric: str = ""
    kind: str = "above"
    bound: Decimal | None = None  # above, below, forecast
    low: Decimal | None = None  # outside, inside
    high: Decimal | None = None
    inclusive: bool = False  # whether the bound itself breaks it
    sustained: int = 1
    clear: Clear = Clear()
    gap: str = "break"  # break | skip
    no_data: str = "hold"  # hold | breach | ok
    sustained_for: str = ""  # an ISO 8601 duration instead of a number of periods
    change: Change = Change()
    baseline: Window = Window()  # process, drift
    process: Process = Process()
    drift: Drift = Drift()
    stale: Stale = Stale()
    forecast: Forecast = Forecast()
    definition_version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Fired:
    """One stretch of breach in a replay, by the first days of its periods; `end` is empty while it goes on."""

    start: date
    fired: date
    end: date | None = None
    ending: str = ""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One value of the metric, by the first day of its period; without a value it is a gap."""

    on: date
    value: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What a replay over the metric's history found on a day, kept with the condition and signed with it.

    `predicate` and `data` identify the condition and the values that it was made of; where either has changed since,
    the replay is stale. The newest `episodes` and the thinned `points` are there to be drawn; a confidential metric's
    values are not kept.
    """

    as_of: date | None = None
    predicate: str = ""
    data: str = ""
    definition_version: int | None = None
    first: date | None = None
    last: date | None = None
    values: int = 0
    periods: int = 0
    fired: int = 0
    share: Decimal | None = None  # percent of the settled periods in breach
    delay_days: Decimal | None = None  # mean, from the first period of a run to the one that fired
    expected: Decimal | None = None  # firings that the metric's noise alone explains
    warning: str = ""
    error: str = ""
    going_on: bool = False
    lower: Decimal | None = None  # limits of a chart at the end
    centre: Decimal | None = None
    upper: Decimal | None = None
    episodes: tuple[Fired, ...] = ()
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BreakCondition(Predicate):
    """What would break an assumption; `parts` belong to the kinds all and any, in which `metric` gives the periods.

    `segment` is the registry's code of the segment that is watched, of every metric in it ("" for the whole), and
    `segment_name` what it is called where everybody may know: both are put right by the registry with each save.
    """

    severity: str = "major"  # minor | major | critical
    cooldown: str = ""  # a span
    parts: tuple[Predicate, ...] = ()
    backtest: Backtest = Backtest()
    segment: str = ""
    segment_name: str = ""
