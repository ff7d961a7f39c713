"""Signing in and signing with an OpenID Connect issuer, against a real one."""

import time

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from approvals.models import ApprovalRequest, LedgerEntry, Signature
from approvals.services import sso
from config.kit.canonical import parse
from config.kit.single_sign_on import PROVIDER_ID, origin, providers
from tests.factories.approvals import approver, approvers, owner, person, policy, request_for, sign, signed_in
from tests.issuer import CLIENT, SECRET, issuer

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/oidc/oidc/login/"


@pytest.fixture(scope="module")
def served():
    with issuer() as running:
        yield running


@pytest.fixture
def idp(served, settings):
    """The issuer, telling the truth, and Premise told of it."""
    served.sub, served.email, served.email_verified = "subject-1", "ada@example.org", True
    served.lies, served.forged = {}, False
    told(settings, served.address)
    return served


def told(settings, address):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = address, CLIENT, SECRET
    settings.OIDC_NAME = "Example ID"
    settings.SOCIALACCOUNT_PROVIDERS = providers(address, CLIENT, SECRET, "Example ID")


def through(client, answer):
    """Follow the redirect to the issuer and back."""
    back = requests.get(answer["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return client.get(back.removeprefix("http://testserver"))


def enter(client):
    return through(client, client.post(LOGIN))


def user_of(client):
    return client.session.get("_auth_user_id")


def said(client):
    return client.get("/accounts/login/").content.decode()


@pytest.fixture
def signer(idp):
    """An approver without password who is connected to the issuer."""
    who = approver(email="ada@example.org")
    who.set_unusable_password()
    who.save()
    SocialAccount.objects.create(user=who, provider=PROVIDER_ID, uid="subject-1")
    return who


@pytest.fixture
def asked(thing, signer):
    policy({"groups": ["Approvers"]}, {"groups": ["Approvers"]})
    approver()
    return request_for(thing, by=owner())


def confirm(client, request, **data):
    sent = {"verdict": "approve", "comment": "All weighed.", "digest": request.digest, "sso": "1"} | data
    return client.post(reverse("approval_sign", args=[request.pk]), sent)


def test_without_an_issuer_nothing_is_offered(client):
    assert "Sign in with" not in said(client)
    assert client.post(LOGIN).status_code == 404
    assert client.get(LOGIN + "callback/").status_code == 404
    assert origin("") == []
    assert origin("https://id.example.org/realms/x") == ["https://id.example.org"]


def test_the_first_sign_in_connects_the_account_of_the_verified_address(idp, client):
    who = approver(email="Ada@Example.org")
    assert "Sign in with Example ID" in said(client)
    assert enter(client)["Location"] == "/"
    assert user_of(client) == str(who.pk)
    assert SocialAccount.objects.get().user == who
    idp.email = "married@example.org"
    assert enter(Client())["Location"] == "/"


def test_an_authenticator_app_is_still_asked_for(idp, client):
    who = approver(email="ada@example.org")
    TOTP.activate(who, generate_totp_secret())
    assert "/2fa/" in enter(client)["Location"]
    assert user_of(client) is None


@pytest.mark.parametrize(
    "fields",
    [{"email": "bob@example.org"}, {"email": "ada@example.org", "is_active": False}, {"email": ""}],
)
def test_whoever_has_no_account_here_stays_out(idp, client, fields):
    person(**fields)
    assert enter(client)["Location"] == "/accounts/login/"
    assert "You are known to Example ID, but not here." in said(client)
    assert user_of(client) is None
    assert not SocialAccount.objects.exists()


def test_an_address_that_is_not_verified_or_not_of_one_person_opens_nothing(idp, client):
    approver(email="ada@example.org")
    for lie in (False, None, "false"):
        idp.email_verified = lie
        enter(client)
        assert user_of(client) is None
    idp.email_verified = True
    approver(email="ADA@example.org")
    enter(client)
    assert user_of(client) is None


def test_the_address_given_to_somebody_else_does_not_open_the_account(idp, client, signer):
    idp.sub = "subject-2"
    enter(client)
    assert user_of(client) is None


def test_a_deactivated_person_stays_out_though_connected(idp, client, signer):
    signer.is_active = False
    signer.save()
    enter(client)
    assert user_of(client) is None


def test_a_session_cannot_connect_another_identity(idp, signer):
    other = approver()
    client = signed_in(other)
    idp.sub = "subject-9"
    through(client, client.post(LOGIN + "?process=connect"))
    assert not SocialAccount.objects.filter(user=other).exists()


def test_a_session_found_open_cannot_change_the_address_that_an_account_is_found_by(idp):
    who = approver(email="someone@example.org")
    answer = signed_in(who).post("/accounts/email/", {"action_add": "", "email": "ada@example.org"})
    assert "/accounts/reauthenticate/" in answer["Location"]
    who.refresh_from_db()
    assert who.email == "someone@example.org"


def test_an_issuer_that_is_away_is_a_sentence(idp, client, settings, thing):
    told(settings, "http://127.0.0.1:9")
    assert client.post(LOGIN)["Location"] == "/accounts/login/"
    assert "did not work" in said(client)


def test_a_signature_confirmed_at_the_issuer_stands(idp, asked, signer):
    client = signed_in(signer)
    page = client.get(f"/approvals/{asked.pk}/").content.decode()
    assert "Confirm with Example ID" in page
    assert 'name="password"' not in page
    answer = confirm(client, asked)
    assert answer.status_code == 302
    assert not Signature.objects.exists()
    done = through(client, answer)
    assert done["Location"] == f"/approvals/{asked.pk}/"
    sent = idp.asked[-1]
    assert (sent["prompt"], sent["max_age"], len(sent["nonce"])) == ("login", "0", 64)
    signature = Signature.objects.get()
    assert (signature.credential, signature.comment, signature.signer) == ("oidc", "All weighed.", signer)
    payload = parse(LedgerEntry.objects.get(verb="signature.given").payload)
    assert payload["credential"] == "oidc"
    assert payload["assertion"]["issuer"] == idp.address
    assert payload["assertion"]["nonce"] == sent["nonce"]
    assert payload["assertion"]["auth_time"].endswith("Z")
    assert "identity provider" in client.get(f"/approvals/{asked.pk}/").content.decode()
    call_command("verify_ledger")


def test_a_session_alone_signs_nothing(idp, asked, signer):
    client = signed_in(signer)
    answer = client.post(reverse("approval_sign", args=[asked.pk]), {"verdict": "approve", "digest": asked.digest})
    assert answer.status_code == 422
    assert "Choose how you confirm that it is you." in answer.content.decode()
    assert not Signature.objects.exists()


def test_the_way_back_works_once(idp, asked, signer):
    client = signed_in(signer)
    back = requests.get(confirm(client, asked)["Location"], allow_redirects=False, timeout=5).headers["Location"]
    assert client.get(back).status_code == 302
    again = client.get(back)
    assert again.status_code == 409
    assert "was used already" in again.content.decode()
    assert Signature.objects.count() == 1


def test_another_person_cannot_come_back_in_ones_place(idp, asked, signer):
    back = requests.get(confirm(signed_in(signer), asked)["Location"], allow_redirects=False, timeout=5).headers[
        "Location"
    ]
    assert signed_in(approver()).get(back).status_code == 409
    assert not Signature.objects.exists()


def away(**lies):
    return lambda idp: setattr(idp, "lies", lies)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (away(auth_time=int(time.time()) - 3600), "proved yourself earlier"),
        (away(auth_time=int(time.time()) + 3600), "proved yourself earlier"),
        (away(auth_time=None), "did not confirm that it was you"),
        (away(nonce="0" * 64), "did not confirm that it was you"),
        (away(nonce=None), "did not confirm that it was you"),
        (away(aud="another"), "did not confirm that it was you"),
        (away(aud=[CLIENT, "another"]), "did not confirm that it was you"),
        (away(iss="https://elsewhere.example"), "did not confirm that it was you"),
        (away(exp=1), "did not confirm that it was you"),
        (away(sub="subject-2"), "confirmed another person"),
        (lambda idp: setattr(idp, "forged", True), "did not confirm that it was you"),
        (lambda idp: setattr(idp, "codes", {}), "did not confirm that it was you"),
    ],
)
def test_what_does_not_prove_the_person_signs_nothing_and_keeps_the_words(idp, asked, signer, change, sentence):
    client = signed_in(signer)
    answer = confirm(client, asked)
    back = requests.get(answer["Location"], allow_redirects=False, timeout=5).headers["Location"]
    change(idp)
    refused = client.get(back)
    body = refused.content.decode()
    assert refused.status_code == 422
    assert sentence in body, body[body.find('class="errors"') :][:400]
    assert "All weighed." in body
    assert " checked" in body
    assert not Signature.objects.exists()


