"""Sign-in policy on top of allauth."""

from typing import Any

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect

from approvals.services import sso

FAILED = "Signing in with {name} did not work. Try again, or sign in with your password."
NOT_HERE = "Accounts are connected by their e-mail address when you sign in with {name} for the first time."


class ClosedSignupAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by administrators; nobody signs themselves up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse self-registration."""
        return False


class KnownPeopleAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """The issuer says who somebody is; only who has an account here gets in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Refuse self-registration."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let in whose account is connected, or is connected now by its e-mail address; say why to all others."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            # Else whoever finds a screen unlocked could tie their own identity to it, and sign with that.
            raise _sent_back(request, NOT_HERE)
        told = sociallogin.account.extra_data
        subjects = {str(told[part].get("sub")) for part in ("userinfo", "id_token") if part in told}
        if "id_token" not in told or subjects != {sociallogin.account.uid}:
            raise _sent_back(request, FAILED)
        if sociallogin.is_existing:
            user = sociallogin.user
        else:
            addresses = [each.email for each in sociallogin.email_addresses if each.verified is True]
            user = sso.known_by(addresses)
        if user is None or not user.is_active:
            raise _sent_back(request, sso.UNKNOWN)
        if not sociallogin.is_existing:
            sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, provider: Any, *args: Any, **kwargs: Any) -> None:
        """Send back to the sign-in page with a sentence."""
        raise _sent_back(request, FAILED)

    def get_requests_session(self) -> requests.Session:
        """Return the session for calls to the issuer; one that is away is answered with a sentence."""
        return _Session()


class _Session(requests.Session):
    """Calls to the issuer: short, and never the reason of a server error."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Call; whoever waits for the answer is sent back to the sign-in page when there is none."""
        try:
            response = super().request(*args, **{"timeout": sso.PATIENCE} | kwargs)
            response.raise_for_status()
            response.json()
        except requests.RequestException as error:
            raise _sent_back(context.request, FAILED) from error
        return response


def _sent_back(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    messages.error(request, sentence.format(name=settings.OIDC_NAME))
    return ImmediateHttpResponse(redirect(settings.LOGIN_URL))
