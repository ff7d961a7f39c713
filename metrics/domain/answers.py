"""What a source answered, made into values on the metric's periods: pure, and distrustful of every cell.

Nothing here repeats a word of the answer: whoever sets up a pull must not read through it what they may not fetch.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any
from unicodedata import category

from metrics.domain.periods import Cadence, instant

DECIMALS, SIGNIFICANT = 6, 15  # what a stored value keeps; sources answer with floats
FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST_SEGMENT = 80
MILLISECONDS_FROM = 10**11  # as seconds that would be the year 5138
NOT_A_NUMBER = "The value is not a number."
NOT_A_PERIOD = "The period is not a date or a time."
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.ASCII)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.ASCII)
_COUNTED = re.compile(r"\d{9,13}(\.\d{1,9})?", re.ASCII)  # all cells of an SQL answer are text
_ROUNDING = Context(prec=SIGNIFICANT, rounding=ROUND_HALF_EVEN)


class NoAnswer(Exception):
    """A source gave nothing to read values from; the sentence says why, without any word of what it sent."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One value as a source gave it. A `period` of None: the source tells the value as it is now, without a date."""

    period: Any = None
    value: Any = None
    segment: Any = ""
    sample_size: Any = None


@dataclass(frozen=True, kw_only=True)
class Ready:
    """One value on its period. `undated`: it stands for the newest period that is over, and only for the first time."""

    start: datetime
    value: Decimal
    segment: str = ""
    sample_size: int | None = None
    undated: bool = False


@dataclass(kw_only=True)
class Readings:
    """What an answer comes to. `waiting`: values of periods that are not over; `empty`: rows without a value."""

    ready: list[Ready] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    waiting: int = 0
    empty: int = 0


def readings(rows: Iterable[Row], *, cadence: Cadence, now: datetime) -> Readings:
    """Put rows on the periods of a cadence; two different values of one period are both refused."""
    found = Readings()
    by_period: dict[tuple[str, datetime], tuple[int, Ready]] = {}
    twice: set[tuple[str, datetime]] = set()
    for number, row in enumerate(rows, start=1):
        try:
            ready = _ready(row, cadence, now)
        except ValueError as error:
            found.refused.append(f"Row {number}: {error}")
            continue
        if isinstance(ready, Ready):
            key = (ready.segment, ready.start)
            first = by_period.setdefault(key, (number, ready))
            if first[1] != ready:
                twice.add(key)
                found.refused.append(f"Rows {first[0]} and {number}: two different values of one period.")
        elif ready == "waiting":
            found.waiting += 1
        else:
            found.empty += 1
    found.ready = [ready for key, (_, ready) in by_period.items() if key not in twice]
    return found


def _ready(row: Row, cadence: Cadence, now: datetime) -> Ready | str:
    if row.value is None or row.value == "":
        return "empty"
    if row.period is None:
        period = cadence.period(cadence.index(now) - 1)
    else:
        period = cadence.containing(instant(moment_of(row.period), cadence.zone))
    if period.end > now:
        return "waiting"
    return Ready(
        start=period.start,
        value=number_of(row.value),
        segment=_segment(row.segment),
        sample_size=_sample(row.sample_size),
        undated=row.period is None,
    )


def moment_of(given: Any) -> date | datetime:
    """Read a day, a time, 2026-11, 2026-W45, 2026-Q4 or seconds (or milliseconds) since 1970; ValueError otherwise."""
    if isinstance(given, str):
        found = _written(given.strip())
    elif isinstance(given, bool):
        found = None
    elif isinstance(given, int | float | Decimal):
        found = _counted(given)
    else:
        found = given if isinstance(given, date) else None
    if found is None:
        raise ValueError(NOT_A_PERIOD)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"The period does not lie between {FIRST_YEAR} and {LAST_YEAR}.")
    return found


def _written(text: str) -> date | datetime | None:
    try:
        if found := _MONTH.fullmatch(text):
            return date(int(found[1]), int(found[2]), 1)
        if found := _QUARTER.fullmatch(text):
            return date(int(found[1]), int(found[2]) * 3 - 2, 1)
        if found := _WEEK.fullmatch(text):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        if _COUNTED.fullmatch(text):
            return _counted(Decimal(text))
        if len(text) == 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text) if 16 <= len(text) <= 40 else None
    except ValueError:
        return None


