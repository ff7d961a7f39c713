"""Signing in, in our own words."""

from typing import Any

from allauth.account.forms import LoginForm
from django.conf import settings

from config.kit.single_sign_on import PROVIDER_ID


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """The sign-in form; the tick says what it does. `issuer` names who else may vouch for people, if anybody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "remember" in self.fields:
            self.fields["remember"].label = "Stay signed in on this device"
        self.issuer = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        self.issuer_id = PROVIDER_ID
