"""Credentials at rest: unreadable without a key, of no use in another place, readable while keys are exchanged."""

import base64
import json

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from metrics.domain.destinations import destination
from metrics.models import Pull
from metrics.services import sealing
from metrics.services.fetching import place_of
from tests.factories.pulls import pull

SECRET = "Bearer s3cr3t-of-the-source"


def test_what_is_sealed_opens_for_its_place_only():
    sealed = sealing.seal(SECRET, place="here")
    assert SECRET not in sealed
    assert "s3cr3t" not in base64.b64decode(sealed[2:]).decode("latin-1")
    assert sealing.unseal(sealed, place="here") == SECRET
    assert sealing.seal(SECRET, place="here") != sealed
    for wrong in ("", "1:", "1:%%%", sealed[:-4], "2:" + sealed[2:], sealed[:6] + "AAAA" + sealed[10:]):
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(wrong, place="here")
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed, place="there")


def test_keys_are_exchanged_without_losing_a_credential():
    with override_settings(CREDENTIALS_KEYS=[], SECRET_KEY="a"):
        before = sealing.seal(SECRET, place="here")
    with override_settings(CREDENTIALS_KEYS=["first"], SECRET_KEY="a"):
        assert sealing.unseal(before, place="here") == SECRET
        first = sealing.seal(SECRET, place="here")
    with override_settings(CREDENTIALS_KEYS=["second", "first"], SECRET_KEY="b"):
        assert sealing.unseal(first, place="here") == SECRET
        second = sealing.seal(SECRET, place="here")
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(before, place="here")
    with override_settings(CREDENTIALS_KEYS=["second"], SECRET_KEY="b"):
        assert sealing.unseal(second, place="here") == SECRET


@pytest.mark.django_db
def test_the_command_seals_everything_anew_with_the_first_key(capsys: pytest.CaptureFixture[str]):
    made = pull(target="https://a.example/x", kind=Pull.Kind.JSON)
    place = place_of(made, destination(made.target))
    with override_settings(CREDENTIALS_KEYS=["first"]):
        Pull.objects.filter(pk=made.pk).update(sealed=sealing.seal(SECRET, place=place))
    with override_settings(CREDENTIALS_KEYS=["second", "first"]):
        call_command("reseal_credentials")
    assert json.loads(capsys.readouterr().out) == {"resealed": 1, "unreadable": []}
    made.refresh_from_db()
    with override_settings(CREDENTIALS_KEYS=["second"]):
        assert sealing.unseal(made.sealed, place=place) == SECRET
    with override_settings(CREDENTIALS_KEYS=["third"]), pytest.raises(CommandError, match="cannot be decrypted"):
        call_command("reseal_credentials")
    assert json.loads(capsys.readouterr().out)["unreadable"] == [f"{made.metric.key}: {made.name}"]
