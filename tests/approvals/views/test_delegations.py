"""Delegations in the browser."""

from datetime import timedelta

import pytest

from approvals.models import Delegation
from approvals.models.people import today
from tests.factories.approvals import approver, approvers, delegation, owner, signed_in

pytestmark = pytest.mark.django_db
URL = "/approvals/delegations/"


def form(to, **fields):
    days = {"starts_on": today().isoformat(), "ends_on": (today() + timedelta(days=5)).isoformat()}
    return {"delegate": to.pk, "reason": "Leave"} | days | fields


def test_an_approver_names_somebody_and_ends_it():
    away, stand_in = approvers(2)
    client = signed_in(away)
    assert client.post(URL, form(stand_in)).status_code == 302
    row = Delegation.objects.get()
    assert "Leave" in client.get(URL).content.decode()
    assert "People I sign for" in signed_in(stand_in).get(URL).content.decode()
    assert client.post(f"{URL}{row.pk}/revoke/").status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_nobody_ends_somebody_elses():
    away, stand_in, other = approvers(3)
    row = delegation(away, stand_in)
    for who in (stand_in, other):
        assert signed_in(who).post(f"{URL}{row.pk}/revoke/").status_code == 404
    assert signed_in(away).post(f"{URL}{2**70}/revoke/").status_code == 404


def test_an_owner_has_nothing_to_hand_on():
    client = signed_in(owner())
    assert "Name somebody" not in client.get(URL).content.decode()
    assert client.post(URL, form(approver())).status_code == 422
    assert not Delegation.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"delegate": "999999"},
        {"delegate": "x"},
        {"starts_on": "0001-01-01"},
        {"ends_on": "nonsense"},
        {"ends_on": "2020-01-01", "starts_on": "2020-01-01"},
        {"reason": "a\x00"},
        {"reason": "x" * 10_000},
    ],
)
def test_bad_input_is_refused_with_a_sentence(fields):
    away, stand_in = approvers(2)
    answer = signed_in(away).post(URL, form(stand_in, **fields))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Delegation.objects.exists()


def test_overlapping_days_are_a_conflict():
    away, stand_in, other = approvers(3)
    delegation(away, stand_in)
    answer = signed_in(away).post(URL, form(other))
    assert answer.status_code == 409
    assert "Somebody signs for you" in answer.content.decode()
