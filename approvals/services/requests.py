"""Open a request for approval, and take it back."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import subjects
from approvals.domain.diff import Change, compare
from approvals.models import ApprovalRequest, ChangeRequest, User
from approvals.services import carrying, ledger, policies, stages
from approvals.services.counting import refuse_hopeless
from approvals.services.deciding import State, address, decide, locked, stream
from approvals.services.words import needed_words
from config.kit.canonical import canonical, digest, parse
from config.kit.refusals import MoveRefused

__all__ = ["NOT_YOURS", "address", "locked", "may_withdraw", "open_request", "withdraw"]

NOT_YOURS = "Only the person who asked for approval, or the owner, can withdraw the request."
ALREADY_OPEN = "This is already waiting for approval; withdraw that request first."
IN_FORCE_ALREADY = "This emergency change is in force already, so it cannot be withdrawn. Open another change."
NOT_EDITORIAL = (
    "“{title}” differs in more than wording; this cannot be an editorial change. Begin a material one instead."
)


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
    if change is not None:
        facts = facts | {"change_class": change.change_class}
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
                    continues=carrying.predecessor(kind, subject_id, change),
                    opened_by=by,
                    opened_at=timezone.now(),
                )
        except IntegrityError as error:
            raise MoveRefused([ALREADY_OPEN]) from error
        request.barred.set({by, *authors})
        _compare_with_approved(request)
        policies.freeze_stages(policy, request)
        refuse_hopeless(request)
        ledger.append(stream(request), "request.opened", by=by, subject=subject_id, payload=_opened(request))
        stages.move_on(request, by=None)
    return request


def _opened(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "request": request.pk,
        "digest": request.digest,
        "policy": request.policy.key,
        "policy_version": request.policy.version,
        "change": request.change_id,
        "continues": request.continues_id,
    }


def _compare_with_approved(request: ApprovalRequest) -> None:
    """Note which sections differ from what is approved; refuse a change called editorial that is more than that."""
    kind = subjects.get(request.kind)
    before = kind.previous(request)
    if before is None:
        return
    old, new = kind.sections(before, parse(request.content))
    request.summary = [section.title for section in compare(old, new) if section.change is not Change.SAME]
    request.save(update_fields=["summary"])
    if request.change is not None and request.change.change_class == ChangeRequest.Class.EDITORIAL:
        titles = carrying.substance(request.kind, canonical(before), request.content)
        if titles:
            raise MoveRefused([NOT_EDITORIAL.format(title=title) for title in titles])


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
        if request.change is not None and request.change.awaits_approval:
            raise MoveRefused([IN_FORCE_ALREADY])
        decide(request, State.WITHDRAWN, by=by, reason=reason)
    return request


def may_withdraw(request: ApprovalRequest, user: User) -> bool:
    """Say whether the person opened the request or is the owner of its subject."""
    return request.opened_by_id == user.pk or subjects.get(request.kind).may_withdraw(user, request.subject_id)
