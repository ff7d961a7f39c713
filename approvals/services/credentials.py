"""Confirm that the person signing is who the session says, by what only they know or hold."""

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import authenticate
from django.http import HttpRequest

from approvals.models import User
from approvals.services import passkeys, sso
from config.kit.refusals import BadInput

LONGEST = 1_000
WRONG_PASSWORD = "This is not your password."  # noqa: S105 a sentence
NO_PASSWORD = "Enter your password to sign."  # noqa: S105 a sentence
LOCKED = "There were too many wrong passwords. Wait a quarter of an hour, then sign again."
UNUSABLE = "Your account has no password. Sign with a passkey, or set a password under your account first."


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What came with the signature; `request` tells the lock-out where it came from.

    Password, code and passkey come in the same POST; `returned` is a person's way back from the issuer, which they were
    sent to by such a POST.
    """

    password: str = ""
    code: str = ""
    passkey: str = ""
    returned: sso.Return | None = None
    request: HttpRequest | None = None


@dataclass(frozen=True)
class Proof:
    """How the person proved themselves; `assertion` is what passkey or issuer vouched, for whoever checks it later."""

    method: str
    assertion: dict[str, str] | None = None


def confirm(user: User, credential: Credential, *, request_id: int, digest: str) -> Proof:
    """Return how the person proved themselves for one content; BadInput when they did not.

    Call it outside the transaction: a password hash takes long on purpose, and failures must be counted even though
    the signature is refused.
    """
    if credential.returned:
        return Proof("oidc", sso.confirm(user, credential.returned, request_id=request_id, digest=digest))
    if credential.passkey:
        return Proof("passkey", passkeys.confirm(user, credential, request_id=request_id, digest=digest))
    return Proof(_confirm_password(user, credential))


def _confirm_password(user: User, credential: Credential) -> str:
    if not credential.password:
        raise BadInput({"password": [NO_PASSWORD]})
    if len(credential.password) > LONGEST or _is_broken(credential.password):
        raise BadInput({"password": [WRONG_PASSWORD]})
    if not user.has_usable_password():
        raise BadInput({"password": [UNUSABLE]})
    request = _as_sign_in(credential.request)
    known = authenticate(request, username=user.get_username(), password=credential.password)
    if getattr(request, "axes_locked_out", False):
        raise BadInput({"password": [LOCKED]})
    if known is None or known.pk != user.pk:
        raise BadInput({"password": [WRONG_PASSWORD]})
    return _confirm_code(user, credential.code.strip())


def _is_broken(password: str) -> bool:
    """Say whether the text has no UTF-8 form (a lone surrogate), so that no hash could be taken of it."""
    return any("\ud800" <= character <= "\udfff" for character in password)


def needs_code(user: User) -> bool:
    """Say whether the person has an authenticator app, so that a code is asked for too."""
    return bool(authenticators(user).exists())


def authenticators(user: User) -> Any:
    """Return the query for the person's authenticator app; allauth ships no types."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)


def _confirm_code(user: User, code: str) -> str:
    stored: Any = authenticators(user).first()
    if stored is None:
        return "password"
    if not code:
        raise BadInput({"code": ["Enter the code of your authenticator app."]})
    if not (code.isascii() and code.isdigit() and TOTP(stored).validate_code(code)):
        raise BadInput({"code": ["This code is wrong or was used already; enter the one shown now."]})
    return "password and code"


def _as_sign_in(request: HttpRequest | None) -> HttpRequest:
    """Return a request of its own for the lock-out to mark, so that its middleware does not replace our answer."""
    attempt = HttpRequest()
    attempt.META = dict(request.META) if request else {"REMOTE_ADDR": "127.0.0.1"}
    attempt.method, attempt.path = "POST", request.path if request else "/"
    return attempt
