"""Talk to the OpenID Connect issuer: its discovery document, a code for a token, and whether the token is true."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from django.conf import settings

PATIENCE = 5
SKEW = 5
"""Seconds that the issuer's clock may differ from ours."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Those with a public key only: with a shared secret anybody who knows it could vouch."""
NEEDED = ["iss", "aud", "exp", "iat", "sub", "nonce", "auth_time"]


class Unreachable(Exception):
    """The issuer does not answer, or not as OpenID Connect says."""


class NotVouched(Exception):
    """What the issuer answered does not prove who the person is."""


@dataclass(frozen=True)
class Vouched:
    """What a verified ID token says; times in seconds since 1970."""

    issuer: str
    subject: str
    nonce: str
    auth_time: int


def authorize_url(*, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
    """Return where the person proves themselves anew, whatever session they have there; Unreachable."""
    asked = {
        "response_type": "code",
        "scope": "openid",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "prompt": "login",
        "max_age": "0",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = str(_discovered()["authorization_endpoint"])
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def redeem(code: str, *, redirect_uri: str, verifier: str) -> Vouched:
    """Exchange the code for an ID token and verify it; Unreachable, NotVouched."""
    found = _discovered()
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": settings.OIDC_CLIENT_ID,
    }
    basic = "client_secret_post" not in found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if basic:
        answer = _json("POST", found["token_endpoint"], data=sent, auth=_basic())
    else:
        answer = _json("POST", found["token_endpoint"], data=sent | {"client_secret": settings.OIDC_CLIENT_SECRET})
    return _verified(str(answer.get("id_token", "")), issuer=found["issuer"], keys=_json("GET", found["jwks_uri"]))


def _basic() -> tuple[str, str]:
    return settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET


def _verified(token: str, *, issuer: str, keys: dict[str, Any]) -> Vouched:
    try:
        named = jwt.get_unverified_header(token).get("kid")
        held = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in {None, "sig"}]
        fitting = [key for key in held if key.key_id == named] if named else held
        if len(fitting) != 1:
            raise NotVouched("no key of the issuer fits")
        claims = jwt.decode(
            token,
            fitting[0],
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=issuer,
            leeway=SKEW,
            options={"require": NEEDED},
        )
        audience = claims["aud"]
        if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID or (
            isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
        ):
            raise NotVouched("meant for another client")
        return Vouched(issuer, str(claims["sub"]), str(claims["nonce"]), int(claims["auth_time"]))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise NotVouched(str(error)) from error


def _discovered() -> dict[str, Any]:
    """Return the discovery document; it must speak for the issuer that is configured."""
    issuer = settings.OIDC_ISSUER.rstrip("/")
    found = _json("GET", f"{issuer}/.well-known/openid-configuration")
    wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if any(not isinstance(found.get(name), str) for name in wanted) or found["issuer"].rstrip("/") != issuer:
        raise Unreachable("the discovery document is not this issuer's")
    return found


def _json(method: str, address: str, **sent: Any) -> dict[str, Any]:
    """Return the object an address answers with; redirects would carry the secret elsewhere."""
    try:
        response = requests.request(method, address, timeout=PATIENCE, allow_redirects=False, **sent)
        answer = response.json()
    except requests.RequestException as error:
        raise Unreachable(str(error)) from error
    if response.status_code == 400 and method == "POST":
        raise NotVouched("the issuer does not know the code")
    if response.status_code != 200 or not isinstance(answer, dict):
        raise Unreachable(f"{address} answered {response.status_code}")
    return answer
