"""What becomes due is told once, to whom it concerns."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import Notice, User
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import CommitmentRecord, Decision
from decisions.services import commitments, reminding
from metrics.models import Metric
from tests.factories.approvals import auditor, person
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = NOW.date()


def told(start: str) -> set[User]:
    return {notice.to for notice in Notice.objects.filter(cause_key__contains=f":{start}:")}


def days(number: int) -> object:
    return TODAY + timedelta(days=number)


@pytest.mark.parametrize(("ahead", "hears"), [(1, False), (0, True), (-3, True)])
def test_a_review_is_announced_on_its_day(backlog: Metric, ahead: int, hears: bool) -> None:
    decision = in_force()
    Decision.objects.update(next_review_on=days(ahead))
    reminding.remind(NOW)
    assert told("review") == ({decision.owner} if hears else set())


@pytest.mark.parametrize(("ahead", "people"), [(1, ""), (0, "k"), (-1, "ko")])
def test_a_commitment_reminds_its_person_and_when_late_the_owner(backlog: Metric, ahead: int, people: str) -> None:
    decision, keeper = in_force(), person()
    CommitmentRecord.objects.update(owner=keeper, due_on=days(ahead))
    reminding.remind(NOW)
    assert told("commitment:k1") == {{"k": keeper, "o": decision.owner}[letter] for letter in people}


def test_nothing_is_due_on_what_has_ended_or_is_settled(backlog: Metric) -> None:
    decision = in_force()
    Decision.objects.update(evidence_due_on=days(-9), next_review_on=days(-9))
    CommitmentRecord.objects.update(due_on=days(-9))
    commitments.settle(decision.commitments.get(), state="done", by=decision.owner)
    Decision.objects.filter(pk=decision.pk).update(state="closed")
    assert reminding.remind(NOW) == 0
    assert not Notice.objects.filter(cause_key__startswith="decision:D-").exists()


def test_a_run_that_finds_nothing_new_only_reads(backlog: Metric, django_assert_num_queries: Any) -> None:
    in_force()
    Decision.objects.update(evidence_due_on=days(-9), next_review_on=days(-9))
    CommitmentRecord.objects.update(due_on=days(-9))
    assert reminding.remind(NOW) == 2
    with django_assert_num_queries(3):
        assert reminding.remind(NOW) == 0


def test_nobody_is_told_of_what_they_may_not_see(backlog: Metric) -> None:
    in_force()
    stranger = person()
    CommitmentRecord.objects.update(owner=stranger, due_on=days(0))
    Decision.objects.update(classification="confidential")
    reminding.remind(NOW)
    assert not Notice.objects.filter(to=stranger).exists()


def test_a_commitment_is_settled_once_by_who_may(backlog: Metric) -> None:
    record = in_force().commitments.get()
    for who in (auditor(), person()):
        with pytest.raises(PermissionDenied):
            commitments.settle(record, state="done", by=who)
    with pytest.raises(BadInput):
        commitments.settle(record, state="lost", by=record.owner)
    with pytest.raises(MoveRefused, match="why the commitment is dropped"):
        commitments.settle(record, state="dropped", by=record.owner)
    commitments.settle(record, state="dropped", note="No longer wanted.", by=record.owner)
    with pytest.raises(MoveRefused, match="dropped already"):
        commitments.settle(record, state="done", by=record.owner)
