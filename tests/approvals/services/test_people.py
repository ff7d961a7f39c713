"""Tokens for programs, and forgetting a person."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from approvals.models import ApiToken, LedgerEntry, User
from approvals.queries import actor_names
from approvals.roles import AUDITORS, STEWARDS, has_role
from approvals.services import ledger
from approvals.services.people import create_token, erase, revoke_token
from config.kit.refusals import BadInput
from tests.factories.approvals import owner, person, steward

pytestmark = pytest.mark.django_db


def test_only_a_hash_of_the_token_is_kept():
    token, text = create_token(name="importer", scopes=["metrics:write"])
    assert text not in json.dumps(list(ApiToken.objects.values()), default=str)
    assert len(text) > 40
    assert token.user.username.startswith("api-")
    assert not token.user.has_usable_password()


@pytest.mark.parametrize(("scope", "role"), [("metrics:write", STEWARDS), ("audit:read", AUDITORS)])
def test_a_programs_account_has_the_role_its_scope_needs(scope, role):
    token, _ = create_token(name="program", scopes=[scope])
    assert has_role(token.user, role)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["metrics:read", "approvals:sign"]])
def test_unknown_scopes_are_refused_and_none_can_sign(scopes):
    with pytest.raises(BadInput):
        create_token(name="program", scopes=scopes)


def test_the_command_prints_the_token_once():
    steward(username="steward")
    out = StringIO()
    call_command("create_api_token", "importer", "--scope", "metrics:read", "metrics:write", "--user", "steward",
                 stdout=out, stderr=StringIO())  # fmt: skip
    printed = json.loads(out.getvalue())
    assert (printed["user"], printed["scopes"]) == ("steward", ["metrics:read", "metrics:write"])
    assert printed["token"].startswith("premise_")


@pytest.mark.parametrize("arguments", [["--scope", "nonsense"], ["--scope", "metrics:read", "--user", "nobody"]])
def test_the_command_refuses_with_a_sentence(arguments):
    with pytest.raises(CommandError):
        call_command("create_api_token", "importer", *arguments, stdout=StringIO(), stderr=StringIO())


@pytest.mark.parametrize("end", ["revoke", "deactivate"])
def test_an_ended_token_opens_nothing_from_the_next_call_on(client, end):
    token, text = create_token(name="reader", scopes=["audit:read"])
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get("/api/v1/ledger", headers=headers).status_code == 200
    if end == "revoke":
        revoke_token(token, by=None)
    else:
        User.objects.filter(pk=token.user_id).update(is_active=False)
    assert client.get("/api/v1/ledger", headers=headers).status_code == 401


def test_a_person_who_is_forgotten_has_no_name_on_the_ledger():
    who = owner(first_name="Ada", last_name="Gone", email="ada@example.org")
    entry = ledger.append("s", "note.written", by=who, subject="s", payload={})
    assert actor_names([entry.actor])[entry.actor] == "Ada Gone"
    erase(who, by=None)
    assert actor_names([entry.actor])[entry.actor] == "erased person"
    who.refresh_from_db()
    assert (who.first_name, who.email, who.is_active) == ("Erased", "", False)
    assert LedgerEntry.objects.filter(verb="person.erased").exists()


def test_a_renamed_person_gets_a_commitment_of_the_new_name():
    who = owner(first_name="Ada")
    first = ledger.append("s", "note.written", by=who, subject="s", payload={})
    who.first_name = "Grace"
    who.save()
    second = ledger.append("s", "note.written", by=who, subject="s", payload={})
    assert first.actor != second.actor
    assert set(actor_names([first.actor, second.actor]).values()) >= {"Ada", "Grace"}


@pytest.mark.parametrize(
    ("roles", "scope", "allowed"),
    [
        (["Auditors"], "audit:read", True),
        (["Auditors"], "metrics:read", True),
        (["Auditors"], "metrics:write", False),
        (["Auditors", "Stewards"], "metrics:write", False),
        (["Stewards"], "metrics:write", True),
        (["Owners"], "audit:read", False),
        (["Administrators"], "audit:read", True),
    ],
)
def test_a_token_reaches_no_further_than_its_holder(roles, scope, allowed):
    holder = person(*roles)
    if allowed:
        assert create_token(name="program", scopes=[scope], user=holder)[0].user == holder
    else:
        with pytest.raises(BadInput, match="may not do"):
            create_token(name="program", scopes=[scope], user=holder)


def test_a_role_taken_away_ends_what_its_token_may_from_the_next_call_on(client):
    holder = person("Auditors")
    _, text = create_token(name="reader", scopes=["audit:read"], user=holder)
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get("/api/v1/ledger", headers=headers).status_code == 200
    holder.groups.clear()
    assert client.get("/api/v1/ledger", headers=headers).status_code == 403
