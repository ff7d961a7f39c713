"""How well an organisation decides and learns, in figures: times from a breach to its answer, and what came of it.

Facts go in, figures by month come out. A month without a fact has no value: nothing is said, and nothing is zero.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import median

CHANGED = ("amend", "fallback", "stop", "supersede")
HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One re-evaluation that is over: what it was about, when each thing happened, what came of it.

    `closed`: when it was answered, or taken back by a correction (`retracted`). `false_alarm`: a correction took its
    breaches back, or it was reaffirmed after every one of them had ended by itself. `named`: its owner may be shown.
    """

    owner: str
    severity: str
    opened: datetime
    closed: datetime
    breached: datetime | None = None
    signalled: datetime | None = None
    acknowledged: datetime | None = None
    outcome: str = ""
    retracted: bool = False
    by_signal: bool = False
    false_alarm: bool = False
    named: bool = True


@dataclass(frozen=True, kw_only=True)
class Taking:
    """A decision that came in force for the first time: when its draft was begun, and when it was approved."""

    tier: str
    begun: datetime
    approved: datetime


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A closed decision that had agreed on a trade-off, and whether its objective was achieved."""

    at: datetime
    achieved: bool


Fact = Turn | Taking | Ending


@dataclass(frozen=True)
class Figure:
    """The value of one metric for one month (its first day) in one segment ("" for the whole), over `sample` facts."""

    key: str
    segment: str
    month: date
    value: Decimal
    sample: int


def false_alarm(
    *, outcome: str, closed: datetime, breaches: Sequence[tuple[bool, datetime | None]], retracted: bool = False
) -> bool:
    """Judge a re-evaluation, or one breach; `breaches`: whether each was retracted, and when it ended, if ever."""
    standing = [ended for taken_back, ended in breaches if not taken_back]
    if retracted or (breaches and not standing):
        return True
    gone = bool(standing) and all(ended is not None and ended <= closed for ended in standing)
    return outcome == "reaffirm" and gone


def _span(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else max((end - begin).total_seconds(), 0.0)


STAGES: dict[str, tuple[str, Callable[[Turn], float | None]]] = {
    "premise_breach_to_signal": ("Breach to signal", lambda turn: _span(turn.breached, turn.signalled)),
    "premise_signal_to_acknowledgement": (
        "Signal to acknowledgement",
        lambda turn: _span(turn.signalled or turn.opened, turn.acknowledged),
    ),
    "premise_acknowledgement_to_outcome": (
        "Acknowledgement to outcome",
        lambda turn: None if turn.retracted else _span(turn.acknowledged, turn.closed),
    ),
    "premise_decision_latency": (
        "Breach to outcome",
        lambda turn: None if turn.retracted else _span(turn.breached or turn.opened, turn.closed),
    ),
}
"""Metric key → name of the stage, and its length in seconds; None where it does not apply."""


def figures(facts: Iterable[Fact], *, until: date) -> list[Figure]:
    """Return every figure of every month that is over: before the month of `until`."""
    gathered: dict[tuple[str, str, date], list[float]] = defaultdict(list)
    for fact in facts:
        at, told = _told(fact)
        month = at.astimezone(UTC).date().replace(day=1)
        if month < until.replace(day=1):
            for key, segment, number in told:
                gathered[key, segment, month].append(number)
    return [
        Figure(key, segment, month, _summed_up(key, numbers), len(numbers))
        for (key, segment, month), numbers in sorted(gathered.items())
    ]


def _told(fact: Fact) -> tuple[datetime, Iterator[tuple[str, str, float]]]:
    """Return when a fact counts, and (metric, segment, number) for each thing that it tells."""
    match fact:
        case Turn():
            return fact.closed, _of_turn(fact)
        case Taking():
            days = (fact.approved - fact.begun).total_seconds() / DAY
            return fact.approved, iter([(f"premise_decision_time_{fact.tier}", "", days)])
        case Ending():
            return fact.at, iter([("premise_trade_off_success_rate", "", 100.0 * fact.achieved)])


def _of_turn(turn: Turn) -> Iterator[tuple[str, str, float]]:
    segments = ["", f"severity:{turn.severity}"]
    owner = [f"owner:{turn.owner}"[:80]] if turn.named else []
    for key, (_, length) in STAGES.items():
        seconds = length(turn)
        if seconds is not None:
            yield from ((key, segment, seconds / HOUR) for segment in [*segments, *owner])
    if not turn.retracted:
        reaffirmed = 100.0 * (turn.outcome == "reaffirm")
        yield from (("premise_share_reaffirmed", segment, reaffirmed) for segment in segments)
    if turn.by_signal:
        yield from (("premise_false_alarm_share", segment, 100.0 * turn.false_alarm) for segment in segments)


def _summed_up(key: str, numbers: Sequence[float]) -> Decimal:
    """Return the median of times, the mean of shares."""
    shares = key.endswith(("_share", "_rate", "_reaffirmed"))
    return Decimal(str(round(sum(numbers) / len(numbers) if shares else median(numbers), 1 if shares else 2)))


@dataclass(frozen=True)
class Usefulness:
    """What came of one condition, over all its versions; `lateness` is the median in seconds.

    Fired: breaches that called the decision into question. Answered: those whose re-evaluation was answered. Changed:
    those after which the decision was amended, its fallback invoked, or it was stopped or superseded. False: see
    `false_alarm`. Flaps: how often a breach came back within the cooldown. Lateness: from the end of the period in
    which it fired to the signal.
    """

    fired: int = 0
    answered: int = 0
    changed: int = 0
    false: int = 0
    flaps: int = 0
    lateness: float | None = None


@dataclass(frozen=True, kw_only=True)
class Firing:
    """One breach of one condition, and what became of the re-evaluation that it opened or joined."""

    fired: datetime
    told: datetime
    flaps: int = 0
    answered: bool = False
    outcome: str = ""
    false_alarm: bool = False


def usefulness(firings: Sequence[Firing]) -> Usefulness:
    """Sum up what came of a condition's breaches."""
    if not firings:
        return Usefulness()
    return Usefulness(
        fired=len(firings),
        answered=sum(each.answered for each in firings),
        changed=sum(each.answered and each.outcome in CHANGED for each in firings),
        false=sum(each.false_alarm for each in firings),
        flaps=sum(each.flaps for each in firings),
        lateness=median((each.told - each.fired).total_seconds() for each in firings),
    )
