"""What a verdict on a decision's request does to the decision; called inside the signature's transaction."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from approvals.models import ApprovalRequest, User
from approvals.services import changes, ledger
from decisions.domain.moves import Move, State
from decisions.models import SUBJECT_KIND, Decision, Reevaluation
from decisions.services import transition, versions


def on_verdict(request: ApprovalRequest, outcome: str, *, by: User | None) -> None:
    """Carry out a verdict: approved, returned, rejected or withdrawn; the request is locked already."""
    decision = transition.locked(request.subject_id)
    _OUTCOMES[outcome](decision, request, by)


def apply_at_once(decision: Decision, request: ApprovalRequest, *, by: User) -> None:
    """Put an emergency change in force before its approvers have spoken; they are asked all the same."""
    _approved(decision, request, by)


def _approved(decision: Decision, request: ApprovalRequest, by: User | None) -> None:
    at = request.decided_at or timezone.now()
    if request.change is not None:
        changes.refuse_if_stale(SUBJECT_KIND, decision.reference, request.change.base_version)
    columns = versions.put_in_force(decision, request, by=by, at=at)
    if request.change is None:
        transition.move_on(decision, Move.APPROVE, by=by, **columns)
    else:
        changes.apply(request.change, by=by, version=columns["version"])
        waiting = decision.reevaluations.filter(change=request.change, state=Reevaluation.State.AMENDING).first()
        if waiting is not None:
            _complete(waiting, at)
        if waiting is not None or decision.state == State.IN_FORCE:
            transition.move_on(decision, Move.AMEND, by=by, **columns)
        else:
            # Another question was raised while this amendment ran: the version changes, the question stays.
            transition.save(decision, by=by, **columns)
    payload = {"request": request.pk, "version": decision.version, "digest": request.digest}
    ledger.append(decision.stream, "decision.in_force", by=by, subject=decision.reference, payload=payload)


def _complete(reevaluation: Reevaluation, at: datetime) -> None:
    """Close a re-evaluation that was answered by the amendment just approved."""
    reevaluation.state, reevaluation.answered_at = Reevaluation.State.ANSWERED, at
    reevaluation.save(update_fields=["state", "answered_at"])


def _returned(decision: Decision, request: ApprovalRequest, by: User | None) -> None:
    """Unlock the content; an amendment stays open and is edited on."""
    if request.change is None:
        transition.move_on(decision, Move.RETURN, by=by)
    _record(decision, "returned", request, by)


def _withdrawn(decision: Decision, request: ApprovalRequest, by: User | None) -> None:
    if request.change is None:
        transition.move_on(decision, Move.WITHDRAW, by=by)
    _record(decision, "withdrawn", request, by)


def _rejected(decision: Decision, request: ApprovalRequest, by: User | None) -> None:
    """End the decision, or, for an amendment, give the amendment up and keep what is in force."""
    if request.change is None:
        transition.move_on(decision, Move.REJECT, by=by)
    else:
        reason = request.outcome_reason or "The amendment was rejected."
        versions.give_up(decision, request.change, by=by, reason=reason)
    _record(decision, "rejected", request, by)


def _record(decision: Decision, verb: str, request: ApprovalRequest, by: User | None) -> None:
    payload = {"request": request.pk, "change": request.change_id, "reason": request.outcome_reason}
    ledger.append(decision.stream, f"decision.{verb}", by=by, subject=decision.reference, payload=payload)


_OUTCOMES: dict[str, Callable[[Decision, ApprovalRequest, User | None], None]] = {
    "approved": _approved,
    "returned": _returned,
    "rejected": _rejected,
    "withdrawn": _withdrawn,
}
