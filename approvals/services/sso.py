"""Sign by the organisation's identity provider: a verdict waits while its person proves themselves there anew."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.utils import timezone

from approvals.models import ApprovalRequest, RequestStage, User
from approvals.services import issuer
from config.kit.canonical import canonical, utc_text
from config.kit.refusals import BadInput, MoveRefused
from config.kit.single_sign_on import PROVIDER_ID

KEY = "approvals.sso"
SALT = "approvals.sso"
PATIENCE = issuer.PATIENCE
LIFE = 600
FRESH = 120
MOST_WAITING = 3
LARGEST = 60_000
KEPT = {"verdict", "comment", "for_whom", "digest"}

UNKNOWN = (
    "You are known to {name}, but not here. Ask an administrator to open an account with your e-mail address for you."
)
NOT_CONNECTED = "Your account is not connected to {name}. Sign in with it once, then sign."
NOT_REACHED = "{name} could not be reached, so nothing was signed. Try again, or sign with your password."
NOT_COMPLETED = "The confirmation at {name} was not completed, so nothing was signed. Confirm again to sign."
REFUSED = "{name} did not confirm that it was you just now, so nothing was signed. Confirm again to sign."
SOMEBODY_ELSE = "{name} confirmed another person than you, so nothing was signed. Confirm as yourself to sign."
STALE = "{name} says that you proved yourself earlier, not for this signature. Confirm again, signing in there anew."

RAN_OUT = "More than ten minutes went by before you came back, so nothing was signed. Confirm again to sign."
OVERTAKEN = "You began another signature after this one, so this one was not signed. Confirm again to sign it."
USED = "This confirmation was used already, has run out, or is somebody else's. Open the request and sign there."
TOO_MUCH = "This is too much text to be carried along. Shorten the comment or the conditions."


@dataclass(frozen=True)
class Intent:
    """A verdict on its way: what was typed, what it is for, and what makes its nonce; `made` in seconds since 1970."""

    user: int
    request: int
    stage: int
    digest: str
    made: int
    salt: str
    verifier: str
    typed: dict[str, str]

    @property
    def nonce(self) -> str:
        """The SHA-256 over what the person means to sign, which the issuer puts into its token."""
        bound = {"digest": self.digest, "request": self.request, "salt": self.salt, "stage": self.stage}
        return sha256(canonical(bound | {"user": self.user}).encode()).hexdigest()


@dataclass(frozen=True)
class Return:
    """A person's way back from the issuer: the intent they left with, and the code they bring."""

    intent: Intent
    code: str
    redirect_uri: str


def said(sentence: str) -> str:
    """Return the sentence with the issuer's name in it, as its beginning where it stands there."""
    text = sentence.format(name=settings.OIDC_NAME)
    return text[0].upper() + text[1:]


def accounts(user: User) -> Any:
    """Return the query for the person's accounts at the issuer; none while no issuer is configured."""
    if not settings.OIDC_ISSUER:
        return SocialAccount.objects.none()
    return SocialAccount.objects.filter(user=user, provider=PROVIDER_ID)


def known_by(addresses: Iterable[str]) -> User | None:
    """Return the one active person with one of the verified addresses who has no account at the issuer yet."""
    found = {user for address in addresses if address for user in User.objects.filter(email__iexact=address)[:2]}
    if len(found) != 1:
        return None
    user = found.pop()
    return None if not user.is_active or accounts(user).exists() else user


def begin(
    session: SessionBase,
    *,
    by: User,
    request: ApprovalRequest,
    stage: RequestStage,
    digest: str,
    typed: Mapping[str, str],
    redirect_uri: str,
) -> str:
    """Keep the verdict in the session and return where the person confirms it; BadInput when that cannot be done."""
    if not accounts(by).exists():
        raise BadInput({"": [said(NOT_CONNECTED)]})
    intent = Intent(
        user=by.pk,
        request=request.pk,
        stage=stage.pk,
        digest=digest,
        made=int(timezone.now().timestamp()),
        salt=secrets.token_hex(16),
        verifier=secrets.token_urlsafe(48),
        typed={name: text for name, text in typed.items() if name in KEPT or name.startswith("conditions-")},
    )
    if sum(map(len, intent.typed.values())) > LARGEST:
        raise BadInput({"comment": [TOO_MUCH]})
    kept = signing.dumps(vars(intent), salt=SALT, compress=True)
    state = secrets.token_urlsafe(24)
    challenge = base64.urlsafe_b64encode(sha256(intent.verifier.encode()).digest()).decode().rstrip("=")
    try:
        address = issuer.authorize_url(redirect_uri=redirect_uri, state=state, nonce=intent.nonce, challenge=challenge)
    except issuer.Unreachable as error:
        raise BadInput({"": [said(NOT_REACHED)]}) from error
    session[KEY] = [*session.get(KEY, []), [state, kept]][-MOST_WAITING:]
    return address


def take(session: SessionBase, *, by: User, state: str) -> tuple[Intent, str]:
    """Take the verdict a person comes back with out of the session, with the sentence why it cannot be signed, if any.

    Each is taken once. MoveRefused when there is none: it was used, is long gone, or is another person's.
    """
    waiting = session.get(KEY, [])
    known = [each[0] for each in waiting]
    if state not in known:
        raise MoveRefused([USED])
    place = known.index(state)
    session[KEY] = [each for n, each in enumerate(waiting) if n != place]
    try:
        intent = Intent(**signing.loads(waiting[place][1], salt=SALT))
    except signing.BadSignature as error:
        raise MoveRefused([USED]) from error
    if intent.user != by.pk:
        raise MoveRefused([USED])
    if timezone.now().timestamp() - intent.made > LIFE:
        return intent, said(RAN_OUT)
    return intent, OVERTAKEN if place != len(waiting) - 1 else ""


def confirm(user: User, returned: Return, *, request_id: int, digest: str) -> dict[str, str]:
    """Return what the issuer vouched, for the signature to keep; BadInput when it is not this person, here and now."""
    intent = returned.intent
    if (intent.user, intent.request, intent.digest) != (user.pk, request_id, digest):
        raise BadInput({"": [USED]})
    try:
        vouched = issuer.redeem(returned.code, redirect_uri=returned.redirect_uri, verifier=intent.verifier)
    except issuer.Unreachable as error:
        raise BadInput({"": [said(NOT_REACHED)]}) from error
    except issuer.NotVouched as error:
        raise BadInput({"": [said(REFUSED)]}) from error
    if not secrets.compare_digest(vouched.nonce.encode(), intent.nonce.encode()):
        raise BadInput({"": [said(REFUSED)]})
    if not accounts(user).filter(uid=vouched.subject).exists():
        raise BadInput({"": [said(SOMEBODY_ELSE)]})
    now = timezone.now().timestamp()
    if not max(intent.made, now - FRESH) - issuer.SKEW <= vouched.auth_time <= now + issuer.SKEW:
        raise BadInput({"": [said(STALE)]})
    return {
        "issuer": vouched.issuer,
        "auth_time": utc_text(datetime.fromtimestamp(vouched.auth_time, UTC)),
        "nonce": vouched.nonce,
        "salt": intent.salt,
    }
