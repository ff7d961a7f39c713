"""Move a decision from state to state: the only place that writes the state column."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from approvals.models import User
from config.kit import locking
from config.kit.refusals import MoveRefused
from decisions.domain.moves import FINAL, Move, State, after, refusal
from decisions.models import Decision
from metrics.services import conditions


def locked(reference: str) -> Decision:
    """Return the decision with its row locked until the transaction ends."""
    rows = Decision.objects.select_related("owner", "owner_of_last_resort").filter(reference=reference)
    return locking.locked(rows).get()


def refused(decision: Decision, move: Move) -> list[str]:
    """Return why the move is not open, as a list to which other reasons may be added."""
    return [] if after(State(decision.state), move) else [refusal(State(decision.state), move)]


def move_on(decision: Decision, move: Move, *, by: User | None, at: datetime | None = None, **columns: Any) -> Decision:
    """Write the state that follows, and the columns that go with it; the caller writes the ledger, last."""
    target = after(State(decision.state), move)
    if target is None:
        raise MoveRefused(refused(decision, move))
    decision.state = target
    if target in FINAL:
        columns["ended_at"] = at or timezone.now()
        columns["next_review_on"] = None
        conditions.disarm(watcher=decision.reference, by=by)
    return save(decision, by=by, **columns)


def save(decision: Decision, *, by: User | None, **columns: Any) -> Decision:
    """Write columns other than the state, with the person in the history."""
    for name, value in columns.items():
        setattr(decision, name, value)
    decision.lock += 1
    decision._history_user = by  # type: ignore[attr-defined]
    decision.save()
    return decision
