"""Take a request's lock, and end it: what every verb on requests shares."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from approvals import subjects
from approvals.models import ApprovalRequest, RequestStage, Signature, SignatureCondition, User
from approvals.services import checkpoints, emergencies, ledger
from approvals.services.notices import notify, settle

State = ApprovalRequest.State
APPROVALS = (Signature.Verdict.APPROVE, Signature.Verdict.APPROVE_WITH_CONDITIONS)


def stream(request: ApprovalRequest) -> str:
    """Return the ledger's stream of the request's subject."""
    return f"{request.kind}:{request.subject_id}"


def address(request: ApprovalRequest) -> str:
    """Return the address of the review screen."""
    return f"/approvals/{request.pk}/"


def asking(request_id: int) -> str:
    """Return how the causes of notices begin that ask for something while a request runs."""
    return f"request:{request_id}:stage:"


def locked(request_id: int) -> ApprovalRequest:
    """Take the request's lock by bumping its version, then read it in a second statement; DoesNotExist when gone.

    Reading in the locking statement would see the state from before the wait (measured: 29 wrong in 30).
    """
    ApprovalRequest.objects.filter(pk=request_id).update(version=F("version") + 1)
    return ApprovalRequest.objects.select_related("policy", "opened_by", "change").get(pk=request_id)


def close_stage(stage: RequestStage, state: str) -> None:
    """End one stage; whoever it asked and did not need is not asked any more."""
    stage.state, stage.closed_at = state, timezone.now()
    stage.save(update_fields=["state", "closed_at"])
    settle(causes=f"{asking(stage.request_id)}{stage.position}")


def decide(request: ApprovalRequest, outcome: str, *, by: User | None, reason: str = "") -> None:
    """End an open request, close its stages, tell the opener and the subject's app; the only writer of its state."""
    now = timezone.now()
    request.state, request.decided_at, request.outcome_reason = outcome, now, reason
    request.save(update_fields=["state", "decided_at", "outcome_reason"])
    unfinished = request.stages.filter(state__in=[RequestStage.State.OPEN, RequestStage.State.WAITING])
    unfinished.update(state=RequestStage.State.CLOSED, closed_at=now)
    payload = {"request": request.pk, "digest": request.digest, "reason": reason}
    ledger.append(stream(request), f"request.{outcome}", by=by, subject=request.subject_id, payload=payload)
    notify(
        to=[person for person in request.barred.all() if by is None or person.pk != by.pk],
        cause_key=f"request:{request.pk}:decided",
        title=f"{request.get_state_display()}: {request.title}",
        url=request.url or address(request),
        body=reason,
    )
    settle(causes=asking(request.pk))
    _carry_out(request, outcome, by)
    # A verdict is what somebody would most like to unmake: it leaves the database at once, not with the next beat.
    transaction.on_commit(checkpoints.write, robust=True)


def _carry_out(request: ApprovalRequest, outcome: str, by: User | None) -> None:
    """Let the subject's app do what was decided; an emergency was carried out before anybody was asked."""
    kind = subjects.get(request.kind)
    if request.change is not None and request.change.awaits_approval:
        emergencies.settle(request.change, approved=outcome == State.APPROVED, by=by, reason=request.outcome_reason)
    else:
        kind.on_verdict(request, outcome, by=by)
    conditions = conditions_of(request) if outcome == State.APPROVED else []
    if kind.commit is not None and conditions:
        kind.commit(request, conditions, by=by)


def conditions_of(request: ApprovalRequest) -> list[SignatureCondition]:
    """Return the conditions under which the request is approved, those of votes carried over among them."""
    given = request.signatures.filter(verdict=Signature.Verdict.APPROVE_WITH_CONDITIONS)
    roots = {carried or own for own, carried in given.values_list("pk", "carried_from")}
    return list(SignatureCondition.objects.filter(signature__in=roots).select_related("owner"))
