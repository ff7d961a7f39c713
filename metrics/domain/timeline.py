"""Readings laid out period by period, with the gaps between them made visible.

A timeline holds only settled periods, in order, from the first reading's period to the last one's. Periods that
nobody sent a reading for stand there as missing, like readings without a value. Trailing silence is added only
where silence itself counts (`to_the_end`): under the policy `hold` it could change nothing.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from metrics.domain.kinds import Health
from metrics.domain.periods import MOST_PERIODS, Cadence, instant

BREACH, BETWEEN, CLEAR = 2, 1, 0
MISSING, INSUFFICIENT, ERROR = -1, -2, -3


class Reading(NamedTuple):
    """The current value of one period; value None says that there is none. Moments best in UTC (a date is local)."""

    period_start: date | datetime
    period_end: date | datetime | None = None
    value: Decimal | None = None
    sample_size: int | None = None


class Timeline:
    """Parallel lists, one entry a period: starts and ends (UTC), values (None: nothing to go by)."""

    __slots__ = ("as_of", "cadence", "ends", "lacking", "silent", "starts", "values")

    def __init__(self, cadence: Cadence, as_of: datetime) -> None:
        self.cadence = cadence
        self.as_of = as_of
        self.starts: list[datetime] = []
        self.ends: list[datetime] = []
        self.values: list[Decimal | None] = []
        self.lacking: set[int] = set()  # positions whose sample is too small
        self.silent = True  # whether the newest settled period has no value at all

    def health(self) -> Health:
        """Say how the newest settled period stands, whatever the kind of condition."""
        if self.silent:
            return Health.NO_DATA
        return Health.INSUFFICIENT if len(self.starts) - 1 in self.lacking else Health.FRESH

    def nothing(self, position: int) -> int:
        """Return the verdict on a period that has no usable value."""
        return INSUFFICIENT if position in self.lacking else MISSING


class History:
    """A metric's readings as known at one moment, laid out once for any number of conditions."""

    __slots__ = ("_lines", "as_of", "cadence", "minimum_sample", "readings")

    def __init__(
        self, readings: Sequence[Reading], as_of: datetime, cadence: Cadence, minimum_sample: int | None = None
    ) -> None:
        self.readings, self.as_of, self.cadence, self.minimum_sample = readings, as_of, cadence, minimum_sample
        self._lines: dict[bool, Timeline] = {}

    def line(self, *, to_the_end: bool) -> Timeline:
        """Return the timeline, with or without the silence after the last reading; nobody may change it."""
        if to_the_end not in self._lines:
            self._lines[to_the_end] = lay_out(
                self.readings, self.as_of, self.cadence, self.minimum_sample, to_the_end=to_the_end
            )
        return self._lines[to_the_end]


def lay_out(
    readings: Sequence[Reading], as_of: datetime, cadence: Cadence, minimum_sample: int | None, *, to_the_end: bool
) -> Timeline:
    """Lay readings out as a timeline at `as_of`; two readings of one period are a ValueError. Order does not matter."""
    line = Timeline(cadence, as_of)
    ordered = _settled(_ordered(readings, cadence), as_of, cadence)
    _fill(line, ordered, minimum_sample)
    if ordered:
        _finish(line, as_of, to_the_end=to_the_end)
    return line


def _ordered(
    readings: Sequence[Reading], cadence: Cadence
) -> list[tuple[datetime, datetime, Decimal | None, int | None]]:
    for reading in readings:
        start, end = reading[0], reading[1]
        if type(start) is not datetime or type(end) is not datetime or start.tzinfo is not UTC or end.tzinfo is not UTC:
            readings = [_in_utc(each, cadence) for each in readings]
            break
    return sorted(readings, key=itemgetter(0))  # type: ignore[arg-type]


def _in_utc(reading: Reading, cadence: Cadence) -> Reading:
    start = instant(reading.period_start, cadence.zone)
    end = reading.period_end
    utc_end = cadence.containing(start).end if end is None else instant(end, cadence.zone)
    return Reading(start, utc_end, reading.value, reading.sample_size)


def _settled(
    ordered: list[tuple[datetime, datetime, Decimal | None, int | None]], as_of: datetime, cadence: Cadence
) -> list[tuple[datetime, datetime, Decimal | None, int | None]]:
    count = len(ordered)
    while count and cadence.settled_at(ordered[count - 1][1]) > as_of:
        count -= 1
    return ordered[:count]


def _fill(
    line: Timeline, ordered: list[tuple[datetime, datetime, Decimal | None, int | None]], minimum_sample: int | None
) -> None:
    starts, ends, values = line.starts, line.ends, line.values
    previous: datetime | None = None
    for start, end, value, sample_size in ordered:
        if previous is not None and start != previous:
            _add_missing(line, starts[-1], start)
        if (
            sample_size is not None
            and minimum_sample is not None
            and sample_size < minimum_sample
            and value is not None
        ):
            line.lacking.add(len(values))
            values.append(None)
        else:
            values.append(value)
        starts.append(start)
        ends.append(end)
        previous = end


def _add_missing(line: Timeline, before: datetime, start: datetime) -> None:
    """Add the periods between two readings; the same period twice is refused."""
    first, last = line.cadence.index(before) + 1, line.cadence.index(start) - 1
    if last < first - 1:
        raise ValueError(f"Two values were given for the period that begins {start.isoformat()}.")
    if last - first >= MOST_PERIODS:
        raise ValueError(f"There is a gap of {last - first + 1} periods; at most {MOST_PERIODS} can be looked at.")
    for index in range(first, last + 1):
        period = line.cadence.period(index)
        line.starts.append(period.start)
        line.ends.append(period.end)
        line.values.append(None)


def _finish(line: Timeline, as_of: datetime, *, to_the_end: bool) -> None:
    last = line.starts[-1]
    following = line.cadence.period(line.cadence.index(last) + 1)
    behind = line.cadence.settled_at(following.end) <= as_of
    line.silent = behind or (line.values[-1] is None and len(line.values) - 1 not in line.lacking)
    if behind and to_the_end:
        newest = line.cadence.last_settled(as_of)
        _add_missing(line, last, line.cadence.start_of(newest + 1))
