"""Open, apply and close change requests."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.models import ChangeRequest, User
from approvals.services import ledger
from approvals.services.words import needed_words
from config.kit.refusals import BadInput, MoveRefused


@transaction.atomic
def open_change(
    *,
    kind: str,
    subject_id: str,
    by: User,
    reason: str,
    change_class: str = ChangeRequest.Class.MATERIAL,
    base_version: int = 0,
    impact: dict[str, Any] | None = None,
) -> ChangeRequest:
    """Ask to change something approved; the reason is mandatory and only one change runs at a time."""
    reason = needed_words("reason", reason, "Give the reason for the change.")
    if change_class not in ChangeRequest.Class.values:
        raise BadInput({"change_class": ["Choose editorial, material or emergency."]})
    if ChangeRequest.objects.filter(kind=kind, subject_id=subject_id, state=ChangeRequest.State.OPEN).exists():
        raise MoveRefused(["A change to this is already open; apply or close it first."])
    change = ChangeRequest.objects.create(
        kind=kind,
        subject_id=subject_id,
        reason=reason,
        change_class=change_class,
        base_version=base_version,
        impact=impact or {},
        opened_by=by,
    )
    payload = {"change": change.pk, "class": change_class, "reason": reason, "base_version": base_version}
    ledger.append(f"{kind}:{subject_id}", "change.opened", by=by, subject=subject_id, payload=payload)
    return change


def apply(change: ChangeRequest, *, by: User | None, version: int) -> ChangeRequest:
    """Record that the change is in force as this version; the subject's app has written the content."""
    return _end(change, ChangeRequest.State.APPLIED, "change.applied", by=by, payload={"version": version})


def close(change: ChangeRequest, *, by: User | None, reason: str) -> ChangeRequest:
    """End the change without effect; what was in force stays."""
    reason = needed_words("reason", reason, "Say why the change is closed.")
    return _end(change, ChangeRequest.State.CLOSED, "change.closed", by=by, payload={"reason": reason})


@transaction.atomic
def _end(change: ChangeRequest, state: str, verb: str, *, by: User | None, payload: dict[str, Any]) -> ChangeRequest:
    change = ChangeRequest.objects.select_for_update(no_key=True).get(pk=change.pk)
    if change.state != ChangeRequest.State.OPEN:
        raise MoveRefused([f"This change is {change.get_state_display().lower()} already."])
    change.state, change.closed_by, change.closed_at = state, by, timezone.now()
    change.outcome_reason = str(payload.get("reason", ""))
    change.save(update_fields=["state", "closed_by", "closed_at", "outcome_reason"])
    stream = f"{change.kind}:{change.subject_id}"
    ledger.append(stream, verb, by=by, subject=change.subject_id, payload={"change": change.pk, **payload})
    return change
