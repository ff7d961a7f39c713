"""Open a request for approval, move it on, take it back."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from approvals import queries, subjects
from approvals.domain import quorum
from approvals.models import ApprovalRequest, ChangeRequest, RequestStage, Signature, User
from approvals.services import checkpoints, ledger, policies
from approvals.services.notices import notify
from approvals.services.words import needed_words
from config.kit.canonical import canonical, digest, parse
from config.kit.refusals import MoveRefused, Reason

State = ApprovalRequest.State
NOT_YOURS = "Only the person who asked for approval, or the owner, can withdraw the request."
ALREADY_OPEN = "This is already waiting for approval; withdraw that request first."


def has_open(kind: str, subject_id: str) -> bool:
    """Say whether a request for the subject is running."""
    return ApprovalRequest.objects.filter(kind=kind, subject_id=subject_id, state=State.OPEN).exists()


@transaction.atomic
def open_request(
    *,
    kind: str,
    subject_id: str,
    title: str,
    content: dict[str, Any],
    by: User,
    authors: Iterable[User],
    facts: dict[str, Any],
    change: ChangeRequest | None = None,
) -> ApprovalRequest:
    """Ask for signatures under exactly this content, by the policy its facts demand; MoveRefused when none can be had.

    `authors` are all who may not sign: author, contributors, the owner now and before. The opener is always one.
    """
    policy = policies.policy_for(kind, facts)
    with ledger.gathered():
        try:
            with transaction.atomic():
                request = ApprovalRequest.objects.create(
                    kind=kind,
                    subject_id=subject_id,
                    title=title[:300],
                    url=subjects.get(kind).url(subject_id),
                    content=canonical(content),
                    digest=digest(content),
                    facts=parse(canonical(facts)),
                    policy=policy,
                    policy_text=policies.frozen_text(policy),
                    change=change,
                    opened_by=by,
                    opened_at=timezone.now(),
                )
        except IntegrityError as error:
            raise MoveRefused([ALREADY_OPEN]) from error
        request.barred.set({by, *authors})
        policies.freeze_stages(policy, request)
        refuse_hopeless(request)
        ledger.append(_stream(request), "request.opened", by=by, subject=subject_id, payload=_opened(request))
        open_next_stage(request)
    return request


def _stream(request: ApprovalRequest) -> str:
    return f"{request.kind}:{request.subject_id}"


def _opened(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "request": request.pk,
        "digest": request.digest,
        "policy": request.policy.key,
        "policy_version": request.policy.version,
        "change": request.change_id,
    }


def refuse_hopeless(request: ApprovalRequest) -> None:
    """Refuse a request that nobody could ever decide, naming each stage that lacks people."""
    reasons = []
    for stage in request.stages.all():
        tally = stage_count(request, stage)
        if tally.outcome is quorum.Outcome.HOPELESS:
            reasons.append(
                Reason(
                    f"The stage “{stage.name}” needs {tally.needed} of the people it asks, and {tally.left} of them "
                    "may sign this. Ask an administrator to add people or change the policy."
                )
            )
    if reasons:
        raise MoveRefused(reasons)


def stage_count(request: ApprovalRequest, stage: RequestStage) -> quorum.Count:
    """Count a stage's votes against its quorum, with those who can still speak."""
    verdicts = list(stage.signatures.values_list("verdict", flat=True))
    approvals = (Signature.Verdict.APPROVE, Signature.Verdict.APPROVE_WITH_CONDITIONS)
    votes = quorum.Votes(
        approved=sum(verdict in approvals for verdict in verdicts),
        rejected=verdicts.count(Signature.Verdict.REJECT),
        abstained=verdicts.count(Signature.Verdict.ABSTAIN),
        left=len(queries.electors(request, stage)),
    )
    rule = quorum.Rule(kind=stage.quorum, value=stage.quorum_value, one_rejection_ends=stage.one_rejection_ends)
    return quorum.count(rule, votes)


def open_next_stage(request: ApprovalRequest) -> RequestStage | None:
    """Open the next waiting stage and tell its people; None when there is none left."""
    stage = request.stages.filter(state=RequestStage.State.WAITING).order_by("position").first()
    if stage is None:
        return None
    stage.state, stage.opened_at = RequestStage.State.OPEN, timezone.now()
    stage.due_at = stage.opened_at + timedelta(hours=stage.hours) if stage.hours else None
    stage.save(update_fields=["state", "opened_at", "due_at"])
    people = User.objects.filter(pk__in=queries.electors(request, stage))
    notify(
        to=[*people, *_stand_ins(request, stage, people)],
        cause_key=f"request:{request.pk}:stage:{stage.position}",
        title=f"Your signature is asked for: {request.title}",
        url=address(request),
    )
    return stage


