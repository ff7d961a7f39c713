"""Naming somebody to sign, and ending it."""

from datetime import timedelta

import pytest

from approvals.models import Delegation, LedgerEntry, Notice
from approvals.models.people import today
from approvals.queries import principals
from approvals.services.delegations import delegate, revoke
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import approver, approvers, auditor, owner, person, steward

pytestmark = pytest.mark.django_db


def name(by, to, *, first=0, last=7):
    return delegate(by=by, to=to, starts_on=today() + timedelta(days=first), ends_on=today() + timedelta(days=last))


def test_the_delegate_is_told_and_it_stands_on_the_ledger():
    """Complaint 5."""
    away, stand_in = approvers(2)
    name(away, stand_in)
    assert Notice.objects.get(to=stand_in).title.startswith("You sign for")
    assert LedgerEntry.objects.filter(verb="delegation.given").exists()
    assert principals(stand_in).get() == away


@pytest.mark.parametrize(("first", "last", "field"), [(3, 2, "ends_on"), (-9, -1, "ends_on"), (0, 900, "ends_on")])
def test_nonsense_days_are_refused(first, last, field):
    with pytest.raises(BadInput) as refusal:
        name(*approvers(2), first=first, last=last)
    assert field in refusal.value.errors


@pytest.mark.parametrize(("giver", "receiver"), [(owner, approver), (person, approver), (approver, auditor)])
def test_only_who_signs_hands_on_and_never_to_an_auditor(giver, receiver):
    with pytest.raises(BadInput):
        name(giver(), receiver())


def test_nobody_stands_in_for_themselves():
    who = steward()
    with pytest.raises(BadInput, match="other than yourself"):
        name(who, who)


def test_two_people_cannot_sign_for_one_at_once():
    away, first, second = approvers(3)
    name(away, first)
    with pytest.raises(MoveRefused, match="Somebody signs for you"):
        name(away, second, first=7, last=9)
    name(away, second, first=8, last=9)


def test_revoking_ends_it_at_once_and_only_once():
    away, stand_in = approvers(2)
    held = name(away, stand_in)
    revoke(held, by=away)
    assert not principals(stand_in).exists()
    assert Notice.objects.filter(to=stand_in, title__startswith="You no longer sign").exists()
    with pytest.raises(MoveRefused):
        revoke(held, by=away)


def test_a_delegation_of_somebody_who_left_is_void():
    away, stand_in = approvers(2)
    name(away, stand_in)
    away.is_active = False
    away.save()
    assert not principals(stand_in).exists()
    assert Delegation.objects.in_force(today()).exists()
