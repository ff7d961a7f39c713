"""What allauth is told of the one OpenID Connect issuer that people may sign in with; nothing when none is named."""

from typing import Any
from urllib.parse import urlsplit

PROVIDER_ID = "oidc"


def providers(issuer: str, client_id: str, secret: str, name: str) -> dict[str, Any]:
    """Return SOCIALACCOUNT_PROVIDERS: the issuer as the only provider, or none."""
    app = {
        "provider_id": PROVIDER_ID,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer.rstrip("/"), "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app] if issuer else []}}


def origin(issuer: str) -> list[str]:
    """Return scheme and host of the issuer: where forms may lead besides this site (empty without an issuer)."""
    parts = urlsplit(issuer)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
