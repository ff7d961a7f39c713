"""Accounts and tokens in the hands of an administrator, and what no administrator can do."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from approvals.models import ApiToken, LedgerEntry, User
from approvals.roles import APPROVERS, AUDITORS, OWNERS, has_role
from approvals.services import unsent
from approvals.services.people import create_token
from approvals.services.verification import verify
from tests.approvals.limits import LARGEST_PAGE, MOST_QUERIES
from tests.factories.approvals import administrator, owner, person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return administrator()


@pytest.fixture
def desk(admin: User) -> Client:
    return signed_in(admin)


def group(name: str) -> int:
    return Group.objects.get(name=name).pk


def verbs() -> list[str]:
    return list(LedgerEntry.objects.filter(stream="people").order_by("seq").values_list("verb", flat=True))


def test_an_account_is_opened_with_a_password_shown_once(desk):
    answer = desk.post("/people/", {"username": "olive", "first_name": "Olive", "groups": [group(OWNERS)]})
    password = re.search(r"<code>(.+?)</code>", answer.content.decode())
    assert password
    assert User.objects.get(username="olive").check_password(password[1])
    assert has_role(User.objects.get(username="olive"), OWNERS)
    assert password[1] not in desk.get("/people/").content.decode()
    assert verbs() == ["account.opened"]


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"username": ""}, "required"),
        ({"username": "two words"}, "Enter a valid username"),
        ({"username": "api-mine"}, "kept for programs"),
        ({"username": "taken"}, "There is an account taken already"),
        ({"username": "new", "email": "no address"}, "valid email"),
        ({"username": "new", "groups": [APPROVERS, AUDITORS]}, "an auditor has no other role"),
    ],
)
def test_what_makes_no_account_is_said_beside_the_field_and_kept(desk, data, sentence):
    person(username="taken")
    data = data | {"first_name": "Kept words", "groups": [group(name) for name in data.get("groups", [])]}
    answer = desk.post("/people/", data)
    body = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in body
    assert "Kept words" in body
    assert not verbs()


@pytest.mark.parametrize("number", ["9" * 23, "-1", "x", "1e400"])
def test_a_group_that_no_table_holds_is_refused_beside_the_field(desk, number):
    for address in ("/people/", f"/people/{person().pk}/"):
        answer = desk.post(address, {"act": "groups", "username": "new", "groups": [number]})
        assert answer.status_code == 422
        assert "valid" in answer.content.decode()
    assert verbs() == []


def test_a_role_given_or_taken_holds_from_the_next_request_on(desk):
    who = owner()
    theirs = signed_in(who)
    assert theirs.get("/audit/").status_code == 403
    desk.post(f"/people/{who.pk}/", {"act": "groups", "groups": [group(AUDITORS)]})
    assert theirs.get("/audit/").status_code == 200
    desk.post(f"/people/{who.pk}/", {"act": "close", "reason": "Left."})
    assert theirs.get("/audit/").status_code == 302
    desk.post(f"/people/{who.pk}/", {"act": "reopen"})
    assert User.objects.get(pk=who.pk).is_active
    assert verbs() == ["account.groups_changed", "account.closed", "account.reopened"]


def test_nobody_changes_their_own_account(desk, admin):
    for data in ({"act": "groups", "groups": [group(APPROVERS)]}, {"act": "close", "reason": "x"},
                 {"act": "reopen"}, {"act": "erase", "username": admin.username}):  # fmt: skip
        assert desk.post(f"/people/{admin.pk}/", data).status_code == 409
    assert verbs() == []


def test_a_person_is_erased_after_their_name_was_typed_and_the_ledger_still_holds(desk):
    who = owner(first_name="Ada", last_name="Gone", username="ada", email="ada@example.org")
    create_token(name="reader", scopes=["metrics:read"], user=who)
    unsent.keep(who, "/reviews/1/", {"findings": "Half a sentence"})
    address = f"/people/{who.pk}/"
    refused = desk.post(address, {"act": "erase", "username": "someone"})
    assert "This is not the user name" in refused.content.decode()
    desk.post(address, {"act": "erase", "username": "ada"})
    body = desk.get(address).content.decode() + desk.get("/audit/").content.decode()
    assert "Ada" not in body
    assert "ada@" not in body
    assert not ApiToken.objects.filter(user=who, revoked_at=None).exists()
    assert unsent.found(who, "/reviews/1/") is None
    assert verify().ok
    assert desk.post(address, {"act": "reopen"}).status_code == 409


def test_a_token_is_shown_once_and_ends_at_once(desk):
    made = desk.post("/people/programs/", {"name": "importer", "scope": ["metrics:read"]}).content.decode()
    token = re.search(r"premise_[\w-]+", made)
    assert token
    headers = {"Authorization": f"Bearer {token[0]}"}
    assert Client().get("/api/v1/metrics", headers=headers).status_code == 200
    listed = desk.get("/people/programs/").content.decode()
    assert token[0] not in listed
    desk.post(f"/people/programs/{ApiToken.objects.get().pk}/revoke/")
    assert Client().get("/api/v1/metrics", headers=headers).status_code == 401


@pytest.mark.parametrize("many", [3, 60])
def test_the_lists_stay_small(desk, many, django_assert_max_num_queries):
    for _ in range(many):
        create_token(name="program", scopes=["metrics:read"])
    for address in ("/people/", "/people/programs/"):
        desk.get(address)
        with django_assert_max_num_queries(MOST_QUERIES):
            assert len(desk.get(address).content) <= LARGEST_PAGE
