"""A notation for folds: weekly values as words ("60 71 . 72") → states, one letter a week."""

from datetime import UTC, date, datetime
from decimal import Decimal

from metrics.domain.conditions import parse
from metrics.domain.fold import Context, Folded, Reading, fold
from metrics.domain.kinds import State
from metrics.domain.periods import Cadence

WEEKLY = Cadence.of("weekly")
FIRST = WEEKLY.index(datetime(2026, 1, 5, tzinfo=UTC))
LETTERS = {State.OK: "o", State.PENDING: "p", State.BREACHED: "B", State.RECOVERING: "r"}


def week(number: int) -> datetime:
    """Return the start of a week, numbered from 1 (Monday, 5 January 2026)."""
    return WEEKLY.start_of(FIRST + number - 1)


def weeks(values: str) -> list[Reading]:
    """Read weekly values; 71/5 is 71 with a sample of 5, a dot a reading without a value, _ no reading at all."""
    readings = []
    for place, word in enumerate(values.split()):
        value, _, sample = word.partition("/")
        if value != "_":
            number = None if value == "." else Decimal(value)
            period = WEEKLY.period(FIRST + place)
            readings.append(Reading(*period, number, int(sample) if sample else None))
    return readings


def replay(spec: dict, values: str, *, after: int = 0, **context) -> Folded:
    """Fold a condition over weekly values, as known when the last week (and `after` more) has just ended."""
    count = len(values.split())
    return fold(parse(spec), weeks(values), week(count + 1 + after), WEEKLY, Context(**context))


def states(spec: dict, values: str, **kwargs) -> str:
    """Return the states of a replay, one letter a week: o(k) p(ending) B(reached) r(ecovering)."""
    return letters(replay(spec, values, **kwargs))


def letters(folded: Folded) -> str:
    """Return the states of a fold as letters."""
    return " ".join(LETTERS[state] for state in folded.states)


def episodes(folded: Folded) -> list[tuple[int, int, int | None]]:
    """Return episodes as (start, fired, end) in week numbers."""
    return [(_number(e.start), _number(e.fired), e.end and _number(e.end)) for e in folded.episodes]


def _number(start: datetime) -> int:
    return WEEKLY.index(start) - FIRST + 1


def monday(number: int) -> date:
    """Return the local date of a week."""
    return week(number).date()
