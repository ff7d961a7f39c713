"""Answers that policy wants a second person to approve: asked for as any approval is, carried out by its verdict."""

from typing import Any

from django.utils import timezone

from approvals.models import ApprovalRequest, User
from approvals.services import ledger, policies, requests
from config.kit.locking import locked
from decisions.models import Reevaluation
from decisions.services import outcomes, recounting, transition
from decisions.services.outcomes import Answer

KIND, CRITICAL_KIND = "reevaluation", "critical_reevaluation"
KINDS = {KIND: "Answer to a re-evaluation", CRITICAL_KIND: "Answer to a critical re-evaluation"}
State, Outcome = Reevaluation.State, Reevaluation.Outcome
ASKED_FOR = (Outcome.REAFFIRM, Outcome.STOP)
"""An amendment is approved as a change, a fallback was approved in advance, a successor by its own approvers."""


def kind_for(given: Answer) -> str:
    """Return the subject kind under which a policy asks for this answer's approval; "" when none does."""
    if given.outcome not in ASKED_FOR or outcomes.approved_in_advance(given.reevaluation, given.outcome):
        return ""
    return kind_asked(given.reevaluation)


def kind_asked(reevaluation: Reevaluation) -> str:
    """Return the subject kind of the policy that applies to answers to it; "" when none does."""
    kinds = [CRITICAL_KIND] if reevaluation.severity == Reevaluation.Severity.CRITICAL else []
    facts = _facts(reevaluation)
    return next((kind for kind in [*kinds, KIND] if policies.consider(kind, facts).chosen), "")


def _facts(reevaluation: Reevaluation) -> dict[str, Any]:
    decision = reevaluation.decision
    return {"tier": decision.tier, "classification": decision.classification}


def ask(given: Answer, kind: str) -> ApprovalRequest:
    """Open the request; neither who answers nor who owns the decision may sign it. The answer is stored already."""
    reevaluation, decision = given.reevaluation, given.decision
    return requests.open_request(
        kind=kind,
        subject_id=str(reevaluation.pk),
        title=f"{reevaluation.get_outcome_display()}: {decision.reference} {decision.title}",
        content=content_of(reevaluation),
        by=given.by,
        authors={given.by, decision.owner},
        facts=_facts(reevaluation),
    )


def content_of(reevaluation: Reevaluation) -> dict[str, Any]:
    """Return what is signed: the answer, and everything it answers; a further breach is not covered by it."""
    breaches = reevaluation.breaches.filter(retracted_at__isnull=True).select_related("signal")
    return {
        "reevaluation": reevaluation.pk,
        "decision": reevaluation.decision.reference,
        "version": reevaluation.version,
        "question": reevaluation.question,
        "breaches": [breach.signal.key for breach in breaches],
        "grounds": list(reevaluation.grounds.values_list("key", flat=True)),
        "outcome": reevaluation.outcome,
        "reason": reevaluation.reason,
        "evidence": reevaluation.evidence,
    }


def freeze(subject_id: str) -> dict[str, Any] | None:
    """Return the answer as it stands now, to be compared with what is being signed."""
    found = Reevaluation.objects.filter(pk=subject_id).select_related("decision").first()
    return content_of(found) if found and found.state == State.CONFIRMING else None


def on_verdict(request: ApprovalRequest, outcome: str, *, by: User | None) -> None:
    """Carry the answer out once it is approved; otherwise the question is open again, with the words typed."""
    asked = Reevaluation.objects.select_related("decision").get(pk=request.subject_id)
    with ledger.gathered():
        decision = transition.locked(asked.decision.reference)
        rows = Reevaluation.objects.select_related("decision", "answered_by", "reopens").filter(pk=asked.pk)
        found = locked(rows).get()
        if found.state != State.CONFIRMING:
            return
        if outcome == ApprovalRequest.State.APPROVED:
            found.state, found.flag = State.ANSWERED, ""
            found.answered_at = request.decided_at or timezone.now()
            found.save(update_fields=["state", "flag", "answered_at"])
            assert found.answered_by is not None  # noqa: S101 whoever answered is kept with the answer
            given = Answer(
                decision=decision,
                reevaluation=found,
                outcome=found.outcome,
                reason=found.reason,
                by=found.answered_by,
            )
            outcomes.carry_out(given)
            payload = {"reevaluation": found.pk, "outcome": found.outcome, "request": request.pk}
            recounting.record(decision, "answered", by=by, payload=payload | {"reason": found.reason})
            return
        word = {"withdrawn": "withdrawn", "returned": "sent back"}.get(outcome, "rejected")
        found.flag = f"The answer “{found.get_outcome_display()}” was {word}: {request.outcome_reason}".rstrip(": ")
        found.state, found.outcome, found.request, found.answered_by = State.ACKNOWLEDGED, "", None, None
        found.save(update_fields=["state", "outcome", "request", "answered_by", "flag"])
        payload = {"reevaluation": found.pk, "request": request.pk, "reason": request.outcome_reason}
        recounting.record(decision, f"answer_{outcome}", by=by, payload=payload)