def _counted(given: float | Decimal) -> datetime | None:
    try:
        seconds = float(given)
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= MILLISECONDS_FROM else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def number_of(given: Any) -> Decimal:
    """Return a finite number with what a stored value keeps: 6 decimals, 15 significant digits; ValueError else."""
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise ValueError(NOT_A_NUMBER)
    written = str(given).strip()
    if "_" in written or not written.isascii():
        raise ValueError(NOT_A_NUMBER)  # Decimal would take 1_000 and other scripts' digits
    try:
        value = Decimal(written)
    except (InvalidOperation, ValueError) as error:
        raise ValueError(NOT_A_NUMBER) from error
    if not value.is_finite():
        raise ValueError("The value is not a number but NaN or infinite.")
    if value.adjusted() >= SIGNIFICANT:
        raise ValueError(f"The value is too large: at most {SIGNIFICANT} digits before the decimal point.")
    if not value or value.adjusted() < -DECIMALS - 1:
        return Decimal(0)
    return _ROUNDING.plus(value).quantize(Decimal(1).scaleb(-DECIMALS), ROUND_HALF_EVEN).normalize()


def _segment(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError("The segment is not text.")
    name = str(given).strip()
    if len(name) > LONGEST_SEGMENT:
        raise ValueError(f"The segment has more than {LONGEST_SEGMENT} characters.")
    if any(category(character) in {"Cc", "Cs"} for character in name):
        raise ValueError("The segment contains a control character, or half a character.")
    return name


def _sample(given: Any) -> int | None:
    if given is None or given == "":
        return None
    try:
        number = number_of(given)
    except ValueError as error:
        raise ValueError("The sample size is not a number.") from error
    if number < 0 or number != int(number):
        raise ValueError("The sample size is not a whole number.")
    return int(number)


def ended(cadence: Cadence, now: datetime, count: int) -> list[datetime]:
    """Return the ends of the newest `count` periods that are over, oldest first."""
    present = cadence.index(now)
    return [cadence.start_of(index) for index in range(present - count + 1, present + 1)]


@dataclass(frozen=True)
class Span:
    """Moments at equal distances, as a range query asks for them; a single one has any step."""

    start: datetime
    end: datetime
    step: int  # seconds


def spans(moments: Sequence[datetime]) -> list[Span]:
    """Cover moments in order by as few spans as they allow: months and clock changes are not equally long."""
    found: list[Span] = []
    for moment in moments:
        last = found[-1] if found else None
        gap = int((moment - last.end).total_seconds()) if last else 0
        if last and (last.start == last.end or gap == last.step):
            found[-1] = Span(last.start, moment, gap)
        else:
            found.append(Span(moment, moment, 1))
    return found


def matrix(answer: Any, label: str) -> list[Row]:
    """Read Prometheus' answer to a range query: a value at the end of a period is that period's.

    `label` names the label whose value is the segment; without one there may be one series only.
    """
    if not isinstance(answer, dict) or answer.get("status") != "success":
        known = {"bad_data", "timeout", "execution", "canceled", "internal", "unavailable", "not_found"}
        kind = answer.get("errorType") if isinstance(answer, dict) else None
        why = f" ({kind})" if isinstance(kind, str) and kind in known else ""
        raise NoAnswer(f"The server did not work the expression out{why}.")
    data = answer.get("data")
    if not isinstance(data, dict) or data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        raise NoAnswer("The server's answer is not a matrix, as that of a range query is.")
    series = data["result"]
    if len(series) > 1 and not label:
        raise NoAnswer(f"The answer has {len(series)} series: sum them up, or name the label that is the segment.")
    return [row for each in series for row in _series(each, label)]


def _series(each: Any, label: str) -> list[Row]:
    labels, values = (each.get("metric"), each.get("values")) if isinstance(each, dict) else (None, None)
    if not isinstance(labels, dict) or not isinstance(values, list):
        raise NoAnswer("A series of the answer has no labels or no values.")
    rows = []
    for pair in values:
        at = _counted(pair[0]) if isinstance(pair, list) and len(pair) == 2 and _is_number(pair[0]) else None
        if at is None:
            raise NoAnswer("A value of the answer has no time.")
        segment = labels.get(label, "") if label else ""
        rows.append(Row(period=at - timedelta(microseconds=1), value=pair[1], segment=segment))
    return rows


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float | Decimal) and not isinstance(given, bool)