def _stand_ins(request: ApprovalRequest, stage: RequestStage, people: Iterable[User]) -> Iterable[User]:
    """Return the delegates of those asked, so that an absence holds nothing up."""
    if not stage.delegation_allowed:
        return []
    barred = queries.barred_ids(request)
    held = queries.delegations_today().filter(giver__in=people).exclude(delegate__in=barred)
    return User.objects.filter(pk__in=held.values("delegate"))


def address(request: ApprovalRequest) -> str:
    """Return the address of the review screen."""
    return f"/approvals/{request.pk}/"


def locked(request_id: int) -> ApprovalRequest:
    """Take the request's lock by bumping its version, then read it in a second statement; DoesNotExist when gone.

    Reading in the locking statement would see the state from before the wait (measured: 29 wrong in 30).
    """
    ApprovalRequest.objects.filter(pk=request_id).update(version=F("version") + 1)
    return ApprovalRequest.objects.select_related("policy", "opened_by").get(pk=request_id)


def decide(request: ApprovalRequest, outcome: str, *, by: User | None, reason: str = "") -> None:
    """End an open request, close its stages, tell the opener and the subject's app; the only writer of its state."""
    now = timezone.now()
    request.state, request.decided_at, request.outcome_reason = outcome, now, reason
    request.save(update_fields=["state", "decided_at", "outcome_reason"])
    unfinished = request.stages.filter(state__in=[RequestStage.State.OPEN, RequestStage.State.WAITING])
    unfinished.update(state=RequestStage.State.CLOSED, closed_at=now)
    payload = {"request": request.pk, "digest": request.digest, "reason": reason}
    ledger.append(_stream(request), f"request.{outcome}", by=by, subject=request.subject_id, payload=payload)
    notify(
        to=[person for person in request.barred.all() if by is None or person.pk != by.pk],
        cause_key=f"request:{request.pk}:decided",
        title=f"{request.get_state_display()}: {request.title}",
        url=request.url or address(request),
        body=reason,
    )
    subjects.get(request.kind).on_verdict(request, outcome, by=by)
    # A verdict is what somebody would most like to unmake: it leaves the database at once, not with the next beat.
    transaction.on_commit(checkpoints.write, robust=True)


def end_if_hopeless(request: ApprovalRequest, *, by: User | None) -> bool:
    """End an open request as soon as one of its stages can no longer reach its quorum."""
    for stage in request.stages.filter(state__in=[RequestStage.State.OPEN, RequestStage.State.WAITING]):
        if stage_count(request, stage).outcome is not quorum.Outcome.HOPELESS:
            continue
        stage.state, stage.closed_at = RequestStage.State.FAILED, timezone.now()
        stage.save(update_fields=["state", "closed_at"])
        rejection = stage.signatures.filter(verdict=Signature.Verdict.REJECT).last()
        if rejection is not None:
            decide(request, State.REJECTED, by=by, reason=rejection.comment)
        else:
            reason = f"Too few people are left who may sign the stage “{stage.name}”."
            decide(request, State.RETURNED, by=by, reason=reason)
        return True
    return False


def withdraw(request: ApprovalRequest, *, by: User, reason: str) -> ApprovalRequest:
    """Take an open request back, with a reason; what was signed stays visible.

    The request's lock comes before the subject's, as in sign(): an app calls this before it locks its own row.
    """
    reason = needed_words("reason", reason, "Give the reason for withdrawing.")
    with transaction.atomic(), ledger.gathered():
        request = locked(request.pk)
        if not request.is_open:
            raise MoveRefused([f"This request is decided already: {request.get_state_display().lower()}."])
        if not may_withdraw(request, by):
            raise MoveRefused([NOT_YOURS])
        decide(request, State.WITHDRAWN, by=by, reason=reason)
    return request


def may_withdraw(request: ApprovalRequest, user: User) -> bool:
    """Say whether the person opened the request or is the owner of its subject."""
    return request.opened_by_id == user.pk or subjects.get(request.kind).may_withdraw(user, request.subject_id)
