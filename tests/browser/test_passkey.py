"""Signing with a passkey: a virtual authenticator in a real browser signs a challenge that is bound to the content."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from fido2.webauthn import AuthenticatorData
from playwright.sync_api import CDPSession, Page, expect

from approvals import subjects
from approvals.models import ApprovalRequest, Signature
from approvals.services.passkeys import challenge_for
from tests.factories.approvals import PASSWORD, Thing, approver, approvers, owner, policy, request_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def thing() -> Iterator[Thing]:
    kind = Thing()
    kind.register()
    policy({"groups": ["Approvers"], "quorum_value": 2})
    yield kind
    subjects._kinds.pop("thing", None)


@pytest.fixture
def authenticator(page: Page) -> CDPSession:
    """A platform authenticator that knows its holder."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def register(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/2fa/webauthn/add/")
    if page.locator("input[type=password]").count():
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("main button[type=submit], main button").first.click()
    page.get_by_label("Name").fill("Laptop")
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda address: "/add/" not in address)


def test_a_passkey_signs_exactly_this_content(
    page: Page, live_server: Any, sign_in: Any, thing: Thing, authenticator: CDPSession, settings: Any
) -> None:
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    who, *_ = approvers(3)
    request = request_for(thing, by=owner())
    home = live_server.url.replace("127.0.0.1", "localhost")
    sign_in(who.username, PASSWORD, at=home)
    register(page, home)
    key = Authenticator.objects.get(user=who, type=Authenticator.Type.WEBAUTHN)
    page.goto(f"{home}/approvals/{request.pk}/")
    page.get_by_role("radio", name="Approve. I have").check()
    page.get_by_role("button", name="Sign with a passkey").click()
    expect(page.get_by_role("heading", name="You are counted")).to_be_visible()
    signature = Signature.objects.get()
    assert (signature.signer, signature.credential) == (who, "passkey")
    kept: dict[str, str] = signature.assertion
    client_data = decoded(kept["client_data"])
    challenge = decoded(json.loads(client_data)["challenge"])
    assert challenge == challenge_for(kept["nonce"], request.pk, request.digest)
    signed = decoded(kept["authenticator_data"]) + hashlib.sha256(client_data).digest()
    public = key.wrap().authenticator_data.credential_data.public_key
    public.verify(signed, decoded(kept["signature"]))
    assert AuthenticatorData(decoded(kept["authenticator_data"])).is_user_verified()


def test_an_answer_for_another_content_is_refused(
    page: Page, live_server: Any, sign_in: Any, thing: Thing, authenticator: CDPSession, settings: Any, complaints: Any
) -> None:
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    who, *_ = approvers(3)
    one = request_for(thing, by=owner(), subject_id="T-1", content={"objective": "One"})
    other = request_for(thing, by=owner(), subject_id="T-2", content={"objective": "Other"})
    home = live_server.url.replace("127.0.0.1", "localhost")
    sign_in(who.username, PASSWORD, at=home)
    register(page, home)
    page.goto(f"{home}/approvals/{one.pk}/")
    page.get_by_role("radio", name="Approve. I have").check()
    # The challenge is fetched for the other request.
    address = f"/approvals/{other.pk}/passkey/"
    page.locator("[data-passkey]").evaluate("(button, address) => { button.dataset.passkey = address }", address)
    page.get_by_role("button", name="Sign with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("for another content")
    assert not Signature.objects.exists()
    assert ApprovalRequest.objects.filter(state="open").count() == 2
    assert approver()
    complaints.expect("422")
