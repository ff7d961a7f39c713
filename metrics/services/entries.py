"""Read loose rows (form, CSV, API) into arrivals on the metric's periods, or say per row why they cannot be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from config.kit.numbers import parse_decimal
from config.kit.text import FIRST_DAY, LAST_DAY, clean_text
from metrics.domain.intake import Arrival
from metrics.domain.periods import Cadence, Period, instant
from metrics.models import Metric

LARGEST_SAMPLE = 10**15
SHORT = 15  # digits that are within the largest sample, whatever they are
LONGEST_DATE = 40
RESERVED = ("pull ", "premise.")  # how sources begin that are Premise itself
TAKEN = "Names that begin with “pull ” or “premise” stand for what Premise brings itself; give another."


class Entry(NamedTuple):
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


def is_reserved(source: str) -> bool:
    """Say whether the name of a source stands for Premise itself."""
    name = source.strip().casefold()
    return name == "premise" or name.startswith(RESERVED)


def cadence_of(metric: Metric) -> Cadence:
    """Return the cadence in which the metric's values are kept."""
    return Cadence.of(metric.cadence, time_zone=metric.time_zone, settle_after=metric.settle_after)


def read(
    entries: Sequence[Entry], *, cadence: Cadence, now: datetime, source: str, trusted: bool = True
) -> tuple[list[Arrival], list[Unreadable]]:
    """Sort the rows into what can be ruled on and what cannot be read; rows count from 1.

    `trusted`: rows may name Premise itself as their source, as what comes from people may not.
    """
    arrivals, unreadable = [], []
    reading = _Reading(cadence, now, source, trusted)
    for row, entry in enumerate(entries, start=1):
        try:
            arrivals.append(reading.arrival(row, entry))
        except ValueError:
            unreadable.append(Unreadable(row=row, errors=reading.errors(entry)))
    return arrivals, unreadable


class _Reading:
    """How the rows of one batch are read: in one go where all is well, else once more for each mistake of the row."""

    def __init__(self, cadence: Cadence, now: datetime, source: str, trusted: bool) -> None:
        self.cadence, self.now, self.source, self.trusted = cadence, now, source, trusted
        self.calendar = _calendar(cadence)

    def arrival(self, row: int, entry: Entry) -> Arrival:
        """Clean one row; ValueError with the first thing that is wrong with it."""
        given, value, end, segment, sample, external_id, source, note, reason, trouble = entry
        if trouble:
            raise ValueError(trouble)
        period = self.period(given)
        if end is not None and end != "":
            _check_end(end, period, self.cadence)
        return Arrival(
            row,
            _text(segment, 80),
            period.start,
            period.end,
            _value(value),
            _sample(sample),
            self.named(source) if source else self.source,
            _text(external_id, 120),
            _text(note, 2000),
            _text(reason, 2000),
        )

    def errors(self, entry: Entry) -> dict[str, str]:
        """Return, field by field, everything that is wrong with a row."""
        if entry.trouble:
            return {"": entry.trouble}
        period: Period | None = None
        found: dict[str, str] = {}
        try:
            period = self.period(entry.period_start)
        except ValueError as error:
            found["period_start"] = str(error)
        fields: dict[str, Callable[[], object]] = {
            "value": lambda: _value(entry.value),
            "sample_size": lambda: _sample(entry.sample_size),
            "segment": lambda: _text(entry.segment, 80),
            "source": lambda: self.named(entry.source),
            "external_id": lambda: _text(entry.external_id, 120),
            "note": lambda: _text(entry.note, 2000),
            "reason": lambda: _text(entry.reason, 2000),
        }
        if period is not None and entry.period_end is not None and entry.period_end != "":
            fields["period_end"] = lambda: _check_end(entry.period_end, period, self.cadence)
        for name, take in fields.items():
            try:
                take()
            except ValueError as error:
                found[name] = str(error)
        return found

    def named(self, source: Any) -> str:
        """Return the name of a row's source; what a person sends cannot pass for what a pull brought."""
        name = _text(source, 80)
        if not self.trusted and is_reserved(name):
            raise ValueError(TAKEN)
        return name or self.source

    def period(self, given: Any) -> Period:
        """Return the period a day or time lies in; the open period may have values, a later one not."""
        if isinstance(given, str) and len(given) <= LONGEST_DATE:
            period = self.calendar(given)
        else:
            period = self.cadence.containing(_moment(given, self.cadence))
        if period.start > self.now:
            raise ValueError(f"The period from {_day(period.start, self.cadence)} has not begun yet.")
        return period


@lru_cache(maxsize=8)
def _calendar(cadence: Cadence) -> Callable[[str], Period]:
    """Return how written days are put on the periods of a cadence; the same day is looked up once."""
    return lru_cache(maxsize=10_000)(lambda written: cadence.containing(_moment(written, cadence)))


def _text(value: Any, longest: int) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool | dict | list):
        raise ValueError("Enter text.")
    return clean_text(str(value), max_length=longest)


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
        return datetime.fromisoformat(text) if 16 <= len(text) <= LONGEST_DATE else None
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
    if isinstance(given, str) and len(given) < SHORT and given.isascii() and given.isdecimal():
        return int(given)
    if isinstance(given, bool) or not isinstance(given, int | str | Decimal | float):
        raise ValueError("Enter a whole number.")
    number = parse_decimal(str(given))
    if number != int(number) or not 0 <= number <= LARGEST_SAMPLE:
        raise ValueError("Enter a whole number, 0 or more.")
    return int(number)
