"""Who may open what; not visible is 404, not allowed is 403."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Value, prefetch_related_objects
from django.http import Http404, HttpRequest

from approvals import queries, subjects
from approvals.models import ApprovalRequest, RequestStage, Signature, User
from approvals.readers import ModelsFor
from approvals.roles import has_role
from approvals.services import sso
from approvals.services.credentials import authenticators
from approvals.services.passkeys import registered as passkeys
from config.kit.prepared import ID, Slot


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
    found = SEEN.all(user, bool(settings.OIDC_ISSUER), request=min(request_id, 2**63 - 1))
    if not found:
        raise Http404
    [asked] = found
    if not (asked.visible or subjects.get(asked.kind).may_see(user, asked.subject_id)):
        raise Http404
    given = Prefetch("signatures", Signature.objects.select_related("signer", "for_whom", "carried_from__request"))
    conditions = ("signatures__conditions__owner", "signatures__carried_from__conditions__owner")
    stages = ("stages__groups", "stages__people", "stages__results")
    prefetch_related_objects(found, *stages, given, *conditions)
    return asked  # type: ignore[no-any-return]


def _seen(user: User, issuer: bool) -> QuerySet[ApprovalRequest]:
    mine = queries.awaiting(user).filter(pk=OuterRef("pk"))
    seen = queries.visible_to(user).filter(pk=OuterRef("pk"))
    stages = RequestStage.objects.filter(request=OuterRef("pk"), state=RequestStage.State.OPEN)
    return (
        ApprovalRequest.objects.select_related("policy", "opened_by", "change")
        .annotate(
            awaits_me=Exists(mine),
            stands_in=Exists(queries.standing_in(user)),
            has_earlier=Exists(queries.earlier(OuterRef("kind"), OuterRef("subject_id"), OuterRef("pk"))),
            visible=Exists(seen),
            asks_me=Exists(queries.asking(stages, user)),
            needs_code=Exists(authenticators(user)),
            has_passkey=Exists(passkeys(user)),
            has_sso=Exists(sso.accounts(user)) if issuer else Value(False),
        )
        .filter(pk=Slot("request", ID))
    )


SEEN = ModelsFor(_seen)


def require(user: User, *roles: str) -> None:
    """Refuse with 403 who has none of the roles."""
    if not has_role(user, *roles):
        raise PermissionDenied
