"""The verbs of a decision's life: submit, withdraw, abandon, amend, supersede, close, begin a new cycle."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.models import ApprovalRequest, ChangeRequest, User
from approvals.services import changes, ledger, requests
from config.kit.refusals import BadInput, MoveRefused, Reason
from decisions import access
from decisions.domain.moves import LIVE, Move, State, refusal
from decisions.domain.writing import dossier_to
from decisions.models import SUBJECT_KIND, Closing, Decision
from decisions.services import (
    backtests,
    cycles,
    drafting,
    people,
    places,
    readiness,
    templates,
    transition,
    verdicts,
    versions,
)
from decisions.services import lessons as learned

NEEDS_REASON = "Give a reason; it stays with the record."


@transaction.atomic
def submit(decision: Decision, *, by: User, at: datetime | None = None) -> ApprovalRequest:
    """Send the working content for approval: a draft for the first time, or an open amendment.

    MoveRefused lists every obstacle with its place. Who had a hand in the content may not sign it.
    """
    with ledger.gathered():
        decision = transition.locked(decision.reference)
        access.require_manage(by, decision)
        change = drafting.open_change(decision)
        if not list(drafting.locked_because(decision)):
            drafting.replay_conditions(decision, by=by, at=at or timezone.now())
        if reasons := list(_against_submission(decision, change)):
            raise MoveRefused(reasons)
        dossier = drafting.dossier_of(decision)
        if change is not None:
            changes.refuse_if_stale(SUBJECT_KIND, decision.reference, change.base_version)
            changes.assess(change, dossier_to(dossier))
        request = requests.open_request(
            kind=SUBJECT_KIND,
            subject_id=decision.reference,
            title=f"{decision.reference} {dossier.frame.title}",
            content=dossier_to(dossier),
            by=by,
            authors=people.authors_of(decision),
            facts=readiness.facts_of(dossier),
            change=change,
        )
        if change is None:
            transition.move_on(decision, Move.SUBMIT, by=by, submitted_at=at or timezone.now())
        elif change.change_class == ChangeRequest.Class.EMERGENCY:
            verdicts.apply_at_once(decision, request, by=by)
        payload = {"request": request.pk, "digest": request.digest, "change": change.pk if change else None}
        _record(decision, "submitted", by=by, payload=payload)
    return request


def _against_submission(decision: Decision, change: ChangeRequest | None) -> Iterator[Reason | str]:
    if decision.state in LIVE and change is None:
        yield "The decision is approved; open a change request to amend it."
        return
    if change is None and (wrong := transition.refused(decision, Move.SUBMIT)):
        yield from wrong
        return
    if drafting.open_request(decision) is not None:
        yield "This content is in review already; wait for the verdict, or withdraw it."
    dossier = drafting.dossier_of(decision)
    if change is not None and backtests.unchanged(versions.dossier_in_force(decision), dossier):
        yield "Nothing was changed since the approved version; edit a section first, or drop the amendment."
    yield from (places.reason(decision, obstacle) for obstacle in readiness.obstacles_of(decision, dossier))


def withdraw(decision: Decision, *, by: User, reason: str) -> Decision:
    """Take the content back out of review; who may is the one who submitted it, or the owner."""
    access.require_view(by, decision)
    request = drafting.open_request(decision)
    if request is None:
        raise MoveRefused(transition.refused(decision, Move.WITHDRAW) or ["Nothing is in review."])
    requests.withdraw(request, by=by, reason=reason)
    decision.refresh_from_db()
    return decision


@transaction.atomic
def abandon(decision: Decision, *, by: User, reason: str) -> Decision:
    """Give up a draft."""
    decision = _for_moving(decision, Move.ABANDON, by=by, reason=reason)
    transition.move_on(decision, Move.ABANDON, by=by)
    _record(decision, "abandoned", by=by, payload={"reason": reason.strip()})
    return decision


@transaction.atomic
def open_amendment(
    decision: Decision, *, by: User, reason: str, change_class: str = ChangeRequest.Class.MATERIAL
) -> ChangeRequest:
    """Ask to change what is approved; the sections may then be edited and submitted, what is in force stays."""
    decision = transition.locked(decision.reference)
    access.require_manage(by, decision)
    reasons: list[str | Reason] = []
    if decision.state == State.QUESTIONED:
        reasons.append(_answer_instead(decision, "amend"))
    elif decision.state != State.IN_FORCE:
        reasons.append(refusal(State(decision.state), Move.AMEND))
    if reasons:
        raise MoveRefused(reasons)
    with ledger.gathered():
        return start_amendment(decision, by=by, reason=reason, change_class=change_class)


def start_amendment(decision: Decision, *, by: User, reason: str, change_class: str) -> ChangeRequest:
    """Open the change request of a locked decision, with what it touches."""
    return changes.open_change(
        kind=SUBJECT_KIND,
        subject_id=decision.reference,
        by=by,
        reason=reason,
        change_class=change_class,
        base_version=decision.version,
        impact=versions.impact_of(decision),
    )


@transaction.atomic
def drop_amendment(decision: Decision, *, by: User, reason: str) -> Decision:
    """Give up an amendment: the sections go back to the approved version."""
    with ledger.gathered():
        decision = transition.locked(decision.reference)
        access.require_manage(by, decision)
        change = drafting.open_change(decision)
        if change is None:
            raise MoveRefused(["No amendment is under way."])
        if drafting.open_request(decision) is not None:
            raise MoveRefused(["The amendment is in review; withdraw it first."])
        versions.give_up(decision, change, by=by, reason=reason)
    return decision


@transaction.atomic
def supersede(decision: Decision, *, by: User, successor: Decision, reason: str) -> Decision:
    """Put another decision in this one's place."""
    with ledger.gathered():
        decision = _for_moving(decision, Move.SUPERSEDE, by=by, reason=reason, successor=successor)
        replace(decision, successor, by=by, reason=reason)
    return decision


