"""Bearer tokens for the API."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from approvals.models import ApiToken
from approvals.roles import remember
from approvals.services.people import hash_of, may_hold
from config.kit.prepared import TEXT, PreparedModels, Slot

FOR_EVERYBODY = {"metrics:read", "decisions:read"}
SEEN_EVERY = timedelta(minutes=1)
TOKEN: PreparedModels[Any] = PreparedModels(
    # A row for each group of the holder's: the one question of a call about who it is and what they may.
    lambda: (
        ApiToken.objects.select_related("user")
        .filter(hashed=Slot("hashed", TEXT), revoked_at=None)
        .annotate(group=F("user__groups__name"))
    )
)


class BearerToken(HttpBearer):
    """Accept a live token that has every one of the scopes; 401 without a valid one, 403 when a scope is missing.

    `request.auth` becomes the ApiToken and `request.user` its holder.
    """

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self.scopes = frozenset(scopes)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the token's row, or None."""
        rows = TOKEN.all(hashed=hash_of(token))
        found = next(iter(rows), None)
        if found is None or not found.user.is_active:
            return None
        remember(found.user, (row.group for row in rows))
        if not self.scopes <= set(found.scopes):
            missing = ", ".join(sorted(self.scopes - set(found.scopes)))
            raise PermissionDenied(f"This token lacks the scope {missing}.")
        if not all(may_hold(found.user, scope) for scope in self.scopes if scope not in FOR_EVERYBODY):
            raise PermissionDenied("The person this token acts for may no longer do this.")
        request.user = found.user
        _seen(found)
        return found


def _seen(token: ApiToken) -> None:
    """Note when a token was used, at most once a minute: a write per call would serialise a busy program."""
    now = timezone.now()
    if token.last_used is None or now - token.last_used > SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)
