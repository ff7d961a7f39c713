"""Policies in the browser: read by all, written by administrators, never changed under a request."""

import pytest
from django.contrib.auth.models import Group

from approvals.models import LedgerEntry, Policy
from tests.approvals.limits import LARGEST_PAGE, MOST_QUERIES
from tests.factories.approvals import administrator, approver, owner, policy, request_for, signed_in

pytestmark = pytest.mark.django_db


def stage(number: int, **fields) -> dict[str, object]:
    group = Group.objects.get(name="Approvers").pk
    values = {"name": f"Stage {number}", "groups": [group], "quorum": "count", "quorum_value": "1", "hours": "24"}
    values |= {"delegation_allowed": "on", "one_rejection_ends": "on"} | fields
    return {f"stages-{number}-{name}": value for name, value in values.items() if value is not None}


def form(*stages, **fields) -> dict[str, object]:
    data: dict[str, object] = {
        "name": "Board",
        "kind": "thing",
        "priority": "5",
        "is_active": "on",
        "tiers": ["strategic"],
    }
    data |= {"stages-TOTAL_FORMS": len(stages), "stages-INITIAL_FORMS": 0} | fields
    for each in stages:
        data |= each
    return data


def test_an_administrator_writes_a_policy_and_a_next_version(thing):
    client = signed_in(administrator())
    assert client.post("/policies/new/", form(stage(0), stage(1))).status_code == 302
    first = Policy.objects.get(key="board")
    assert [each.name for each in first.stages.all()] == ["Stage 0", "Stage 1"]
    assert client.get("/policies/board/").status_code == 200
    assert client.post("/policies/board/", form(stage(0), name="Board", version="1")).status_code == 302
    first.refresh_from_db()
    assert not first.is_active
    assert Policy.objects.active().get(key="board").version == 2
    assert LedgerEntry.objects.filter(subject="board").count() == 2


def test_an_open_request_keeps_the_policy_it_was_opened_under(thing):
    client = signed_in(administrator())
    client.post("/policies/new/", form(stage(0), tiers=[]))
    approver()
    request = request_for(thing, by=owner())
    client.post("/policies/board/", form(stage(0, name="Harder"), stage(1), tiers=[], version="1"))
    request.refresh_from_db()
    assert request.policy.version == 1
    assert [each.name for each in request.stages.all()] == ["Stage 0"]


def test_a_stale_form_is_refused(thing):
    client = signed_in(administrator())
    client.post("/policies/new/", form(stage(0)))
    assert client.post("/policies/board/", form(stage(0), version="1")).status_code == 302
    assert client.post("/policies/board/", form(stage(0), version="1")).status_code == 409
    assert Policy.objects.filter(key="board").count() == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Name the policy."),
        ({"name": "!!!"}, "some letters or digits"),
        ({"name": "a\x00b"}, "NUL"),
        ({"name": "x" * 100_000}, "Use at most 120 characters"),
        ({"kind": "nothing"}, "Choose a subject of the list."),
        ({"priority": "NaN"}, "whole number"),
        ({"cost_from": "NaN"}, ""),
        ({"cost_from": "1e400"}, ""),
        ({"cost_from": "9", "cost_to": "3"}, "The highest cost is below the lowest."),
        ({"tiers": ["galactic"]}, "not one of the available choices"),
        ({"stages-TOTAL_FORMS": "nonsense"}, ""),
        ({"stages-0-name": ""}, "Name the stage."),
        ({"stages-0-groups": []}, "Choose a group or name people."),
        ({"stages-0-groups": ["999999"]}, "not one of the available choices"),
        ({"stages-0-groups": ["9" * 26]}, "not one of the available choices"),
        ({"stages-0-people": ["9" * 26]}, "not one of the available choices"),
        ({"stages-0-quorum": "percentage", "stages-0-quorum_value": "101"}, "at most 100 per cent"),
        ({"stages-0-quorum_value": "0"}, "greater than or equal to 1"),
        ({"stages-0-hours": "-1"}, "greater than or equal to 1"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(thing, fields, sentence):
    answer = signed_in(administrator()).post("/policies/new/", form(stage(0)) | fields)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Policy.objects.filter(key="board").exists()


def test_the_preview_says_which_policy_and_why(thing):
    policy(name="Always", priority=-5)
    policy(name="Strategic", tiers=["strategic"])
    client = signed_in(owner())
    body = client.get("/policies/?kind=thing&tier=tactical").content.decode()
    assert "<strong>Always</strong>" in body
    assert "The tier is tactical, not strategic." in body
    assert client.get("/policies/?kind=thing&cost=NaN").status_code == 422
    assert client.get("/policies/?from=a-link").status_code == 200


@pytest.mark.parametrize("many", [1, 30])
def test_the_list_stays_small(thing, many, django_assert_max_num_queries):
    for number in range(many):
        policy({"groups": ["Approvers"]}, {"groups": ["Stewards"]}, name=f"Policy {number}", tiers=["tactical"])
    client = signed_in(administrator())
    client.get("/policies/")
    with django_assert_max_num_queries(MOST_QUERIES):
        answer = client.get("/policies/?kind=thing&tier=tactical")
    assert len(answer.content) <= LARGEST_PAGE
