"""Open, apply and close change requests."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals import subjects
from approvals.domain.diff import Change, compare
from approvals.models import ApprovalRequest, ChangeRequest, User
from approvals.services import emergencies, ledger, requests
from approvals.services.words import needed_words
from config.kit.canonical import canonical, parse
from config.kit.refusals import BadInput, MoveRefused, StaleWrite


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
    content: dict[str, Any] | None = None,
) -> ChangeRequest:
    """Ask to change something approved; the reason is mandatory and only one change runs at a time.

    `content` is what is proposed, for subjects whose app does not keep that itself. What it touches is looked up here.
    """
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
        content="" if content is None else canonical(content),
        impact=impact or {},
        opened_by=by,
    )
    if content is not None:
        assess(change, content)
    payload = {"change": change.pk, "class": change_class, "reason": reason, "base_version": base_version}
    ledger.append(f"{kind}:{subject_id}", "change.opened", by=by, subject=subject_id, payload=payload)
    return change


def assess(change: ChangeRequest, content: dict[str, Any]) -> None:
    """Fill in what the change touches, as the subject's app knows it, under "touched" in its impact."""
    touched = subjects.get(change.kind).impact(change.subject_id, content)
    change.impact |= {"touched": [{"what": each.what, "detail": each.detail, "url": each.url} for each in touched]}
    change.save(update_fields=["impact"])


@transaction.atomic
def propose(
    *,
    kind: str,
    subject_id: str,
    title: str,
    content: dict[str, Any],
    by: User,
    authors: Iterable[User],
    reason: str,
    base_version: int,
    change_class: str = ChangeRequest.Class.MATERIAL,
    facts: dict[str, Any] | None = None,
) -> ChangeRequest:
    """Open a change with its content and ask for its approval; an emergency is in force at once, approved afterwards.

    StaleWrite, naming what changed, when `base_version` is not the one in force any more.
    """
    with ledger.gathered():
        refuse_if_stale(kind, subject_id, base_version)
        change = open_change(
            kind=kind,
            subject_id=subject_id,
            by=by,
            reason=reason,
            change_class=change_class,
            base_version=base_version,
            content=content,
        )
        if change_class == ChangeRequest.Class.EMERGENCY:
            _put_in_force(change, by=by)
        requests.open_request(
            kind=kind,
            subject_id=subject_id,
            title=title,
            content=content,
            by=by,
            authors=authors,
            facts=facts or {},
            change=change,
        )
    change.refresh_from_db()
    return change


def conclude(request: ApprovalRequest, outcome: str, *, by: User | None) -> None:
    """Carry out a verdict on a proposed change: the `on_verdict` of kinds whose changes go through `propose`."""
    assert request.change is not None  # noqa: S101 propose() opens every request of such a kind
    if outcome == ApprovalRequest.State.APPROVED:
        _put_in_force(request.change, by=by)
    else:
        word = request.get_state_display().lower()
        close(request.change, by=by, reason=request.outcome_reason or f"The change was {word}.")


def _put_in_force(change: ChangeRequest, *, by: User | None) -> None:
    kind = subjects.get(change.kind)
    refuse_if_stale(change.kind, change.subject_id, change.base_version)
    assert kind.apply is not None  # noqa: S101 only kinds that can be applied are proposed
    apply(change, by=by, version=kind.apply(change, parse(change.content), by=by))


def refuse_if_stale(kind_name: str, subject_id: str, base_version: int) -> None:
    """Refuse a change that was written on top of a version that is no longer in force, naming what changed since."""
    kind = subjects.get(kind_name)
    now = kind.version_of(subject_id)
    if now == base_version:
        return
    before, after = kind.content_of(subject_id, base_version), kind.content_of(subject_id, now)
    titles = []
    if before is not None and after is not None:
        old, new = kind.sections(before, after)
        titles = [section.title for section in compare(old, new) if section.change is not Change.SAME]
    what = f" Since then changed: {', '.join(titles)}." if titles else ""
    raise StaleWrite(
        f"This was written on top of version {base_version}, and version {now} is in force.{what} "
        "Open it again and repeat the change on the version in force.",
        stored=after,
    )


def apply(change: ChangeRequest, *, by: User | None, version: int) -> ChangeRequest:
    """Record that the change is in force as this version; the subject's app has written the content."""
    return _end(change, ChangeRequest.State.APPLIED, "change.applied", by=by, payload={"version": version})


def close(change: ChangeRequest, *, by: User | None, reason: str) -> ChangeRequest:
    """End the change without effect; what was in force stays."""
    reason = needed_words("reason", reason, "Say why the change is closed.")
    return _end(change, ChangeRequest.State.CLOSED, "change.closed", by=by, payload={"reason": reason})


@transaction.atomic
def _end(change: ChangeRequest, state: str, verb: str, *, by: User | None, payload: dict[str, Any]) -> ChangeRequest:
    """End the change; the caller's object follows, so that what comes next in the transaction sees it."""
    row = ChangeRequest.objects.select_for_update(no_key=True).get(pk=change.pk)
    if row.state != ChangeRequest.State.OPEN:
        raise MoveRefused([f"This change is {row.get_state_display().lower()} already."])
    now = timezone.now()
    row.state, row.closed_by, row.closed_at = state, by, now
    row.outcome_reason = str(payload.get("reason", ""))
    if state == ChangeRequest.State.APPLIED:
        row.applied_version = payload["version"]
        emergency = row.change_class == ChangeRequest.Class.EMERGENCY
        row.approve_by, row.approved_at = (now + emergencies.TO_APPROVE, None) if emergency else (None, now)
    row.save()
    for name in ("state", "closed_by", "closed_at", "outcome_reason", "applied_version", "approve_by", "approved_at"):
        setattr(change, name, getattr(row, name))
    stream = f"{row.kind}:{row.subject_id}"
    ledger.append(stream, verb, by=by, subject=row.subject_id, payload={"change": row.pk, **payload})
    return row
