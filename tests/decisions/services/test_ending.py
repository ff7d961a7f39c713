"""Abandon, close, supersede, and begin anew."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from config.kit.refusals import BadInput, MoveRefused
from decisions.models import Closing, Decision
from decisions.services import drafting, moves, questions
from metrics.models import Condition, Metric
from tests.factories.approvals import approver, owner
from tests.factories.decisions import draft, in_force, submitted

pytestmark = pytest.mark.django_db
WELL: dict[str, Any] = {
    "outcome": "partly",
    "process": "sound",
    "reason": "The year is over.",
    "process_reason": "Every option was tried.",
}


def test_a_draft_is_abandoned_with_a_reason() -> None:
    decision = draft()
    with pytest.raises(MoveRefused, match="reason"):
        moves.abandon(decision, by=decision.owner, reason="")
    moves.abandon(decision, by=decision.owner, reason="No longer needed.")
    decision.refresh_from_db()
    assert decision.state == "abandoned"
    assert decision.ended_at is not None


def test_closing_judges_the_outcome_apart_from_the_process(backlog: Metric) -> None:
    decision = in_force()
    moves.close(decision, by=decision.owner, **WELL, lessons="Ask sooner.")
    decision.refresh_from_db()
    assert (decision.state, decision.next_review_on) == ("closed", None)
    closing = Closing.objects.get()
    assert (closing.outcome, closing.process, closing.lessons) == ("partly", "sound", "Ask sooner.")
    assert not Condition.objects.armed().exists()


@pytest.mark.parametrize("fields", [{"outcome": "great"}, {"process": ""}])
def test_closing_takes_known_words(backlog: Metric, fields: dict[str, str]) -> None:
    decision = in_force()
    with pytest.raises(BadInput) as refusal:
        moves.close(decision, by=decision.owner, **(WELL | fields))
    assert list(refusal.value.errors) == list(fields)


def test_only_its_owner_ends_a_decision(backlog: Metric) -> None:
    decision = in_force()
    with pytest.raises(PermissionDenied):
        moves.close(decision, by=approver(), **WELL)


def test_nothing_ends_while_an_amendment_is_under_way_and_every_reason_is_given(backlog: Metric) -> None:
    decision = in_force()
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    with pytest.raises(MoveRefused) as refusal:
        moves.close(decision, by=decision.owner, **(WELL | {"reason": " "}))
    assert len(refusal.value.reasons) == 2


def test_a_questioned_decision_is_ended_by_its_answer_only(backlog: Metric) -> None:
    decision = in_force()
    asked = questions.question(decision, by=decision.owner, text="Still right?")
    with pytest.raises(MoveRefused) as refusal:
        moves.supersede(decision, by=decision.owner, successor=in_force(), reason="Newer.")
    assert refusal.value.reasons[0].url == f"/reevaluations/{asked.pk}/"
    with pytest.raises(MoveRefused):
        moves.open_amendment(decision, by=decision.owner, reason="Words.")


def test_a_decision_gives_way_to_another_in_force(backlog: Metric) -> None:
    old, new = in_force(), in_force()
    moves.supersede(old, by=old.owner, successor=new, reason="The new one covers it.")
    old.refresh_from_db()
    assert (old.state, old.superseded_by) == ("superseded", new)
    assert set(Condition.objects.armed().values_list("watcher", flat=True)) == {new.reference}


def test_a_circle_and_other_impossible_successors_are_refused(backlog: Metric) -> None:
    old, new = in_force(), in_force()
    moves.supersede(old, by=old.owner, successor=new, reason="Newer.")
    old.refresh_from_db()
    for successor, sentence in (
        (old, "that would be a circle"),
        (new, "cannot supersede itself"),
        (draft(), "only a decision in force"),
        (hidden(), "Name the decision"),
    ):
        with pytest.raises(MoveRefused, match=sentence):
            moves.supersede(new, by=new.owner, successor=successor, reason="Round.")
    new.refresh_from_db()
    assert new.state == "in_force"


def hidden() -> Decision:
    return drafting.create_decision(title="Secret", by=owner(), classification="confidential")


def test_the_database_refuses_a_decision_that_supersedes_itself() -> None:
    decision = draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(superseded_by=decision.pk)


def test_a_new_cycle_takes_the_approved_content_and_the_lessons(backlog: Metric) -> None:
    decision = in_force()
    moves.close(decision, by=decision.owner, **WELL, lessons="Ask sooner.")
    decision.refresh_from_db()
    heir = owner()
    following = moves.new_cycle(decision, by=heir)
    assert (following.state, following.cycle, following.previous, following.owner) == ("draft", 2, decision, heir)
    dossier = drafting.dossier_of(following)
    assert dossier.background.text.endswith(f"Lessons of {decision.reference}:\n\nAsk sooner.")
    assert dossier.options == drafting.dossier_of(decision).options
    assert dossier.frame.owner == heir.username


def test_an_unfinished_cycle_has_no_next(backlog: Metric) -> None:
    for decision in (draft(), submitted()[0]):
        with pytest.raises(MoveRefused, match="has not ended"):
            moves.new_cycle(decision, by=decision.owner)