def replace(decision: Decision, successor: Decision, *, by: User, reason: str) -> None:
    """Mark a locked decision as superseded; the caller has asked `against_successor`."""
    transition.move_on(decision, Move.SUPERSEDE, by=by, superseded_by=successor)
    payload = {"successor": successor.reference, "reason": reason.strip()}
    _record(decision, "superseded", by=by, payload=payload)


def against_successor(decision: Decision, successor: Decision | None, *, by: User) -> Iterator[str]:
    """Yield the reasons why one decision cannot take the place of another."""
    if successor is None or not Decision.objects.visible_to(by).filter(pk=successor.pk).exists():
        yield "Name the decision that takes this one's place."
        return
    if successor.pk == decision.pk:
        yield "A decision cannot supersede itself."
        return
    if successor.state not in LIVE:
        state = successor.get_state_display().lower()
        yield f"{successor.reference} is {state}; only a decision in force can take this one's place."
    later: Decision | None = successor
    while later is not None and later.superseded_by_id is not None:
        later = later.superseded_by
        if later is not None and later.pk == decision.pk:
            yield f"{successor.reference} was itself superseded by {decision.reference}; that would be a circle."
            return


@transaction.atomic
def close(
    decision: Decision,
    *,
    by: User,
    outcome: str,
    process: str,
    reason: str,
    process_reason: str,
    lessons: str = "",
    lesson_section: str = "background",
    at: datetime | None = None,
) -> Decision:
    """End a decision whose time is over; what came of it is judged apart from how it was taken, each with its reason.

    Lessons wait to be taken up by a template; `lesson_section` says which section of it they are about.
    """
    errors = {}
    if outcome not in Closing.Outcome.values:
        errors["outcome"] = [f"Say what came of it: {', '.join(Closing.Outcome.values)}."]
    if process not in Closing.Process.values:
        errors["process"] = [f"Say how well it was taken: {', '.join(Closing.Process.values)}."]
    if not process_reason.strip():
        errors["process_reason"] = ["Say why you judge the way it was taken so, apart from what came of it."]
    if errors:
        raise BadInput(errors)
    with ledger.gathered():
        decision = _for_moving(decision, Move.CLOSE, by=by, reason=reason)
        said = {
            "outcome": outcome,
            "process": process,
            "reason": reason.strip(),
            "process_reason": process_reason.strip(),
            "lessons": lessons.strip(),
        }
        when = at or timezone.now()
        Closing.objects.create(decision=decision, at=when, by=by, **said)
        if said["lessons"]:
            learned.raise_all(decision, [learned.Raised(section=lesson_section, text=lessons)], by=by, at=when)
        transition.move_on(decision, Move.CLOSE, by=by, at=when)
        _record(decision, "closed", by=by, payload=said)
    return decision


@transaction.atomic
def new_cycle(decision: Decision, *, by: User) -> Decision:
    """Take a finished decision up again: a draft with its content and lessons, marked where it must be refreshed."""
    access.require_view(by, decision)
    if State(decision.state) in {State.DRAFT, State.IN_REVIEW}:
        raise MoveRefused(["This cycle has not ended; finish it before you begin the next."])
    with ledger.gathered():
        content = versions.carried_forward(decision)
        following = drafting.create_decision(
            title=decision.title,
            by=by,
            content=content,
            previous=decision,
            template=templates.following(decision.template),
            tier=decision.tier,
            classification=decision.classification,
        )
        cycles.mark(following, drafting.dossier_of(following), today=timezone.localdate())
        return following


def _for_moving(
    decision: Decision, move: Move, *, by: User, reason: str, successor: Decision | None = None
) -> Decision:
    """Return the locked decision when the owner may make the move now; raise with every reason otherwise."""
    decision = transition.locked(decision.reference)
    access.require_manage(by, decision)
    reasons: list[str | Reason] = list(transition.refused(decision, move))
    if decision.state == State.QUESTIONED and not reasons:
        reasons.append(_answer_instead(decision, move.label.lower()))
    if decision.state in LIVE and drafting.open_change(decision) is not None:
        reasons.append("An amendment is under way; drop it or have it approved first.")
    if move is Move.SUPERSEDE:
        reasons += against_successor(decision, successor, by=by)
    if not reason.strip():
        reasons.append(NEEDS_REASON)
    if reasons:
        raise MoveRefused(reasons)
    return decision


def _answer_instead(decision: Decision, outcome: str) -> Reason:
    """Return the way out for a questioned decision."""
    reevaluation = decision.reevaluations.open().first()
    url = places.reevaluation_url(reevaluation) if reevaluation else ""
    return Reason(f"The decision is questioned; answer its re-evaluation with “{outcome}”.", url)


def _record(decision: Decision, verb: str, *, by: User | None, payload: dict[str, Any]) -> None:
    ledger.append(decision.stream, f"decision.{verb}", by=by, subject=decision.reference, payload=payload)
