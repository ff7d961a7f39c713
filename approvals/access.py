"""Who may open what; not visible is 404, not allowed is 403."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest

from approvals import queries, subjects
from approvals.models import ApprovalRequest, User
from approvals.roles import has_role


def person(request: HttpRequest) -> User:
    """Return who is signed in; for views behind `login_required`."""
    assert isinstance(request.user, User)  # noqa: S101 login_required stands before
    return request.user


def request_seen_by(user: User, request_id: int) -> ApprovalRequest:
    """Return the request with `awaits_me`, or Http404 when this person has nothing to do with it."""
    mine = queries.awaiting(user).filter(pk=OuterRef("pk"))
    seen = queries.visible_to(user).filter(pk=OuterRef("pk"))
    found: Any = (
        ApprovalRequest.objects.select_related("policy", "opened_by", "change")
        .annotate(awaits_me=Exists(mine), visible=Exists(seen))
        .filter(pk=min(request_id, 2**63 - 1))
        .first()
    )
    if found is None:
        raise Http404
    if not (found.visible or subjects.get(found.kind).may_see(user, found.subject_id)):
        raise Http404
    return found  # type: ignore[no-any-return]


def require(user: User, *roles: str) -> None:
    """Refuse with 403 who has none of the roles."""
    if not has_role(user, *roles):
        raise PermissionDenied
