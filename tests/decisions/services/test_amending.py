"""Change control: what is approved changes by a change request only, as a whole; till then what is in force stays."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from approvals.models import ChangeRequest
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import CommitmentRecord, Decision
from decisions.services import drafting, moves, versions
from metrics.models import Condition, Metric, MetricSignal
from tests.factories.approvals import approver, sign
from tests.factories.decisions import approve, in_force, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def decision(backlog: Metric, kept: Any) -> Decision:
    return kept(in_force)


def change_bound(decision: Decision, bound: str) -> None:
    content = decision.sections.get(key="criteria").content
    content["assumptions"][0]["conditions"][0]["bound"] = bound
    save(decision, "criteria", **content)


def test_approved_content_is_not_edited_without_a_change_request(decision: Decision) -> None:
    with pytest.raises(MoveRefused, match="open a change request"):
        save(decision, "constraints", text="Sneaked in.")
    with pytest.raises(MoveRefused, match="open a change request"):
        moves.submit(decision, by=decision.owner)


def test_a_change_request_needs_a_reason_and_its_owner(decision: Decision) -> None:
    with pytest.raises(BadInput):
        moves.open_amendment(decision, by=decision.owner, reason=" ")
    with pytest.raises(PermissionDenied):
        moves.open_amendment(decision, by=approver(), reason="Because.")
    moves.open_amendment(decision, by=decision.owner, reason="Because.")
    with pytest.raises(MoveRefused, match="already open"):
        moves.open_amendment(decision, by=decision.owner, reason="Twice.")


def test_an_approved_amendment_is_the_next_version(decision: Decision) -> None:
    before = versions.current(decision).text
    change = moves.open_amendment(decision, by=decision.owner, reason="A tighter bound.")
    change_bound(decision, "8")
    request = moves.submit(decision, by=decision.owner)
    assert Decision.objects.get(pk=decision.pk).state == "in_force"
    assert versions.current(decision).text == before
    assert Condition.objects.get().version == 1
    approve(request)
    decision.refresh_from_db()
    change.refresh_from_db()
    assert (decision.state, decision.version, change.state) == ("in_force", 2, "applied")
    assert decision.versions.get(number=2).change == change
    assert decision.versions.get(number=1).text == before
    condition = Condition.objects.get()
    assert (condition.version, condition.spec["bound"]) == (2, "8")


def test_an_amendment_locks_while_it_is_in_review_and_a_return_unlocks_it(decision: Decision) -> None:
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    save(decision, "constraints", text="Other words.")
    request = moves.submit(decision, by=decision.owner)
    with pytest.raises(MoveRefused, match="in review"):
        save(decision, "constraints", text="Still others.")
    with pytest.raises(MoveRefused, match="in review already"):
        moves.submit(decision, by=decision.owner)
    sign(request, approver(), "return")
    save(decision, "constraints", text="Still others.")
    approve(moves.submit(decision, by=decision.owner))
    decision.refresh_from_db()
    assert decision.version == 2


def test_an_unchanged_amendment_is_not_submitted(decision: Decision) -> None:
    moves.open_amendment(decision, by=decision.owner, reason="Nothing yet.")
    with pytest.raises(MoveRefused, match="Nothing was changed"):
        moves.submit(decision, by=decision.owner)


def test_a_rejected_amendment_leaves_what_is_in_force_and_its_sections(decision: Decision) -> None:
    before = drafting.dossier_of(decision)
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    save(decision, "constraints", text="Refused words.")
    request = moves.submit(decision, by=decision.owner)
    sign(request, approver(), "reject", "No.")
    decision.refresh_from_db()
    assert (decision.state, decision.version) == ("in_force", 1)
    assert drafting.dossier_of(decision) == before
    assert ChangeRequest.objects.get().state == "closed"


def test_an_amendment_can_be_dropped_but_not_from_under_its_request(decision: Decision) -> None:
    before = drafting.dossier_of(decision)
    with pytest.raises(MoveRefused, match="No amendment"):
        moves.drop_amendment(decision, by=decision.owner, reason="None.")
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    save(decision, "constraints", text="Other words.")
    moves.submit(decision, by=decision.owner)
    with pytest.raises(MoveRefused, match="withdraw it first"):
        moves.drop_amendment(decision, by=decision.owner, reason="No.")
    moves.withdraw(decision, by=decision.owner, reason="On second thoughts.")
    moves.drop_amendment(decision, by=decision.owner, reason="Not worth it.")
    assert drafting.dossier_of(decision) == before


def test_a_condition_taken_out_is_disarmed_and_a_commitment_dropped(decision: Decision) -> None:
    moves.open_amendment(decision, by=decision.owner, reason="Another plan.")
    content = decision.sections.get(key="criteria").content
    content["assumptions"][0] |= {"conditions": [], "manual_check": "Ask.", "manual_check_on": "2027-01-01"}
    save(decision, "criteria", **content)
    schedule = decision.sections.get(key="schedule").content
    schedule["commitments"][0] |= {"id": "k2", "text": "Train the second team."}
    save(decision, "schedule", **schedule)
    approve(moves.submit(decision, by=decision.owner))
    assert not Condition.objects.armed().exists()
    states = dict(CommitmentRecord.objects.values_list("key", "state"))
    assert states == {"k1": "dropped", "k2": "open"}


def test_columns_follow_the_approved_frame_only(decision: Decision) -> None:
    moves.open_amendment(decision, by=decision.owner, reason="It is secret.")
    save(decision, "frame", classification="confidential", title="Quiet title")
    decision.refresh_from_db()
    assert (decision.classification, decision.title) == ("internal", "Who decides on exceptions")
    approve(moves.submit(decision, by=decision.owner))
    decision.refresh_from_db()
    assert (decision.classification, decision.title) == ("confidential", "Quiet title")


def test_words_alone_give_no_signal(decision: Decision) -> None:
    moves.open_amendment(decision, by=decision.owner, reason="Words.", change_class="editorial")
    save(decision, "constraints", text=decision.sections.get(key="constraints").content["text"].upper())
    approve(moves.submit(decision, by=decision.owner))
    assert Condition.objects.get().version == 1
    assert not MetricSignal.objects.exists()
