"""The credential that comes with a signature."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.core.cache import cache

from approvals.services import credentials
from approvals.services.credentials import Credential, needs_code
from config.kit.refusals import BadInput
from tests.factories.approvals import PASSWORD, approver

pytestmark = pytest.mark.django_db


def confirm(who, credential):
    return credentials.confirm(who, credential, request_id=1, digest="0" * 64).method


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(counters()))))


def test_a_password_is_enough_without_an_authenticator():
    who = approver()
    assert confirm(who, Credential(password=PASSWORD)) == "password"
    assert not needs_code(who)


def test_an_authenticator_is_asked_for_too_and_each_code_once():
    cache.clear()
    who, secret = approver(), generate_totp_secret()
    TOTP.activate(who, secret)
    assert needs_code(who)
    for code in ("", "000000", "abc", "٣٤٥٦٧٨", "1" * 50):
        with pytest.raises(BadInput) as refusal:
            confirm(who, Credential(password=PASSWORD, code=code))
        assert "code" in refusal.value.errors
    assert confirm(who, Credential(password=PASSWORD, code=code_for(secret))) == "password and code"
    with pytest.raises(BadInput):
        confirm(who, Credential(password=PASSWORD, code=code_for(secret)))


def test_the_code_alone_is_not_enough():
    who, secret = approver(), generate_totp_secret()
    TOTP.activate(who, secret)
    with pytest.raises(BadInput, match="not your password"):
        confirm(who, Credential(password="wrong", code=code_for(secret)))


def test_somebody_elses_password_does_not_sign():
    who, other = approver(), approver()
    other.set_password("something-else-entirely")
    other.save()
    with pytest.raises(BadInput):
        confirm(who, Credential(password="something-else-entirely"))


def test_an_account_without_a_password_is_told_what_to_do():
    who = approver()
    who.set_unusable_password()
    who.save()
    with pytest.raises(BadInput, match="Sign with a passkey"):
        confirm(who, Credential(password=PASSWORD))
