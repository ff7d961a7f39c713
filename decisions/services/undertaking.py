"""Turn the conditions of an approval into commitments."""

from collections.abc import Sequence

from approvals.models import ApprovalRequest, SignatureCondition, User
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit.days import day_text
from decisions.models import CommitmentRecord
from decisions.services import places, transition

PREFIX = "condition-"
"""How the keys of such commitments begin; a later version of the decision leaves them alone."""


def commit(request: ApprovalRequest, conditions: Sequence[SignatureCondition], *, by: User | None) -> None:
    """Keep each condition as a commitment of the decision, once, and tell its owner."""
    decision = transition.locked(request.subject_id)
    for condition in conditions:
        record, is_new = CommitmentRecord.objects.get_or_create(
            decision=decision,
            key=f"{PREFIX}{condition.pk}",
            defaults={"text": condition.text, "owner": condition.owner, "due_on": condition.due_on},
        )
        if not is_new:
            continue
        notify(
            to=condition.owner,
            cause_key=f"commitment:{record.pk}:undertaken",
            title=f"{decision.reference} was approved on a condition that is yours, due {day_text(condition.due_on)}",
            url=places.decision_url(decision.reference),
            body=condition.text[:500],
        )
        payload = {"commitment": record.key, "condition": condition.pk, "due_on": condition.due_on}
        ledger.append(decision.stream, "commitment.undertaken", by=by, subject=decision.reference, payload=payload)
