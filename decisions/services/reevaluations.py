"""Acknowledge a re-evaluation, and answer it; the doors through which everybody else comes to the loop."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from approvals.models import ChangeRequest, User
from approvals.services import ledger
from approvals.services.words import clean_words, needed_words
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.models import Decision, Reevaluation
from decisions.services import confirming, outcomes, recounting, transition
from decisions.services.escalating import escalate
from decisions.services.outcomes import Answer
from decisions.services.receiving import receive_signals

__all__ = ["acknowledge", "answer", "escalate", "receive_signals"]

State, Outcome = Reevaluation.State, Reevaluation.Outcome


@transaction.atomic
def acknowledge(reevaluation: Reevaluation, *, by: User, at: datetime | None = None) -> Reevaluation:
    """Say that somebody has begun to work on it."""
    with ledger.gathered():
        decision, reevaluation = _locked(reevaluation)
        access.require_answer(by, decision)
        if not reevaluation.is_open:
            raise MoveRefused([outcomes.told(reevaluation)])
        if reevaluation.state != State.OPEN:
            who = f", by {reevaluation.acknowledged_by}" if reevaluation.acknowledged_by else ""
            raise MoveRefused([f"This re-evaluation is acknowledged already{who}."])
        reevaluation.state, reevaluation.acknowledged_by = State.ACKNOWLEDGED, by
        reevaluation.acknowledged_at = at or timezone.now()
        reevaluation.save(update_fields=["state", "acknowledged_by", "acknowledged_at"])
        recounting.record(decision, "acknowledged", by=by, payload={"reevaluation": reevaluation.pk})
    return reevaluation


@transaction.atomic
def answer(
    reevaluation: Reevaluation,
    *,
    outcome: str,
    reason: str,
    evidence: str = "",
    by: User,
    successor: Decision | None = None,
    change_class: str = ChangeRequest.Class.MATERIAL,
    at: datetime | None = None,
) -> Reevaluation:
    """Answer with reaffirm, amend, fallback, stop or supersede.

    An amendment is complete once its change request is approved; where a policy asks for it, so is an answer that
    nobody approved in advance. BadInput for an unknown outcome or missing reason; MoveRefused with every reason when it
    cannot be answered so.
    """
    reason = needed_words("reason", reason, "Give the reason for this answer; it stays with the record.")
    evidence = clean_words("evidence", evidence)
    if outcome not in Outcome.values:
        raise BadInput({"outcome": [f"Choose one of: {', '.join(Outcome.values)}."]})
    with ledger.gathered():
        decision, reevaluation = _locked(reevaluation)
        access.require_answer(by, decision)
        given = Answer(
            decision=decision,
            reevaluation=reevaluation,
            outcome=outcome,
            reason=reason,
            by=by,
            successor=successor,
            change_class=change_class,
        )
        if reasons := list(outcomes.against(given)):
            raise MoveRefused(reasons)
        _settle(given, evidence, at or timezone.now())
    return reevaluation


def _locked(reevaluation: Reevaluation) -> tuple[Decision, Reevaluation]:
    """Lock the decision first, as every verb does, then read the re-evaluation anew."""
    decision = transition.locked(reevaluation.decision.reference)
    rows = Reevaluation.objects.select_related("answered_by", "acknowledged_by", "reopens")
    found = locked(rows.filter(pk=reevaluation.pk)).get()
    found.decision = decision
    return decision, found


def _settle(given: Answer, evidence: str, now: datetime) -> None:
    """Keep the answer and carry it out, or ask for the approval that it needs first."""
    reevaluation, decision = given.reevaluation, given.decision
    kind = confirming.kind_for(given)
    _store(given, evidence, now, waits=bool(kind))
    payload = {"reevaluation": reevaluation.pk, "outcome": given.outcome, "reason": given.reason, "evidence": evidence}
    if kind:
        reevaluation.request = confirming.ask(given, kind)
        reevaluation.save(update_fields=["request"])
        payload["request"] = reevaluation.request.pk
        recounting.record(decision, "answer_proposed", by=given.by, payload=payload)
        return
    outcomes.carry_out(given)
    payload["approved_in_advance"] = outcomes.approved_in_advance(reevaluation, given.outcome)
    recounting.record(decision, "answered", by=given.by, payload=payload)


def _store(given: Answer, evidence: str, now: datetime, *, waits: bool) -> None:
    """Write the answer down; an amendment is answered only when its change request is approved."""
    reevaluation, outcome = given.reevaluation, given.outcome
    if reevaluation.acknowledged_at is None:
        reevaluation.acknowledged_at, reevaluation.acknowledged_by = now, given.by
    reevaluation.outcome, reevaluation.reason, reevaluation.evidence = outcome, given.reason, evidence
    reevaluation.answered_by, reevaluation.flag = given.by, ""
    if waits:
        reevaluation.state = State.CONFIRMING
    elif outcome == Outcome.AMEND:
        reevaluation.state = State.AMENDING
    else:
        reevaluation.state, reevaluation.answered_at = State.ANSWERED, now
        reevaluation.successor = given.successor if outcome == Outcome.SUPERSEDE else None
    reevaluation.save()
