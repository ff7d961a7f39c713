"""Emergency changes: in force at once, approved afterwards, and marked for everybody to see when they were not."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from approvals import queries, subjects
from approvals.models import ChangeRequest, User
from approvals.roles import ADMINISTRATORS
from approvals.services import ledger
from approvals.services.notices import notify

TO_APPROVE = timedelta(hours=72)
"""How long an emergency may stand without its approval."""


def settle(change: ChangeRequest, *, approved: bool, by: User | None, reason: str) -> None:
    """Note what the approvers said of a change that is in force already; its row is locked by the request's lock."""
    now = timezone.now()
    if approved:
        change.approved_at = now
    else:
        change.unapproved_at, change.outcome_reason = change.unapproved_at or now, reason
    change.save(update_fields=["approved_at", "unapproved_at", "outcome_reason"])
    _write(change, "change.approved_afterwards" if approved else "change.refused_afterwards", by, reason)
    if not approved:
        _escalate(change, f"An emergency change was not approved: {_title(change)}", reason)
        subjects.get(change.kind).on_unapproved(change)


def mark_late(now: datetime) -> int:
    """Mark and escalate every emergency whose approval is late, each once; returns how many."""
    late = ChangeRequest.objects.filter(
        state=ChangeRequest.State.APPLIED, approve_by__lt=now, approved_at=None, unapproved_at=None
    )
    marked = 0
    for pk in list(late.values_list("pk", flat=True)):
        with transaction.atomic(), ledger.gathered():
            change = ChangeRequest.objects.select_for_update(no_key=True).get(pk=pk)
            if not change.awaits_approval or change.unapproved_at is not None:
                continue
            change.unapproved_at = now
            change.save(update_fields=["unapproved_at"])
            _write(change, "change.unapproved", None, "")
            _escalate(change, f"Unapproved and late: the emergency change of {_title(change)}", change.reason)
            marked += 1
    return marked


def _title(change: ChangeRequest) -> str:
    return subjects.get(change.kind).title(change.subject_id)


def _write(change: ChangeRequest, verb: str, by: User | None, reason: str) -> None:
    payload = {"change": change.pk, "version": change.applied_version, "reason": reason}
    ledger.append(f"{change.kind}:{change.subject_id}", verb, by=by, subject=change.subject_id, payload=payload)


def _escalate(change: ChangeRequest, title: str, body: str) -> None:
    request = change.requests.order_by("-pk").first()
    url = f"/approvals/{request.pk}/" if request else subjects.get(change.kind).url(change.subject_id)
    cause = f"change:{change.pk}:unapproved"
    notify(to=change.opened_by, cause_key=cause, title=title, url=url, body=body, urgent=True)
    # Administrators can exchange approvers; what is asked for is not theirs to read.
    above = queries.people_with(ADMINISTRATORS, besides=[change.opened_by])
    people = f"/approvals/{request.pk}/people/" if request else ""
    title = f"An emergency change of {change.subject_id} stands without approval"
    notify(to=above, cause_key=cause, title=title, url=people, urgent=True)
