"""Exchanging an approver mid-flight (complaint 8)."""

import pytest
from django.core.exceptions import PermissionDenied

from approvals.models import ApprovalRequest, LedgerEntry, Notice
from approvals.queries import awaiting
from approvals.services.exchange import exchange
from approvals.services.requests import withdraw
from config.kit.canonical import parse
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import (
    administrator,
    approver,
    approvers,
    auditor,
    owner,
    person,
    policy,
    request_for,
    sign,
    signed_in,
)

pytestmark = pytest.mark.django_db


def swap(request, leaves, comes, *, by=None, position=1, reason="On leave."):
    return exchange(request.pk, by=by or administrator(), position=position, leaves=leaves, comes=comes, reason=reason)


def test_an_administrator_exchanges_an_approver_on_the_ledger(thing):
    """Complaint 8."""
    policy({"groups": ["Approvers"], "quorum": "all"})
    stays, leaves = approvers(2)
    comes = person("Stewards")
    request = request_for(thing, by=owner())
    swap(request, leaves, comes)
    assert not awaiting(leaves).exists()
    assert awaiting(comes).get() == request
    assert Notice.objects.filter(to=comes, title__startswith="Your signature is asked").exists()
    payload = parse(LedgerEntry.objects.get(verb="stage.exchanged").payload)
    assert (payload["leaves"], payload["reason"]) == (leaves.identities.get().commitment, "On leave.")
    sign(request, stays)
    sign(request, comes)
    assert ApprovalRequest.objects.get().state == "approved"


def test_somebody_who_left_the_house_can_be_replaced(thing):
    policy({"groups": [], "people": []})
    gone, comes = approver(), person("Stewards")
    request_policy = policy({"people": [gone]}, priority=9)
    request = request_for(thing, by=owner())
    assert request.policy == request_policy
    gone.is_active = False
    gone.save()
    swap(request, gone, comes)
    assert awaiting(comes).get() == request


@pytest.mark.parametrize("who", ["author", "contributor", "signer", "auditor", "asked", "oneself", "gone"])
def test_separation_of_duties_holds_for_who_comes(thing, who):
    policy({"groups": ["Approvers"], "quorum_value": 2})
    first, second, third = approvers(3)
    opener, helper, boss = owner(), owner(), administrator()
    request = request_for(thing, by=opener, authors=[helper])
    sign(request, first)
    comes = {
        "author": opener,
        "contributor": helper,
        "signer": first,
        "auditor": auditor(),
        "asked": third,
        "oneself": boss,
        "gone": person("Stewards", is_active=False),
    }[who]
    with pytest.raises(MoveRefused):
        swap(request, second, comes, by=boss)


def test_what_is_signed_stays(thing):
    policy({"groups": ["Approvers"], "quorum_value": 2})
    first, _ = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first)
    with pytest.raises(MoveRefused, match="what is signed stays"):
        swap(request, first, person("Stewards"))


def test_only_administrators_exchange_and_always_with_a_reason(thing):
    policy()
    first, _ = approvers(2)
    opener = owner()
    request = request_for(thing, by=opener)
    with pytest.raises(PermissionDenied):
        swap(request, first, person("Stewards"), by=opener)
    with pytest.raises(BadInput, match="Give the reason"):
        swap(request, first, person("Stewards"), reason=" ")
    with pytest.raises(MoveRefused, match="stage is closed"):
        swap(request, first, person("Stewards"), position=7)
    withdraw(request, by=opener, reason="Not yet.")
    with pytest.raises(MoveRefused, match="decided already"):
        swap(request, first, person("Stewards"))


def test_the_page_exchanges_and_refuses_with_sentences(thing):
    policy()
    first, _ = approvers(2)
    comes, opener = person("Stewards"), owner()
    request = request_for(thing, by=opener)
    client = signed_in(administrator())
    url = f"/approvals/{request.pk}/people/"
    assert "T-1" in client.get("/approvals/").content.decode()
    form = {"stage": "1", "stage1-leaves": first.pk, "stage1-comes": comes.pk, "stage1-reason": "On leave."}
    assert client.post(url, form | {"stage1-reason": ""}).status_code == 422
    assert client.post(url, form | {"stage1-comes": "999999"}).status_code == 422
    assert client.post(url, form | {"stage1-comes": opener.pk}).status_code == 409
    assert client.post(url, form | {"stage": "x"}).status_code == 409
    assert client.post(url, form).status_code == 302
    assert awaiting(comes).exists()
    assert client.get(f"/approvals/{2**70}/people/").status_code == 404
