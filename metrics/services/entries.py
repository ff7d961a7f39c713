"""Read loose rows (form, CSV, API) into arrivals on the metric's periods, or say per row why they cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from config.kit.numbers import parse_decimal
from config.kit.text import FIRST_DAY, LAST_DAY, clean_text
from metrics.domain.intake import Arrival
from metrics.domain.periods import Cadence, Period, instant
from metrics.models import Metric

LARGEST_SAMPLE = 10**15


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One value as somebody gave it; nothing of it is trusted yet. `trouble`: why it was not even a row."""

    period_start: date | datetime | str
    value: Decimal | int | float | str | None
    period_end: date | datetime | str | None = None
    segment: str = ""
    sample_size: int | str | None = None
    external_id: str = ""
    source: str = ""
    note: str = ""
    reason: str = ""
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A row that is refused before its value is looked at."""

    row: int
    errors: dict[str, str]  # field → sentence; "" for the row as a whole

    @property
    def sentence(self) -> str:
        """Return all of it as one text."""
        return " ".join(f"{name}: {words}" if name else words for name, words in self.errors.items())


def cadence_of(metric: Metric) -> Cadence:
    """Return the cadence in which the metric's values are kept."""
    return Cadence.of(metric.cadence, time_zone=metric.time_zone, settle_after=metric.settle_after)


def read(
    entries: Sequence[Entry], *, cadence: Cadence, now: datetime, source: str
) -> tuple[list[Arrival], list[Unreadable]]:
    """Sort the rows into what can be ruled on and what cannot be read; rows count from 1."""
    arrivals, unreadable = [], []
    for row, entry in enumerate(entries, start=1):
        read_row = _arrival(row, entry, cadence=cadence, now=now, source=source)
        if isinstance(read_row, Unreadable):
            unreadable.append(read_row)
        else:
            arrivals.append(read_row)
    return arrivals, unreadable


def _arrival(row: int, entry: Entry, *, cadence: Cadence, now: datetime, source: str) -> Arrival | Unreadable:
    """Clean one row, or say everything that is wrong with it."""
    if entry.trouble:
        return Unreadable(row=row, errors={"": entry.trouble})
    reader = _Reader()
    period = reader.take("period_start", lambda: _period(entry.period_start, cadence, now))
    arrival = {
        "value": reader.take("value", lambda: _value(entry.value)),
        "sample_size": reader.take("sample_size", lambda: _sample(entry.sample_size)),
        "segment": reader.text("segment", entry.segment, 80),
        "source": reader.text("source", entry.source or source, 80),
        "external_id": reader.text("external_id", entry.external_id, 120),
        "note": reader.text("note", entry.note, 2000),
        "reason": reader.text("reason", entry.reason, 2000),
    }
    if period is not None and entry.period_end is not None and entry.period_end != "":
        reader.take("period_end", lambda: _check_end(entry.period_end, period, cadence))
    if reader.errors or period is None:
        return Unreadable(row=row, errors=reader.errors)
    return Arrival(row=row, start=period.start, end=period.end, **arrival)


class _Reader:
    """Collects the sentences of a row, so that all its mistakes are told at once."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def take(self, name: str, reading: Any) -> Any:
        try:
            return reading()
        except ValueError as error:
            self.errors[name] = str(error)
            return None

    def text(self, name: str, value: Any, longest: int) -> str:
        return self.take(name, lambda: clean_text(_as_text(value), max_length=longest)) or ""


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise ValueError("Enter text.")
    return str(value)


def _period(given: Any, cadence: Cadence, now: datetime) -> Period:
    """Return the period a day or time lies in; the open period may have values, a later one not."""
    period = cadence.containing(_moment(given, cadence))
    if period.start > now:
        raise ValueError(f"The period from {_day(period.start, cadence)} has not begun yet.")
    return period


def _moment(given: Any, cadence: Cadence) -> date | datetime:
    if isinstance(given, str):
        given = _parsed(given.strip())
    if not isinstance(given, date):
        raise ValueError("Enter a date as year-month-day, for example 2026-11-30.")
    day = given.date() if isinstance(given, datetime) else given
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"Enter a date between {FIRST_DAY.year} and {LAST_DAY.year}.")
    return instant(given, cadence.zone)


def _parsed(text: str) -> date | datetime | None:
    """Read 2026-11-30 or 2026-11-30T14:05Z; nothing else of what ISO 8601 allows, so that slips show."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text) if 16 <= len(text) <= 40 else None
    except ValueError:
        return None


def _check_end(given: Any, period: Period, cadence: Cadence) -> None:
    """Accept the end that follows from the cadence, told as its last day or as the first day after it."""
    moment = _moment(given, cadence)
    last_day = instant(_day(period.end - timedelta(microseconds=1), cadence), cadence.zone)
    if moment not in {period.end, last_day}:
        raise ValueError(f"The period runs from {_day(period.start, cadence)} to {_day(period.end, cadence)}.")


def _day(moment: datetime, cadence: Cadence) -> date:
    return moment.astimezone(cadence.zone).date()


def _value(given: Any) -> Decimal | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, bool) or not isinstance(given, Decimal | int | float | str):
        raise ValueError("Enter a number, for example 12.5.")
    return parse_decimal(str(given))


def _sample(given: Any) -> int | None:
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, int | str | Decimal | float):
        raise ValueError("Enter a whole number.")
    number = parse_decimal(str(given))
    if number != int(number) or not 0 <= number <= LARGEST_SAMPLE:
        raise ValueError("Enter a whole number, 0 or more.")
    return int(number)
