"""Tokens for programs, and the erasure of a name."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from approvals.models import ApiToken, Identity, Notice, Unsent, User
from approvals.roles import ADMINISTRATORS, AUDITORS, OWNERS, STEWARDS, has_role
from approvals.services import ledger
from approvals.services.words import needed_words
from config.kit.refusals import BadInput, MoveRefused

SCOPES = ("metrics:read", "metrics:write", "decisions:read", "decisions:write", "audit:read")
PROGRAM = "api-"
"""How the names of programs' own accounts begin."""

WAYS_IN: tuple[Any, ...] = (EmailAddress, Authenticator)
"""What of a person the sign-in library keeps."""

_keepers: list[Callable[[User], str]] = []

SERVICE_ROLES = {"metrics:write": STEWARDS, "decisions:write": OWNERS}
"""The role a program's own account gets with a scope; reading the ledger alone makes it an auditor."""


def hash_of(token: str) -> str:
    """Return what is kept of a token: it is random and long, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def create_token(
    *, name: str, scopes: Iterable[str], user: User | None = None, by: User | None = None
) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, shown once; without a user the program gets its own account."""
    name = needed_words("name", name, "Name the program that will use the token.")[:100]
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise BadInput({"scope": [f"Choose from {', '.join(SCOPES)}; not {', '.join(unknown) or 'nothing'}."]})
    if user is not None and (barred := [scope for scope in wanted if not may_hold(user, scope)]):
        raise BadInput({"scope": [f"{user} may not do what {', '.join(barred)} allows."]})
    text = f"premise_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name, user=user or _service_account(name, wanted), hashed=hash_of(text), scopes=wanted
    )
    payload = {"token": token.pk, "scopes": wanted, "holder": ledger.actor_of(token.user)}
    ledger.append("people", "token.created", by=by, subject=f"token {token.pk}", payload=payload)
    return token, text


def may_hold(user: User, scope: str) -> bool:
    """Say whether the person's own roles cover the scope: a token never reaches further than its holder."""
    if user.username.startswith(PROGRAM):
        return True
    if scope == "audit:read":
        return has_role(user, AUDITORS, ADMINISTRATORS)
    return not (scope.endswith(":write") and has_role(user, AUDITORS))


def _service_account(name: str, scopes: list[str]) -> User:
    """Return a new account that nobody can sign in to."""
    user = User(username=f"{PROGRAM}{secrets.token_hex(6)}", first_name=name[:150])
    user.set_unusable_password()
    user.save()
    roles = {SERVICE_ROLES[scope] for scope in scopes if scope in SERVICE_ROLES}
    if not roles and "audit:read" in scopes:
        roles = {AUDITORS}
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User | None) -> None:
    """End a token at once."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        ledger.append("people", "token.revoked", by=by, subject=f"token {token.pk}", payload={"token": token.pk})


def keep_while(reason: Callable[[User], str]) -> None:
    """Have other apps say why a person may not be erased now: a sentence, or nothing."""
    _keepers.append(reason)


@transaction.atomic
def erase(user: User, *, by: User | None) -> None:
    """Forget a person: the account is closed and blanked, the ledger keeps commitments that nobody can open.

    Gone with the names are notices, ways to sign in, tokens and grants. A content that was signed keeps the user
    names it was signed with, or its digest would no longer be the signed one. MoveRefused for one's own account, and
    for one that somebody has reason to keep.
    """
    if by is not None and by.pk == user.pk:
        raise MoveRefused(["Somebody else must erase your account: you could not sign out of a closed one."])
    if reasons := [reason for keeper in _keepers if (reason := keeper(user))]:
        raise MoveRefused(reasons)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    commitments = list(user.identities.filter(erased_at=None).values_list("commitment", flat=True))
    Identity.objects.filter(user=user).update(username="", name="", salt="", erased_at=timezone.now())
    own = (Notice.objects.filter(to=user), Unsent.objects.filter(person=user))
    for rows in (*own, *(held.objects.filter(user=user) for held in WAYS_IN)):
        rows.delete()
    user.groups.clear()
    user.username, user.first_name, user.last_name, user.email = f"erased-{user.pk}", "Erased", "person", ""
    user.is_active = False
    user.set_unusable_password()
    user.save()
    with ledger.gathered():
        for token in user.api_tokens.filter(revoked_at=None):
            revoke_token(token, by=by)
        ledger.append("people", "person.erased", by=by, subject=f"user {user.pk}", payload={"commitments": commitments})
