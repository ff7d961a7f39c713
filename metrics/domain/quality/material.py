"""What the checks look at: the values of one segment period by period, and what each check has found there.

Pure: times arrive as arguments and are aware UTC datetimes; numbers are exact. A check that has too little to go by
says so (`nothing`), and that is never a pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from config.kit.canonical import decimal_text
from metrics.domain.periods import Cadence, Period

Parameters = Mapping[str, Any]


class Point(NamedTuple):
    """What counts for a period (value None: withdrawn); `first_at`: when the period's first revision was recorded."""

    start: datetime
    end: datetime
    value: Decimal | None
    sample_size: int | None
    recorded_at: datetime
    first_at: datetime


class Mention(NamedTuple):
    """One revision that came with an id of its source; `given`: somebody gave a reason for it."""

    start: datetime
    end: datetime
    value: Decimal | None
    source: str
    external_id: str
    recorded_at: datetime
    given: bool = False


class Control(NamedTuple):
    """A figure from elsewhere that a period's value is held against; the tolerance is in the unit, or in per cent."""

    start: datetime
    value: Decimal
    tolerance: Decimal
    percent: bool = False

    @property
    def room(self) -> Decimal:
        """Return how far a value may lie from the figure."""
        return abs(self.value) * self.tolerance / 100 if self.percent else self.tolerance


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong. The same key again is the same trouble; another value is another one."""

    key: str
    sentence: str
    period: datetime | None = None
    value: Decimal | None = None
    expected: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a check found among how many things; `allowed` findings are tolerated.

    `nothing`: why it cannot say. `moot`: because there is nothing set that it could check by, so that what it found
    earlier is no trouble any more.
    """

    count: int = 0
    findings: tuple[Finding, ...] = ()
    allowed: int = 0
    nothing: str = ""
    moot: bool = False


@dataclass(frozen=True, kw_only=True)
class Material:
    """One segment of a metric at a moment: its points oldest first, and what single checks need besides.

    `entered`: when the metric came into the registry; `begun`: the start of the segment's first period of all, which
    may lie before the points. `other`: another metric's values by period start. `parts`: the segments' values by
    dimension and period start. `season`: how many periods make a season, 0 for none.
    """

    cadence: Cadence
    as_of: datetime
    entered: datetime
    begun: datetime | None = None
    points: Sequence[Point] = ()
    mentions: Sequence[Mention] = ()
    controls: Sequence[Control] = ()
    other: Mapping[datetime, Decimal] = field(default_factory=dict)
    parts: Mapping[str, Mapping[datetime, Mapping[str, Decimal]]] = field(default_factory=dict)
    season: int = 0

    @cached_property
    def by_start(self) -> dict[datetime, Point]:
        """Return the points by the start of their period."""
        return {point.start: point for point in self.points}

    @cached_property
    def ended(self) -> list[Point]:
        """Return the points with a value whose period is over, settled or not."""
        return [point for point in self.points if point.value is not None and point.end <= self.as_of]

    def settled(self, count: int) -> Iterator[Period]:
        """Yield the newest settled periods, oldest first, with or without a value."""
        last = self.cadence.last_settled(self.as_of)
        return (self.cadence.period(index) for index in range(last - count + 1, last + 1))

    def day(self, moment: datetime) -> str:
        """Write the day (and for cadences of hours and less the time) on which a period begins, where it is kept."""
        local = moment.astimezone(self.cadence.zone)
        return f"{local.day} {local:%b %Y}" + (f"{local:, %H:%M}" if self.cadence.step.seconds else "")

    def named(self, point: Point, words: str, expected: Decimal | None = None) -> Finding:
        """Return a finding about a point: its value and period, and what is wrong with it."""
        written = "no value" if point.value is None else decimal_text(point.value)
        return Finding(
            key=f"{point.start.isoformat()} {written}",
            sentence=f"{written} for {self.day(point.start)} {words}",
            period=point.start,
            value=point.value,
            expected=expected,
        )


def worth(point: Point) -> Decimal:
    """Return the value of a point that has one."""
    if point.value is None:
        raise ValueError("The point has no value.")
    return point.value