def test_a_cancelled_confirmation_keeps_the_words(idp, asked, signer):
    client = signed_in(signer)
    confirm(client, asked)
    state = client.session[sso.KEY][-1][0]
    refused = client.get(reverse("approval_confirmed"), {"state": state, "error": "access_denied"})
    assert refused.status_code == 409
    assert "was not completed" in refused.content.decode()
    assert "All weighed." in refused.content.decode()


def test_who_dawdles_confirms_again(idp, asked, signer, monkeypatch):
    client = signed_in(signer)
    answer = confirm(client, asked)
    monkeypatch.setattr(sso, "LIFE", -1)
    refused = through(client, answer)
    assert "More than ten minutes" in refused.content.decode()
    assert "All weighed." in refused.content.decode()


def test_the_second_tab_overtakes_the_first(idp, asked, signer):
    client = signed_in(signer)
    first, second = confirm(client, asked, comment="From the first."), confirm(client, asked)
    refused = through(client, first)
    assert "You began another signature" in refused.content.decode()
    assert "From the first." in refused.content.decode()
    assert through(client, second).status_code == 302


@pytest.mark.parametrize(
    ("how", "sentence"),
    [("edited", "changed after this request was opened"), ("another digest", "not the content of this request")],
)
def test_content_changed_meanwhile_is_not_signed(idp, asked, signer, thing, how, sentence):
    client = signed_in(signer)
    answer = confirm(client, asked)
    if how == "edited":
        thing.content[asked.subject_id] = {"objective": "Something else"}
    else:
        ApprovalRequest.objects.filter(pk=asked.pk).update(digest="0" * 64)
    refused = through(client, answer)
    assert refused.status_code == 409
    assert sentence in refused.content.decode()
    assert "All weighed." in refused.content.decode()
    assert not Signature.objects.exists()


def test_a_stage_that_ended_meanwhile_is_not_signed_for(idp, asked, signer):
    client = signed_in(signer)
    answer = confirm(client, asked)
    sign(asked, approvers(1)[0])
    refused = through(client, answer)
    assert "moved on to another stage" in refused.content.decode()
    assert Signature.objects.count() == 1


def test_what_could_not_be_signed_is_said_before_leaving(idp, asked, signer):
    client = signed_in(signer)
    assert confirm(client, asked, verdict="reject", comment="").status_code == 422
    assert confirm(client, asked, digest="0" * 64).status_code == 409
    other = approver()
    answer = confirm(signed_in(other), asked)
    assert answer.status_code == 422
    assert "not connected to Example ID" in answer.content.decode()


def test_an_issuer_that_went_away_leaves_the_form_as_it_was(idp, asked, signer, settings):
    told(settings, "http://127.0.0.1:9")
    refused = confirm(signed_in(signer), asked)
    assert refused.status_code == 422
    assert "could not be reached" in refused.content.decode()
    assert "All weighed." in refused.content.decode()
