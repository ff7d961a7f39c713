"""Sign with a passkey: the device signs a challenge that is bound to the digest of the content on the screen."""

import json
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import get_credentials, get_server
from django.contrib.sessions.backends.base import SessionBase
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticationResponse, UserVerificationRequirement

from approvals.models import ApprovalRequest, User
from config.kit.canonical import canonical
from config.kit.refusals import BadInput

if TYPE_CHECKING:
    from approvals.services.credentials import Credential

KEY = "approvals.passkey"
LONGEST = 20_000
REFUSED = "The passkey did not confirm this signature. Try again, or sign with your password."
STALE = "This confirmation is for another content or was used already. Ask your passkey again."


def challenge_for(nonce: str, request_id: int, digest: str) -> bytes:
    """Return the challenge: the SHA-256 over a fresh nonce, the request and the content's digest."""
    return sha256(canonical({"digest": digest, "nonce": nonce, "request": request_id}).encode()).digest()


def registered(user: User) -> Any:
    """Return the query for the passkeys the person has registered; allauth ships no types."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)


def begin(user: User, request: ApprovalRequest, session: SessionBase) -> dict[str, Any]:
    """Return what the browser asks the passkey to sign for this request; kept in the session for one use."""
    nonce = secrets.token_hex(32)
    options, state = get_server().authenticate_begin(
        credentials=get_credentials(user),
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge_for(nonce, request.pk, request.digest),
    )
    session[KEY] = {"state": state, "nonce": nonce}
    return dict(options)


def confirm(user: User, credential: "Credential", *, request_id: int, digest: str) -> dict[str, str]:
    """Return what the passkey signed, for the signature to keep; BadInput when it is not for exactly this content.

    With nonce, request and digest of the signature anybody can compute the challenge, and check with the public key
    that the holder's device signed it.
    """
    kept = credential.request.session.pop(KEY, None) if credential.request else None
    if not kept:
        raise BadInput({"passkey": [STALE]})
    try:
        response = AuthenticationResponse.from_dict(json.loads(credential.passkey[:LONGEST]))
        binding = get_server().authenticate_complete(kept["state"], get_credentials(user), response)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput({"passkey": [REFUSED]}) from error
    if response.response.client_data.challenge != challenge_for(kept["nonce"], request_id, digest):
        raise BadInput({"passkey": [STALE]})
    return {
        "nonce": kept["nonce"],
        "credential": websafe_encode(binding.credential_id),
        "client_data": websafe_encode(response.response.client_data),
        "authenticator_data": websafe_encode(response.response.authenticator_data),
        "signature": websafe_encode(response.response.signature),
    }
