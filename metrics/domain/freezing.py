"""Freeze windows: days on which definitions stay as they are, and periods whose values do. Pure.

All days are inclusive, and are days of the metric's own time zone: a window over metrics of several zones begins and
ends for each of them with its own day. A period is frozen when any part of it lies in the
span. A first value of a frozen period still lands, as there is nothing yet that it would change, unless a whole or a
calculated value stands there already that it would be worked into.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.kit.canonical import decimal_text
from metrics.domain.intake import Arrival, Ruling, Status

LONGEST = 366  # days that definitions may be held still
LATE = "A first value, for something that was worked out without it."
"""The reason of a first value that waits and for which nobody gave one."""


class Standing(StrEnum):
    """How a freeze stands; the value is what a list says."""

    AHEAD = "Ahead"
    RUNS = "Frozen"
    OVER = "Over"


@dataclass(frozen=True, kw_only=True)
class Window:
    """One freeze: from `begins_on` to `ends_on` nothing of the span from `first_day` to `last_day` is corrected."""

    begins_on: date
    ends_on: date
    first_day: date
    last_day: date
    reason: str

    def runs_on(self, day: date) -> bool:
        """Say whether it is in force on a day."""
        return self.begins_on <= day <= self.ends_on

    def covers(self, first: date, last: date) -> bool:
        """Say whether any day of a period lies in the span."""
        return first <= self.last_day and last >= self.first_day

    @property
    def words(self) -> str:
        """Say until when, and why."""
        return f"until {self.ends_on.day} {self.ends_on:%b %Y} ({self.reason.rstrip('.')})"


def standing(window: Window, days: Collection[date]) -> Standing:
    """Say how a window stands on the present days of the metrics that it is about.

    It runs as soon as it holds one of them, and is over once it holds none of them any more.
    """
    if any(window.runs_on(day) for day in days):
        return Standing.RUNS
    return Standing.OVER if window.ends_on < min(days) else Standing.AHEAD


def window_errors(window: Window, *, days: Collection[date], where: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a window that somebody wants to declare, as field and sentence.

    `days`: the present days of the metrics concerned; `where` says which these are, for who has another day.
    """
    if window.ends_on < window.begins_on:
        yield "ends_on", "It ends before it begins."
    elif (window.ends_on - window.begins_on).days > LONGEST:
        yield "ends_on", f"Freeze for at most {LONGEST} days; declare another one when it is over."
    if window.ends_on < min(days):
        yield "ends_on", f"That day is over{where}; a freeze ends today or later{' there' if where else ''}."
    if window.last_day < window.first_day:
        yield "last_day", "The last day of the periods lies before the first."


def definition_held(windows: Sequence[Window], today: date) -> Window | None:
    """Return the window that holds definitions still today, the one that ends last; None when none does."""
    running = [window for window in windows if window.runs_on(today)]
    return max(running, key=lambda window: window.ends_on, default=None)


@dataclass(frozen=True)
class Wanted:
    """A correction that waits already."""

    value: Decimal | None
    sample_size: int | None

    def says(self, value: Decimal | None, sample_size: int | None) -> bool:
        """Tell whether an arrival repeats it; a sample size left out repeats any."""
        return self.value == value and sample_size in {None, self.sample_size}


@dataclass
class Frozen:
    """The windows that run now, and the corrections that wait; grows as a batch is ruled on.

    `touched`: places of arrivals that would change a frozen value somewhere else, with the window that holds that.
    """

    windows: Sequence[Window]
    zone: ZoneInfo
    waiting: dict[tuple[str, datetime], Wanted] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)  # rows that are new among those that wait
    touched: Mapping[tuple[str, datetime], Window] = field(default_factory=dict)

    def window_of(self, start: datetime, end: datetime) -> Window | None:
        """Return a window that covers a period, if one does."""
        first = start.astimezone(self.zone).date()
        last = (end - timedelta(microseconds=1)).astimezone(self.zone).date()
        return next((window for window in self.windows if window.covers(first, last)), None)

    def hold(self, ruling: Ruling, reasoned: bool = False) -> Ruling:
        """Let what would change a frozen value wait for approval; the same again is the same wish.

        `reasoned`: a first value that waits takes a reason then, as any correction does.
        """
        arrival = ruling.arrival
        place = (arrival.segment, arrival.start)
        first = ruling.status is Status.STORED
        own = None if first else self.window_of(arrival.start, arrival.end)
        window = own or self.touched.get(place)
        if window is None:
            return ruling
        what = "the period is frozen" if own else "what is made of it stands already and is frozen"
        stands = "That stays as it is meanwhile." if first else f"{_written(ruling.before)} stands meanwhile."
        why = f"{what} {window.words}. {stands}"
        if first and reasoned and not arrival.reason:
            return _refused(arrival, f"This must be approved, as {why} Give the reason for it.", "reason")
        known = self.waiting.get(place)
        if known is None:
            self.waiting[place] = Wanted(arrival.value, arrival.sample_size)
            self.fresh.add(arrival.row)
            return _waits(ruling, f"Waits for approval: {why}")
        if known.says(arrival.value, arrival.sample_size):
            return _waits(ruling, f"Waits for approval already: {why}")
        other = f"A correction of this period to {_written(known.value)} waits for approval already"
        return _refused(arrival, f"{other}; withdraw that one first.", "value")


def _refused(arrival: Arrival, sentence: str, field: str) -> Ruling:
    return Ruling(arrival=arrival, status=Status.REFUSED, sentence=sentence, field=field)


def _waits(ruling: Ruling, sentence: str) -> Ruling:
    """Return the ruling with the revision that still counts, 0 where there is none, and with a reason to sign."""
    arrival = ruling.arrival
    return Ruling(
        arrival=arrival._replace(reason=arrival.reason or arrival.note or LATE),
        status=Status.WAITING,
        sentence=sentence,
        revision=ruling.revision - 1,
        before=ruling.before,
    )


def _written(value: Decimal | None) -> str:
    return "no value" if value is None else decimal_text(value)
