"""Submitting: every obstacle at once, and nobody signs their own work by any door."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from approvals.models import ApprovalRequest, LedgerEntry, User
from config.kit.canonical import canonical
from config.kit.refusals import BadInput, MoveRefused
from decisions.domain.writing import dossier_to
from decisions.models import CONTRIBUTE, MANAGE, Decision
from decisions.services import agreeing, drafting, moves, people, readiness
from metrics.models import Metric
from tests.factories.approvals import APPROVERS, OWNERS, administrator, approver, owner, person, sign
from tests.factories.decisions import draft, save, submitted

pytestmark = pytest.mark.django_db


def test_a_ready_draft_goes_into_review_with_exactly_its_content(backlog: Metric) -> None:
    decision, request = submitted()
    assert decision.state == "in_review"
    assert decision.submitted_at is not None
    assert request.content == canonical(dossier_to(drafting.dossier_of(decision)))
    facts = {"classification": "internal", "cost": "2000", "fragile": False, "tier": "operational", "high_risk": False}
    assert request.facts == facts
    verbs = LedgerEntry.objects.filter(stream=decision.stream).values_list("verb", flat=True)
    agreed = ["framing.framers_named", "framing.agreed", "framing.agreed", "framing.scores_confirmed"]
    assert [*verbs] == ["decision.created", *agreed, "request.opened", "decision.submitted"]


def test_every_obstacle_comes_with_its_place(backlog: Metric) -> None:
    decision = drafting.create_decision(title="Empty", by=owner())
    with pytest.raises(MoveRefused) as refusal:
        moves.submit(decision, by=decision.owner)
    reasons = refusal.value.reasons
    assert len(reasons) == len(readiness.obstacles_of(decision)) > 40
    places = {reason.sentence: reason.url for reason in reasons}
    assert places["Recommend one of the options."].startswith(f"/decisions/{decision.reference}/edit/recommendation/#")
    assert all(url.startswith(f"/decisions/{decision.reference}/") for url in places.values())
    assert Decision.objects.get(pk=decision.pk).state == "draft"
    assert not ApprovalRequest.objects.exists()


def test_a_metric_that_is_not_registered_is_an_obstacle(backlog: Metric) -> None:
    decision = draft()
    agreeing.reopen(decision, reason="Another metric.", by=decision.owner)
    content = decision.sections.get(key="metrics").content
    content["success_metrics"][0]["metric"] = "hearsay"
    save(decision, "metrics", **content)
    sentences = [obstacle.sentence for obstacle in readiness.obstacles_of(decision)]
    assert "The metric “hearsay” is not in the registry; choose a registered one." in sentences


def test_asking_for_obstacles_takes_a_fixed_number_of_queries(
    backlog: Metric, django_assert_max_num_queries: Any
) -> None:
    decision = Decision.objects.get(pk=draft().pk)
    with django_assert_max_num_queries(6):
        readiness.obstacles_of(decision)


@pytest.mark.parametrize("state", ["in_review", "closed", "rejected", "abandoned", "stopped"])
def test_only_a_draft_is_submitted(backlog: Metric, state: str) -> None:
    decision = draft()
    Decision.objects.filter(pk=decision.pk).update(state=state)
    with pytest.raises(MoveRefused, match=r"is not possible|final"):
        moves.submit(decision, by=decision.owner)


def test_who_only_contributes_does_not_submit_but_who_manages_does(backlog: Metric) -> None:
    decision, contributor, deputy = draft(), person(), person()
    people.invite(decision, contributor, grant=CONTRIBUTE, by=decision.owner)
    people.invite(decision, deputy, grant=MANAGE, by=decision.owner)
    with pytest.raises(PermissionDenied):
        moves.submit(decision, by=contributor)
    moves.submit(decision, by=deputy)


def contributor_who_wrote(decision: Decision) -> Any:
    who = person(APPROVERS)
    people.invite(decision, who, grant=CONTRIBUTE, by=decision.owner)
    save(decision, "constraints", text="By an approver.", by=who)
    return who


def contributor_who_left(decision: Decision) -> Any:
    who = contributor_who_wrote(decision)
    people.uninvite(decision, who, by=decision.owner)
    return who


def earlier_owner(decision: Decision) -> Any:
    who = decision.owner
    who.groups.add(*person(APPROVERS).groups.all())
    people.transfer(decision, to=owner(), by=who, reason="I change teams.")
    decision.refresh_from_db()
    return who


def deputy_who_submits(decision: Decision) -> Any:
    who = person(APPROVERS)
    people.invite(decision, who, grant=MANAGE, by=decision.owner)
    return who


def present_owner(decision: Decision) -> Any:
    decision.owner.groups.add(*person(APPROVERS).groups.all())
    return decision.owner


@pytest.mark.parametrize(
    "door", [contributor_who_wrote, contributor_who_left, earlier_owner, deputy_who_submits, present_owner]
)
def test_nobody_with_a_hand_in_it_signs(backlog: Metric, door: Any) -> None:
    decision = draft()
    who = door(decision)
    by = who if door is deputy_who_submits else Decision.objects.get(pk=decision.pk).owner
    request = moves.submit(decision, by=by)
    with pytest.raises(MoveRefused, match="took part"):
        sign(request, who)


def test_transfer_needs_a_reason_and_somebody_with_the_role(backlog: Metric) -> None:
    decision = draft()
    with pytest.raises(MoveRefused) as refusal:
        people.transfer(decision, to=approver(), by=decision.owner, reason=" ")
    assert len(refusal.value.reasons) == 2
    submitted_one, _ = submitted()
    with pytest.raises(MoveRefused, match="in review"):
        people.transfer(submitted_one, to=person(OWNERS), by=submitted_one.owner, reason="Leave.")


def test_an_administrator_hands_over_only_what_its_owner_has_left(backlog: Metric) -> None:
    decision, admin, heir = draft(), administrator(), owner()
    with pytest.raises(PermissionDenied):
        people.transfer(decision, to=heir, by=admin, reason="Reorganisation.")
    User.objects.filter(pk=decision.owner_id).update(is_active=False)
    people.transfer(decision, to=heir, by=admin, reason="The owner has left.")
    decision.refresh_from_db()
    assert decision.owner == heir


def test_the_database_knows_the_states() -> None:
    decision = draft()
    for wrong in ({"state": "nonsense"}, {"state": "in_force"}, {"state": "superseded"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(**wrong)


def test_an_unknown_grant_is_an_error() -> None:
    decision = draft()
    with pytest.raises((ValueError, BadInput)):
        people.invite(decision, person(), grant="rule_the_world", by=decision.owner)
