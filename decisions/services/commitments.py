"""Settle commitments."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.words import clean_words
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.models import CommitmentRecord

State = CommitmentRecord.State


@transaction.atomic
def settle(record: CommitmentRecord, *, state: str, note: str = "", by: User) -> CommitmentRecord:
    """Say that a commitment was kept, or dropped with a note; its own person or the decision's owner may."""
    if state not in {State.DONE, State.DROPPED}:
        raise BadInput({"state": ["Choose done or dropped."]})
    note = clean_words("note", note)
    record = locked(CommitmentRecord.objects.select_related("decision").filter(pk=record.pk)).get()
    decision = record.decision
    access.require_view(by, decision)
    own = record.owner_id == by.pk and access.may_change_anything(by)
    if not (own or access.may_manage(by, decision)):
        raise PermissionDenied("Only the person who undertook it, or the decision's owner, may settle a commitment.")
    reasons = []
    if record.state != State.OPEN:
        reasons.append(f"This commitment is {record.get_state_display().lower()} already.")
    if state == State.DROPPED and not note:
        reasons.append("Say why the commitment is dropped.")
    if reasons:
        raise MoveRefused(reasons)
    record.state, record.note, record.settled_at = state, note, timezone.now()
    record._history_user = by  # type: ignore[attr-defined]
    record.save()
    payload = {"commitment": record.key, "state": state, "note": note}
    ledger.append(decision.stream, "commitment.settled", by=by, subject=decision.reference, payload=payload)
    return record
