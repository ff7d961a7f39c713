"""Which period a moment lies in, and which periods have settled: cadences in a metric's own time zone, DST-safe.

Every moment that leaves this module is an aware UTC datetime, because two local times of one zone compare by the
clock on the wall and not by the instant. Periods are half-open, [start, end). Weeks are ISO weeks and begin on
Monday; days, weeks, months and quarters begin at local midnight (or, where the clock skips midnight, at the instant
of the skip). Cadences of hours and less are counted from 1970-01-01T00:00Z.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMED = {"daily": "P1D", "weekly": "P1W", "monthly": "P1M", "quarterly": "P3M", "yearly": "P1Y"}
MOST_PERIODS = 200_000
_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,5})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in calendar months, calendar days and seconds, as ISO 8601 has it."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read an ISO 8601 duration such as P2W or PT5M; zero is allowed, signs and fractions are not."""
        found = _DURATION.fullmatch(text.strip().upper())
        if not found or not any(found.groupdict().values()) or text.strip().upper().endswith("T"):
            raise ValueError(f"“{text[:40]}” is not a duration; write for example P14D, P2W or PT5M.")
        parts = {name: int(digits or 0) for name, digits in found.groupdict().items()}
        return cls(
            months=parts["years"] * 12 + parts["months"],
            days=parts["weeks"] * 7 + parts["days"],
            seconds=parts["hours"] * 3600 + parts["minutes"] * 60 + parts["seconds"],
        )

    def __bool__(self) -> bool:
        return bool(self.months or self.days or self.seconds)

    def __str__(self) -> str:
        date_part = (f"{self.months}M" if self.months else "") + (f"{self.days}D" if self.days else "")
        time_part = f"T{self.seconds}S" if self.seconds or not date_part else ""
        return f"P{date_part}{time_part}"

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the moment this long after another: months and days by the local calendar, seconds by the clock."""
        if self.months or self.days:
            local = moment.astimezone(zone)
            day = _add_months(local.date(), self.months) + timedelta(days=self.days)
            moment = datetime.combine(day, local.time(), zone).replace(fold=local.fold).astimezone(UTC)
        return moment.astimezone(UTC) + timedelta(seconds=self.seconds)


class Period(NamedTuple):
    """One period of a cadence, [start, end), in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a metric has a value, in which time zone, and how long after its end a period still moves."""

    step: Duration
    zone: ZoneInfo
    settle_after: Duration = Duration()

    @classmethod
    def of(cls, text: str, *, time_zone: str = "UTC", settle_after: str | timedelta | Duration = "P0D") -> "Cadence":
        """Build a cadence from its name or duration, zone name and settling time; bad ones are a ValueError."""
        step = Duration.parse(NAMED.get(text, text))
        if sum(map(bool, (step.months, step.days, step.seconds))) != 1:
            raise ValueError(f"“{text}” cannot be a cadence: use months, or days, or hours and less.")
        return cls(step=step, zone=zone_named(time_zone), settle_after=_duration(settle_after))

    def index(self, moment: datetime) -> int:
        """Number the period that a moment lies in; neighbouring periods have neighbouring numbers."""
        if self.step.seconds:
            return int((moment - EPOCH).total_seconds() // self.step.seconds)
        local = moment.astimezone(self.zone)
        if self.step.days:
            return (local.toordinal() - 1) // self.step.days
        return (local.year * 12 + local.month - 1) // self.step.months

    def period(self, index: int) -> Period:
        """Return the period with a number."""
        return Period(self.start_of(index), self.start_of(index + 1))

    def start_of(self, index: int) -> datetime:
        """Return the first instant of the period with a number."""
        if self.step.seconds:
            return EPOCH + timedelta(seconds=index * self.step.seconds)
        if self.step.days:
            return midnight(date.fromordinal(index * self.step.days + 1), self.zone)
        months = index * self.step.months
        return midnight(date(months // 12, months % 12 + 1, 1), self.zone)

    def containing(self, moment: date | datetime) -> Period:
        """Return the period that a moment, or a local date, lies in."""
        return self.period(self.index(instant(moment, self.zone)))

    def settled_at(self, end: datetime) -> datetime:
        """Return when a period that ends at `end` has settled."""
        return self.settle_after.after(end, self.zone) if self.settle_after else end

    def beyond(self, end: datetime, span: int | Duration) -> datetime:
        """Return the moment a number of periods, or a duration, after the end of a period."""
        return self.start_of(self.index(end) + span) if isinstance(span, int) else span.after(end, self.zone)

    def last_settled(self, as_of: datetime) -> int:
        """Number the newest period that has settled; the open period never counts."""
        return self.first_after(as_of, lambda index: self.settled_at(self.start_of(index + 1))) - 1

    def first_after(self, as_of: datetime, due: Callable[[int], datetime]) -> int:
        """Number the first period whose due moment lies after `as_of`; it may not come before the period's end."""
        high, step = self.index(as_of), 1
        while due(high - step) > as_of:
            high, step = high - step, step * 2
        low = high - step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if due(middle) > as_of else (middle, high)
        return high


def expected_periods(first: date | datetime, as_of: datetime, cadence: Cadence) -> Iterator[Period]:
    """Yield every settled period from the one that `first` lies in; more than MOST_PERIODS is a ValueError."""
    start, last = cadence.index(instant(first, cadence.zone)), cadence.last_settled(as_of)
    if last - start >= MOST_PERIODS:
        raise ValueError(f"That is {last - start + 1} periods; at most {MOST_PERIODS} can be looked at.")
    begin = cadence.start_of(start)
    for index in range(start, last + 1):
        end = cadence.start_of(index + 1)
        yield Period(begin, end)
        begin = end


def instant(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """Return a moment in UTC; a bare date is its local midnight, a time without a zone is local."""
    if not isinstance(moment, datetime):
        return midnight(moment, zone)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@lru_cache(maxsize=512)
def zone_named(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; an unknown one is a ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(f"“{name[:60]}” is not a time zone; write for example Europe/Lisbon or UTC.") from unknown


def _duration(given: str | timedelta | Duration) -> Duration:
    if isinstance(given, timedelta):
        return Duration(seconds=int(given.total_seconds()))
    return given if isinstance(given, Duration) else Duration.parse(given)


def _add_months(day: date, months: int) -> date:
    """Move a date by months, to the last day where the month is shorter (31 January + 1 month = 28 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
