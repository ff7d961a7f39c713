"""Signatures and requests changed behind the ledger's back are named by it."""

import pytest
from django.db import connection

from approvals import guards
from approvals.models import ApprovalRequest, Signature
from approvals.services.people import erase
from approvals.services.verification import verify
from tests.factories.approvals import approver, delegation, owner, person, policy, request_for, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def signature(thing):
    """An approved request's one signature, by a delegate and under conditions; the guards are out of the way."""
    policy()
    away, stand_in = approver(), person()
    delegation(away, stand_in)
    request = request_for(thing, by=owner())
    yield sign(request, stand_in, "approve_with_conditions", "Weekly.", for_whom=away)
    guards.install(connection)


def sql(statement: str, *values: object) -> None:
    guards.lift(connection)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_what_was_signed_holds(signature):
    assert verify().ok, verify().problems
    erase(signature.signer, by=None)
    assert verify().ok


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("verdict", "approve", "verdict"),
        ("comment", "Never mind.", "comment"),
        ("digest", "0" * 64, "digest"),
        ("meaning", "I like it.", "meaning"),
        ("signed_at", "2020-01-01 00:00:00+00:00", "time"),
        ("for_whom_id", None, "person signed for"),
    ],
)
def test_a_changed_signature_is_named(signature, column, value, word):
    sql(f"UPDATE approvals_signature SET {column} = %s WHERE id = %s", value, signature.pk)
    (problem,) = verify().problems
    assert f"its {word} differs" in problem


def test_a_signature_put_on_somebody_else_is_named(signature):
    sql("UPDATE approvals_signature SET signer_id = %s", person().pk)
    assert "its signer differs" in verify().problems[0]


def test_a_signature_taken_away_is_named(signature):
    sql("DELETE FROM approvals_signature")
    report = verify()
    assert "is gone" in report.problems[0]
    assert report.first_bad is not None


def test_a_signature_made_up_is_named(signature):
    copy = Signature.objects.get()
    copy.pk, copy.signer, copy.for_whom = None, person(), None
    copy.save(force_insert=True)
    assert "stands in no entry" in verify().problems[0]


@pytest.mark.parametrize("column", ["content", "digest"])
def test_content_changed_after_it_was_approved_is_named(signature, column):
    """Complaint 1, from below."""
    ApprovalRequest.objects.update(**{column: '{"objective":"Something else"}'})
    assert "is not what entry" in verify().problems[0]


def test_a_request_whose_state_was_turned_is_named(signature):
    ApprovalRequest.objects.update(state="rejected")
    assert "is rejected, and the ledger says approved" in verify().problems[0]
