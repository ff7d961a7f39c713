"""Say something about a subject, where it is about, and settle what was said."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from approvals import subjects
from approvals.models import ApprovalRequest, Comment, User
from approvals.roles import AUDITORS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import needed_words
from config.kit.refusals import BadInput, MoveRefused

READ_ONLY = "Auditors read everything and change nothing."


@transaction.atomic
def add(
    *,
    by: User,
    body: str,
    request: ApprovalRequest | None = None,
    kind: str = "",
    subject_id: str = "",
    section: str = "",
    anchor: str = "",
    reply_to: Comment | None = None,
) -> Comment:
    """Say something about a request, or about a subject (`kind`, `subject_id`), and tell those who took part.

    A reply stands where the comment stands that it answers, and opens its thread again. Call it inside
    `ledger.gathered()` where it is a part of another verb. BadInput for what cannot be kept, or a place that the
    subject does not have; the caller has seen to it that the person may see the subject.
    """
    if has_role(by, AUDITORS):
        raise BadInput({"body": [READ_ONLY]})
    body = needed_words("body", body, "Write something.")
    about = {"request": request, "kind": kind, "subject_id": subject_id, "section": section, "anchor": anchor}
    if reply_to is not None:
        # Two replies at once, or a reply beside a resolution, take turns on the thread's first comment.
        reply_to = Comment.objects.select_for_update(no_key=True).get(pk=reply_to.reply_to_id or reply_to.pk)
        about = {name: getattr(reply_to, name) for name in (*about, "label")} | {"reply_to": reply_to}
        about["request"] = request or reply_to.request
    else:
        if request is not None:
            about |= {"kind": request.kind, "subject_id": request.subject_id}
        about["label"] = _label(str(about["kind"]), str(about["subject_id"]), section, anchor)
    row = Comment(author=by, body=body, **about)
    _save(row, by)
    reopened = reply_to is not None and not reply_to.is_open
    if reply_to is not None and reopened:
        _settle(reply_to, by=by, resolved=False)
    _tell(row)
    payload = {"comment": row.pk, "section": row.section, "text": body}
    payload |= {"anchor": row.anchor} if row.anchor else {}
    payload |= {"reply_to": reply_to.pk} if reply_to else {}
    if row.request_id:
        payload["request"] = row.request_id
    verb = "request.commented" if row.request_id else "comment.added"
    ledger.append(row.stream, verb, by=by, subject=row.subject_id, payload=payload)
    return row


@transaction.atomic
def resolve(comment: Comment, *, by: User) -> Comment:
    """Settle a thread; MoveRefused when it is settled already, PermissionDenied for those who have no say in it."""
    return _turn(comment, by=by, resolved=True)


@transaction.atomic
def reopen(comment: Comment, *, by: User) -> Comment:
    """Take a thread up again."""
    return _turn(comment, by=by, resolved=False)


def may_settle(user: User, comment: Comment) -> bool:
    """Say whether the person may resolve or reopen the thread: who began it, and who writes the subject."""
    if not user.is_active or has_role(user, AUDITORS):
        return False
    kind = subjects.get(comment.kind)
    if comment.author_id == user.pk:
        return True
    return kind.may_settle(user, comment.subject_id)


def _turn(comment: Comment, *, by: User, resolved: bool) -> Comment:
    row = Comment.objects.select_for_update(no_key=True).get(pk=comment.reply_to_id or comment.pk)
    if not may_settle(by, row):
        raise PermissionDenied("Only who began this thread, or who writes the content, may settle it.")
    if row.is_open != resolved:
        raise MoveRefused([f"The thread is {'resolved' if resolved else 'open'} already."])
    _settle(row, by=by, resolved=resolved)
    verb = "comment.resolved" if resolved else "comment.reopened"
    payload = {"comment": row.pk, "section": row.section}
    ledger.append(row.stream, verb, by=by, subject=row.subject_id, payload=payload)
    return row


def _settle(row: Comment, *, by: User, resolved: bool) -> None:
    row.resolved_by, row.resolved_at = (by, timezone.now()) if resolved else (None, None)
    _save(row, by)


def _save(row: Comment, by: User) -> None:
    row._history_user = by  # type: ignore[attr-defined]
    row.save()


def _label(kind: str, subject_id: str, section: str, anchor: str) -> str:
    """Return what people call the place; BadInput when the subject has no such place."""
    if not section:
        return ""
    label = subjects.get(kind).places(subject_id, section).get(anchor)
    if label is None:
        raise BadInput({"anchor": ["What this comment is about has been removed; choose another place."]})
    return label[:300]


def _tell(row: Comment) -> None:
    """Tell the people who wrote the subject and those who took part in the conversation, as far as they may see it."""
    kind = subjects.get(row.kind)
    said = Comment.objects.about(row.kind, row.subject_id).select_related("author")
    took_part: Iterable[Any] = row.request.barred.all() if row.request else kind.writers(row.subject_id)
    involved = {row.request.opened_by} if row.request else set()
    others = (involved | {*took_part, *(each.author for each in said)}) - {row.author}
    title = row.request.title if row.request else kind.title(row.subject_id)
    on_request = f"/approvals/{row.request_id}/#comment-{row.pk}"
    notify(
        to=[person for person in others if row.request_id or kind.may_see(person, row.subject_id)],
        cause_key=f"comment:{row.pk}",
        title=f"{row.author} commented{f' on {row.label}' if row.label else ''}: {title}",
        url=on_request if row.request_id else kind.comment_url(row.subject_id, row.pk),
        body=row.body[:300],
    )
