"""Who sees which decisions: one rule for lists, counts, pages and the API."""

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from approvals.models import User
from approvals.readers import RowsFor
from config.kit.prepared import ID, Slot
from decisions import subjects
from decisions.models import CONTRIBUTE, VIEW, Decision, Reevaluation
from decisions.services import moves, people, reevaluations
from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import (
    APPROVERS,
    administrator,
    approver,
    auditor,
    delegation,
    owner,
    person,
    policy,
    sign,
    steward,
)
from tests.factories.decisions import draft, in_force, save

pytestmark = pytest.mark.django_db


SEEN = RowsFor(lambda reader: Decision.objects.visible_to(reader).filter(pk=Slot("decision", ID)).values_list("pk"))


def sees(user: User, decision: Decision) -> bool:
    """Ask twice: the query that is built once for all of the same roles says the same."""
    found = Decision.objects.visible_to(user).filter(pk=decision.pk).exists()
    assert bool(SEEN.rows(user, decision=decision.pk)) is found
    return found


@pytest.fixture
def secret(backlog: Metric) -> Decision:
    """A confidential draft."""
    decision = draft()
    save(decision, "frame", classification="confidential")
    decision.refresh_from_db()
    return decision


@pytest.mark.parametrize("who", [owner, approver, steward, administrator, person])
def test_internal_decisions_are_everybodys_confidential_ones_are_not(secret: Decision, who: Callable[[], User]) -> None:
    user = who()
    assert sees(user, draft())
    assert not sees(user, secret)


def test_auditors_see_everything_and_deactivated_people_nothing(secret: Decision) -> None:
    assert sees(auditor(), secret)
    gone = auditor(is_active=False)
    assert not Decision.objects.visible_to(gone).exists()
    User.objects.filter(pk=secret.owner_id).update(is_active=False)
    assert not sees(User.objects.get(pk=secret.owner_id), secret)


def test_a_grant_shows_it_at_once_and_its_end_hides_it_at_once(secret: Decision) -> None:
    reader, group = person(), Group.objects.create(name="Board")
    member = person()
    member.groups.add(group)
    people.invite(secret, reader, grant=VIEW, by=secret.owner)
    assign_perm(CONTRIBUTE, group, secret)
    assert sees(reader, secret)
    assert sees(member, secret)
    people.uninvite(secret, reader, by=secret.owner)
    member.groups.clear()
    assert not sees(reader, secret)
    assert not sees(member, secret)


def test_the_member_of_a_group_that_writes_may_not_sign(secret: Decision) -> None:
    group, member = Group.objects.create(name="Board"), approver()
    member.groups.add(group)
    assign_perm(CONTRIBUTE, group, secret)
    assert member in people.authors_of(secret)


def test_those_asked_to_sign_see_it_and_so_do_their_delegates_and_those_who_signed(
    secret: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, stand_in, other = approver(), person(), person(APPROVERS)
    policy({"people": [asked]}, kind="decision", priority=9, classifications=["confidential"])
    delegation(asked, stand_in)
    assert not sees(asked, secret)
    request = moves.submit(secret, by=secret.owner)
    assert sees(asked, secret)
    assert sees(stand_in, secret)
    assert not sees(other, secret)
    sign(request, asked)
    assert sees(asked, secret)
    monkeypatch.setattr(User, "today", date.max)  # the delegation is over
    assert not sees(stand_in, secret)


def test_the_owner_of_last_resort_sees_it(secret: Decision) -> None:
    last = person()
    save(secret, "frame", owner_of_last_resort=last.username)
    assert sees(last, secret)


def test_reevaluations_are_seen_with_their_decision(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    Decision.objects.update(classification="confidential")
    assert not Reevaluation.objects.visible_to(person()).exists()
    assert Reevaluation.objects.visible_to(decision.owner).count() == 1


def test_reviewers_compare_with_the_version_before(backlog: Metric) -> None:
    decision = in_force()
    first = decision.versions.get().request
    assert subjects.previous(first) is None
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    save(decision, "constraints", text="Other words.")
    request = moves.submit(decision, by=decision.owner)
    before = subjects.previous(request)
    assert before is not None
    assert before["constraints"]["text"] != "Other words."
    now = subjects.freeze(decision.reference)
    assert now is not None
    assert now["constraints"]["text"] == "Other words."
    assert [section.key for section in subjects.sections(now)[0]][:2] == ["frame", "background"]
    assert subjects.freeze("D-0000-0000") is None
