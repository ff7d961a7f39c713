"""A form that outlived its session comes back with what was typed, and can be sent again after signing in."""

import re

import pytest
from django.test import Client

from tests.factories.approvals import PASSWORD, owner, signed_in

pytestmark = pytest.mark.django_db
TYPED = {"delegate": "1", "reason": "Away for two weeks", "password": "never shown again"}
PATH = "/approvals/delegations/"


def test_words_typed_after_the_session_ended_come_back():
    answer = Client().post(PATH, TYPED)
    html = answer.content.decode()
    assert answer.status_code == 401
    assert "Away for two weeks" in html
    assert f'action="{PATH}"' in html
    assert "never shown again" not in html


def test_an_autosave_is_told_in_a_fragment():
    answer = Client().post(PATH, {"x": "y"}, headers={"X-Autosave": "1", "HX-Request": "true"})
    assert answer.status_code == 401
    assert "<html" not in answer.content.decode()


def test_a_form_without_words_is_sent_to_sign_in():
    assert Client().post(PATH, {"delegate": "1"}).status_code == 302


def test_after_signing_in_anew_the_form_is_sent_once_more_with_a_fresh_token():
    who = owner()
    client = Client(enforce_csrf_checks=True)
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    again = client.post(PATH, TYPED, headers={"Origin": "http://testserver"})
    html = again.content.decode()
    assert again.status_code == 403
    assert "Send it again" in html
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html.split("Send it again")[0][-3000:])
    held = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', html))
    assert held["reason"] == "Away for two weeks"
    assert client.post(PATH, {**held, "csrfmiddlewaretoken": token[1]}).status_code in {200, 422}


def test_a_form_from_elsewhere_is_not_offered_to_be_sent_again():
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(PATH, TYPED, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert "Send it again" not in answer.content.decode()


def test_signing_in_itself_is_left_alone():
    assert Client().post("/accounts/login/", {"login": "some body", "password": PASSWORD}).status_code == 200
    assert signed_in(owner()).get("/").status_code == 200


def test_an_autosave_with_an_old_token_is_told_to_fetch_a_fresh_one():
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(PATH, TYPED, headers={"X-Autosave": "1"})
    assert (answer.status_code, answer.headers["X-Form-Expired"]) == (403, "1")
    assert Client(enforce_csrf_checks=True).post(PATH, TYPED, headers={"X-Autosave": "1"}).status_code == 401
