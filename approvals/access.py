"""Who may open what; not visible is 404, not allowed is 403."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch
from django.http import Http404, HttpRequest

from approvals import queries, subjects
from approvals.models import ApprovalRequest, RequestStage, Signature, User
from approvals.roles import has_role
from approvals.services import sso
from approvals.services.credentials import authenticators
from approvals.services.passkeys import registered as passkeys


def person(request: HttpRequest) -> User:
    """Return who is signed in; for views behind `login_required`."""
    assert isinstance(request.user, User)  # noqa: S101 login_required stands before
    return request.user


def request_seen_by(user: User, request_id: int) -> ApprovalRequest:
    """Return the request with everything its screen shows, or Http404 when this person has nothing to do with it.

    Besides its columns: `awaits_me` (a signature of theirs is asked for), `asks_me` (in their own right), `needs_code`
    (they have an authenticator app), `has_passkey`, `has_sso`, `stands_in` (they could sign for somebody),
    `has_earlier` (requests before it).
    """
    mine = queries.awaiting(user).filter(pk=OuterRef("pk"))
    seen = queries.visible_to(user).filter(pk=OuterRef("pk"))
    stages = RequestStage.objects.filter(request=OuterRef("pk"), state=RequestStage.State.OPEN)
    signatures = Signature.objects.select_related("signer", "for_whom", "carried_from__request").prefetch_related(
        "conditions__owner", "carried_from__conditions__owner"
    )
    found: Any = (
        ApprovalRequest.objects.select_related("policy", "opened_by", "change")
        .prefetch_related("stages__groups", "stages__people", "stages__results", Prefetch("signatures", signatures))
        .annotate(
            awaits_me=Exists(mine),
            stands_in=Exists(queries.standing_in(user)),
            has_earlier=Exists(queries.earlier(OuterRef("kind"), OuterRef("subject_id"), OuterRef("pk"))),
            visible=Exists(seen),
            asks_me=Exists(queries.asking(stages, user)),
            needs_code=Exists(authenticators(user)),
            has_passkey=Exists(passkeys(user)),
            has_sso=Exists(sso.accounts(user)),
        )
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
