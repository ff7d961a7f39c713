"""Change requests: a reason, one at a time, an ending."""

import pytest
from django.db import IntegrityError

from approvals.models import ChangeRequest, LedgerEntry
from approvals.services import changes
from config.kit.canonical import parse
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import owner

pytestmark = pytest.mark.django_db


def open_one(by, **fields):
    return changes.open_change(**{"kind": "decision", "subject_id": "D-1", "by": by, "reason": "Costs rose."} | fields)


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_change_needs_a_reason_and_keeps_it(reason):
    """Complaint 11."""
    who = owner()
    with pytest.raises(BadInput, match="Give the reason"):
        open_one(who, reason=reason)
    change = open_one(who)
    changes.apply(change, by=who, version=2)
    change.refresh_from_db()
    assert change.reason == "Costs rose."
    opened = LedgerEntry.objects.get(verb="change.opened")
    assert parse(opened.payload)["reason"] == "Costs rose."
    with pytest.raises(IntegrityError):
        ChangeRequest.objects.create(kind="decision", subject_id="D-2", reason="", opened_by=who)


def test_one_change_runs_at_a_time():
    who = owner()
    change = open_one(who)
    with pytest.raises(MoveRefused, match="already open"):
        open_one(who)
    changes.close(change, by=who, reason="No longer needed.")
    open_one(who)


def test_a_change_ends_once():
    who = owner()
    change = open_one(who)
    changes.apply(change, by=who, version=2)
    with pytest.raises(MoveRefused, match="applied already"):
        changes.close(change, by=who, reason="Too late.")
    with pytest.raises(BadInput):
        changes.close(change, by=who, reason="")


@pytest.mark.parametrize("kind", ["", "huge", "\x00"])
def test_the_class_is_one_of_three(kind):
    with pytest.raises(BadInput, match="editorial, material or emergency"):
        open_one(owner(), change_class=kind)
