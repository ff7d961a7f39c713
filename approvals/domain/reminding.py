"""When a stage speaks up by itself: before it is due, when it is, again and again, before it expires, when it has."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SHARE_LEFT = 4
"""Without hours of its own, a reminder goes out when a quarter of the stage's time is left; warnings, too."""
MOST_REMINDERS = 100


class Word(StrEnum):
    """What there is to say."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    AGAIN = "again"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A stage's times, in hours: to answer, before the due time, between later reminders, from due time to the end."""

    due_at: datetime
    hours: int
    remind_before: int | None = None
    remind_every: int | None = None
    expires_after: int | None = None


def word_at(clock: Clock, now: datetime) -> tuple[Word, int] | None:
    """Return the latest thing that should have been said by now, with its number; None before the first."""
    late = now - clock.due_at
    if late >= timedelta(0):
        return _late_word(clock, late)
    before = timedelta(hours=clock.hours) / SHARE_LEFT if clock.remind_before is None else _hours(clock.remind_before)
    return (Word.REMINDER, 0) if -late <= before else None


def expires_at(clock: Clock) -> datetime | None:
    """Return when the request ends unanswered."""
    return None if clock.expires_after is None else clock.due_at + _hours(clock.expires_after)


def _late_word(clock: Clock, late: timedelta) -> tuple[Word, int]:
    if clock.expires_after is not None:
        if late >= _hours(clock.expires_after):
            return Word.EXPIRED, 0
        if late >= _hours(clock.expires_after) * (SHARE_LEFT - 1) / SHARE_LEFT:
            return Word.EXPIRING, 0
    number = min(int(late / _hours(clock.remind_every)), MOST_REMINDERS) if clock.remind_every else 0
    return (Word.AGAIN, number) if number else (Word.OVERDUE, 0)


def _hours(number: int) -> timedelta:
    return timedelta(hours=number)
