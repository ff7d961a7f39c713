"""Due times are executed, not only shown; nobody's leaving makes a request hang."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from approvals.queries import awaiting
from approvals.services.orphans import end_orphans
from approvals.services.reminders import remind
from tests.factories.approvals import administrator, approver, approvers, owner, person, policy, request_for, sign

pytestmark = pytest.mark.django_db


def notices(who, word):
    return Notice.objects.filter(to=who, cause_key__endswith=word).count()


def test_a_reminder_goes_out_once_when_a_quarter_of_the_time_is_left(thing):
    """Complaint 6."""
    policy({"groups": ["Approvers"], "hours": 40})
    first, second = approvers(2)
    request_for(thing, by=owner())
    now = timezone.now()
    assert remind(now + timedelta(hours=29)) == {"reminded": 0, "escalated": 0}
    assert remind(now + timedelta(hours=31)) == {"reminded": 1, "escalated": 0}
    assert remind(now + timedelta(hours=32)) == {"reminded": 0, "escalated": 0}
    assert [notices(who, "reminder") for who in (first, second)] == [1, 1]


def test_a_late_stage_is_escalated_once_and_stays_open(thing):
    """Complaints 6 and 7: executed, and no expiry that ends a request unseen."""
    policy({"groups": ["Approvers"], "hours": 2})
    asked, boss, opener = approver(), administrator(), owner()
    request = request_for(thing, by=opener)
    late = timezone.now() + timedelta(hours=3)
    assert remind(late) == {"reminded": 0, "escalated": 1}
    assert remind(late) == {"reminded": 0, "escalated": 0}
    assert [notices(who, "overdue") for who in (asked, boss, opener)] == [1, 1, 1]
    assert LedgerEntry.objects.filter(verb="stage.overdue").count() == 1
    request.refresh_from_db()
    assert request.is_open


def test_who_has_signed_is_not_reminded(thing):
    policy({"groups": ["Approvers"], "hours": 2, "quorum_value": 2})
    first, second = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first)
    remind(timezone.now() + timedelta(hours=3))
    assert [notices(who, "overdue") for who in (first, second)] == [0, 1]


def test_a_stage_without_hours_is_left_alone(thing):
    policy({"groups": ["Approvers"], "hours": None})
    approver()
    request_for(thing, by=owner())
    assert remind(timezone.now() + timedelta(days=900)) == {"reminded": 0, "escalated": 0}


def test_a_request_whose_last_approver_left_is_returned(thing):
    """Complaint 7."""
    policy()
    only = approver()
    request = request_for(thing, by=owner())
    assert end_orphans() == 0
    only.is_active = False
    only.save()
    assert end_orphans() == 1
    request.refresh_from_db()
    assert (request.state, thing.verdicts) == ("returned", [("T-1", "returned")])
    assert "Too few people are left" in request.outcome_reason
    assert end_orphans() == 0


def test_a_stage_that_is_not_open_yet_counts_too(thing):
    policy({"groups": ["Approvers"]}, {"name": "Board", "groups": ["Stewards"]})
    approver()
    steward = person("Stewards")
    request = request_for(thing, by=owner())
    steward.groups.clear()
    assert end_orphans() == 1
    request.refresh_from_db()
    assert "“Board”" in request.outcome_reason


def test_the_look_for_orphans_costs_the_same_for_many(thing):
    policy({"groups": ["Approvers"], "quorum_value": 2})
    people = approvers(3)
    opener = owner()

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert end_orphans() == 0
        return len(queries)

    sign(request_for(thing, by=opener, subject_id="T-0"), people[0])
    few = cost()
    for number in range(1, 12):
        request_for(thing, by=opener, subject_id=f"T-{number}")
    assert cost() == few
    assert awaiting(people[0]).count() == 11
