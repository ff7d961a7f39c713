"""How a dispute about a metric moves, and how far up a late answer has gone: pure rules over times and names."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class DisputeState(StrEnum):
    """Where a dispute stands; all but open are final."""

    OPEN = "open"
    UPHELD = "upheld"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What may happen to a dispute."""

    UPHOLD = "uphold"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


MOVES: dict[tuple[DisputeState, Move], DisputeState] = {
    (DisputeState.OPEN, Move.UPHOLD): DisputeState.UPHELD,
    (DisputeState.OPEN, Move.DECLINE): DisputeState.DECLINED,
    (DisputeState.OPEN, Move.WITHDRAW): DisputeState.WITHDRAWN,
}

HOURS_TO_ANSWER = {"strategic": 24, "business": 48, "operational": 72}
"""Level of the metric → hours that each step of the path has before the next one is told."""


class Step(StrEnum):
    """Whom a dispute goes to, one after the other."""

    STEWARD = "steward"
    OWNER = "owner"
    LAST_RESORT = "last_resort"


def after(state: str, move: Move) -> DisputeState:
    """Return the state that the move leads to; raises ValueError with a sentence when it leads nowhere from here."""
    following = MOVES.get((DisputeState(state), move))
    if following is None:
        raise ValueError(f"The dispute is {state} already; nothing more can be done with it.")
    return following


def time_to_answer(level: str) -> timedelta:
    """Return how long each step of the path has, by the level of the metric."""
    return timedelta(hours=HOURS_TO_ANSWER.get(level, HOURS_TO_ANSWER["operational"]))


def path(opened_at: datetime, due_at: datetime, missing: Sequence[Step] = ()) -> list[tuple[Step, datetime]]:
    """Return whom the dispute goes to and when; nobody waits for a step that has nobody (`missing`).

    The first step there is comes at once, each further one when the time of the one before it is up.
    """
    wait = due_at - opened_at
    steps = [step for step in Step if step not in missing]
    return [(step, opened_at + wait * position) for position, step in enumerate(steps)]


def reached(steps: Sequence[tuple[Step, datetime]], now: datetime) -> list[Step]:
    """Return whom the dispute has come to by now."""
    return [step for step, at in steps if at <= now]
