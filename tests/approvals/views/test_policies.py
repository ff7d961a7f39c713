"""Policies in the browser: read by all, written by administrators, never changed under a request."""

import pytest
from django.contrib.auth.models import Group

from approvals.models import ApprovalRequest, LedgerEntry, Policy
from config.kit.canonical import parse
from config.kit.refusals import MoveRefused
from tests.approvals.limits import LARGEST_PAGE, MOST_QUERIES
from tests.factories.approvals import administrator, approver, owner, policy, request_for, sign, signed_in

pytestmark = pytest.mark.django_db


def stage(number: int, **fields) -> dict[str, object]:
    group = Group.objects.get(name="Approvers").pk
    values = {"name": f"Stage {number}", "groups": [group], "quorum": "count", "quorum_value": "1", "hours": "24"}
    values |= {"kind": "people", "delegation": "optional", "one_rejection_ends": "on"} | fields
    return {f"stages-{number}-{name}": value for name, value in values.items() if value is not None}


def form(*stages, **fields) -> dict[str, object]:
    data: dict[str, object] = {
        "name": "Board",
        "kind": "thing",
        "priority": "5",
        "is_active": "on",
        "tiers": ["strategic"],
        "reason": "The board wants it.",
        "change_class": "material",
    }
    data |= {"stages-TOTAL_FORMS": len(stages), "stages-INITIAL_FORMS": 0} | fields
    for each in stages:
        data |= each
    return data


def propose(client, path: str, data: dict[str, object]) -> ApprovalRequest:
    """Send the form, and return the request for approval that it leads to."""
    answer = client.post(path, data)
    assert answer.status_code == 302, answer.content.decode()
    return ApprovalRequest.objects.get(pk=int(answer.url.split("/")[2]))


def test_a_policy_changes_only_by_an_approved_change(thing):
    client, signer = signed_in(administrator()), approver()
    request = propose(client, "/policies/new/", form(stage(0), stage(1)))
    assert not Policy.objects.filter(key="board").exists()
    sign(request, signer)
    first = Policy.objects.get(key="board")
    assert [each.name for each in first.stages.all()] == ["Stage 0", "Stage 1"]
    body = client.get("/policies/board/").content.decode()
    assert "The board wants it." in body
    sign(propose(client, "/policies/board/", form(stage(0), name="Board", version="1")), signer)
    first.refresh_from_db()
    assert not first.is_active
    assert Policy.objects.active().get(key="board").version == 2
    verbs = LedgerEntry.objects.filter(subject="board", verb__startswith="policy.").values_list("verb", flat=True)
    assert list(verbs) == ["policy.created", "policy.revised"]


def test_who_proposes_a_policy_cannot_approve_it(thing):
    boss, other = administrator(), administrator()
    request = propose(signed_in(boss), "/policies/new/", form(stage(0)))
    with pytest.raises(MoveRefused, match="You took part"):
        sign(request, boss)
    sign(request, other)
    assert Policy.objects.filter(key="board").exists()


def test_a_rejected_proposal_leaves_everything_as_it_was(thing):
    client, signer = signed_in(administrator()), approver()
    sign(propose(client, "/policies/new/", form(stage(0))), signer)
    request = propose(client, "/policies/board/", form(stage(0), stage(1), version="1"))
    sign(request, signer, "reject", "One stage is enough.")
    assert Policy.objects.active().get(key="board").version == 1
    assert request.change.__class__.objects.get(pk=request.change_id).outcome_reason == "One stage is enough."


def test_an_emergency_is_in_use_at_once_and_marked_when_refused(thing):
    client, signer = signed_in(administrator()), approver()
    request = propose(client, "/policies/new/", form(stage(0), change_class="emergency"))
    assert Policy.objects.active().filter(key="board").exists()
    change = request.change
    assert change.state == "applied"
    assert change.awaits_approval
    sign(request, signer, "reject", "Not an emergency.")
    change.refresh_from_db()
    assert change.unapproved_at
    assert "unapproved" in client.get(f"/approvals/{request.pk}/").content.decode()


def test_an_open_request_keeps_the_policy_it_was_opened_under(thing):
    client, signer = signed_in(administrator()), approver()
    sign(propose(client, "/policies/new/", form(stage(0), tiers=[])), signer)
    request = request_for(thing, by=owner())
    asked = propose(client, "/policies/board/", form(stage(0, name="Harder"), stage(1), tiers=[], version="1"))
    assert "1 request runs under an earlier version" in str(asked.change.impact)
    sign(asked, signer)
    request.refresh_from_db()
    assert request.policy.version == 1
    assert [each.name for each in request.stages.all()] == ["Stage 0"]


def test_a_stale_form_is_refused_and_told_what_changed(thing):
    client, signer = signed_in(administrator()), approver()
    sign(propose(client, "/policies/new/", form(stage(0))), signer)
    sign(propose(client, "/policies/board/", form(stage(0), stage(1), version="1")), signer)
    answer = client.post("/policies/board/", form(stage(0), version="1"))
    assert answer.status_code == 409
    assert "version 2 is in force. Since then changed: Stages." in answer.content.decode()
    assert Policy.objects.filter(key="board").count() == 2


def test_a_stage_of_machine_checks_asks_nobody(thing):
    checks = stage(0, kind="checks", checks=["readiness"], groups=None)
    assert signed_in(administrator()).post("/policies/new/", form(checks, kind="decision")).status_code == 422
    approver()
    request = propose(signed_in(administrator()), "/policies/new/", form(checks, stage(1), kind="decision"))
    assert parse(request.content)["stages"][0]["checks"] == ["readiness"]


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
        ({"stages-0-hours": "", "stages-0-expires_after": "4"}, "can expire"),
        ({"stages-0-kind": "checks", "stages-0-checks": []}, "Choose at least one check."),
        ({"reason": " "}, "Give the reason for the change."),
        ({"change_class": "huge"}, "not one of the available choices"),
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
