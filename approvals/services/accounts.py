"""People's accounts: who there is, which groups they are in, whether they may sign in; each change on the ledger."""

import secrets
from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from approvals.models import User
from approvals.roles import AUDITORS, ROLES
from approvals.services import ledger
from approvals.services.people import PROGRAM
from approvals.services.words import clean_words, needed_words
from config.kit.refusals import BadInput, MoveRefused

OWN = "Somebody else with the role must change your own account: nobody gives themselves a role."
GONE = "The name of this account was erased; it stays closed."


@transaction.atomic
def open_account(
    *, username: str, first_name: str, last_name: str, email: str, groups: Iterable[Group], by: User
) -> tuple[User, str]:
    """Make an account and return it with its first password, shown once; BadInput names the field."""
    username = needed_words("username", username, "Give the account a user name.")[:150]
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise BadInput({"username": list(error.messages)}) from error
    if username.startswith(PROGRAM):
        raise BadInput({"username": [f"Names that begin with {PROGRAM} are kept for programs."]})
    user = User(
        username=username,
        first_name=clean_words("first_name", first_name)[:150],
        last_name=clean_words("last_name", last_name)[:150],
        email=clean_words("email", email)[:254],
    )
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise BadInput({"username": [f"There is an account {username} already."]}) from None
    _put(user, groups)
    _note("account.opened", user, by=by, groups=_names(user))
    return user, password


@transaction.atomic
def change_groups(user: User, *, groups: Iterable[Group], by: User) -> None:
    """Put a person into exactly these groups, which takes effect with their next request."""
    user = _locked(user, by=by)
    before = _names(user)
    _put(user, groups)
    if (after := _names(user)) != before:
        _note("account.groups_changed", user, by=by, before=before, groups=after)


@transaction.atomic
def close_account(user: User, *, reason: str, by: User) -> None:
    """Keep a person from signing in from their next request on; what they signed stays, what awaits them is told."""
    reason = needed_words("reason", reason, "Say why the account is closed.")
    user = _locked(user, by=by)
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        _note("account.closed", user, by=by, reason=reason)


@transaction.atomic
def reopen_account(user: User, *, by: User) -> None:
    """Let a person sign in again."""
    user = _locked(user, by=by)
    if user.username.startswith("erased-"):
        raise MoveRefused([GONE])
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        _note("account.reopened", user, by=by)


def _locked(user: User, *, by: User) -> User:
    if user.pk == by.pk:
        raise MoveRefused([OWN])
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _put(user: User, groups: Iterable[Group]) -> None:
    wanted = list(groups)
    names = {group.name for group in wanted}
    if AUDITORS in names and len(names & set(ROLES)) > 1:
        raise BadInput({"groups": ["An auditor changes nothing, so an auditor has no other role."]})
    user.groups.set(wanted)


def _names(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


def _note(verb: str, user: User, *, by: User, **said: object) -> None:
    payload = {"account": ledger.actor_of(user), **said}
    ledger.append("people", verb, by=by, subject=f"user {user.pk}", payload=payload)
