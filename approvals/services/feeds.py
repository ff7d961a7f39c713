"""A private calendar address for each person: signed, so it cannot be guessed, and replaced when it got about."""

import secrets

from django.core.signing import BadSignature, Signer
from django.db import transaction

from approvals.models import User
from approvals.services import ledger

SALT = "premise.calendar"


def token_of(user: User) -> str:
    """Return what the address ends with; empty while the person has none."""
    return Signer(salt=SALT).sign(f"{user.pk}.{user.calendar_key}") if user.calendar_key else ""


@transaction.atomic
def renew(user: User) -> str:
    """Give the person a new address; the one before no longer answers."""
    user.calendar_key = secrets.token_hex(16)
    user.save(update_fields=["calendar_key"])
    ledger.append("people", "calendar.opened", by=user, subject=f"user {user.pk}", payload={})
    return token_of(user)


@transaction.atomic
def revoke(user: User) -> None:
    """Close the person's address."""
    if user.calendar_key:
        user.calendar_key = ""
        user.save(update_fields=["calendar_key"])
        ledger.append("people", "calendar.closed", by=user, subject=f"user {user.pk}", payload={})


def holder_of(token: str) -> User | None:
    """Return whose calendar the address is; None for one that is forged, was replaced, or whose holder left."""
    try:
        number, _, key = Signer(salt=SALT).unsign(token).partition(".")
    except BadSignature:
        return None
    user = User.objects.filter(pk=int(number), is_active=True).first()
    return user if user is not None and key and secrets.compare_digest(user.calendar_key, key) else None
