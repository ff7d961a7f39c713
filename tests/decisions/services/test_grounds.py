"""What questions a decision besides a value: overdue evidence, a changed definition, a review; each once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from config.kit.refusals import MoveRefused
from decisions.domain.ageing import GRACE
from decisions.models import Decision, Ground, Reevaluation, Review
from decisions.services import grounds, questions, receiving, reevaluations, sweeping
from metrics.models import Metric
from metrics.services import definitions
from tests.factories import dossiers, metrics
from tests.factories.approvals import owner
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db
DUE = datetime.combine(dossiers.SOON, datetime.min.time(), UTC)
LATE = DUE + GRACE + timedelta(days=1)


def again(metric: Metric, **changes: Any) -> None:
    """Put another version of the metric's definition in force."""
    definitions.save_draft(metric, changes={"meaning": "Counted anew."} | changes, expected_version=None, by=None)
    definitions.approve_without_request(metric)


@pytest.mark.parametrize(("when", "questioned"), [(DUE, 0), (DUE + GRACE, 0), (LATE, 1)])
def test_overdue_evidence_questions_the_decision_after_the_grace(
    backlog: Metric, when: datetime, questioned: int
) -> None:
    decision = in_force()
    assert grounds.question_overdue(when) == questioned
    decision.refresh_from_db()
    assert decision.state == ("questioned" if questioned else "in_force")


def test_it_does_so_once_whatever_was_answered(backlog: Metric) -> None:
    decision = in_force()
    grounds.question_overdue(LATE)
    asked = Reevaluation.objects.get()
    assert (asked.cause, asked.severity, asked.opened_at, asked.due_at) == (
        "refresh",
        "minor",
        LATE,
        LATE + timedelta(hours=168),
    )
    assert "The assumption “The backlog grows by less than a tenth a week” was to be looked at again" in asked.question
    assert Notice.objects.filter(cause_key=f"reevaluation:{asked.pk}:opened").count() == 1
    assert Ground.objects.filter(cause="refresh").count() == asked.grounds.count() > 1
    assert [grounds.question_overdue(LATE) for _ in range(2)] == [0, 0]
    reevaluations.answer(asked, outcome="reaffirm", reason="Still so.", by=decision.owner)
    assert grounds.question_overdue(LATE + timedelta(days=300)) == 0
    assert Reevaluation.objects.count() == 1


def test_what_becomes_overdue_later_attaches(backlog: Metric) -> None:
    made = dossiers.dossier("decider")
    later = dossiers.assumption("decider", refresh_on=dossiers.SOON + timedelta(days=30))
    in_force(owner(username="decider"), criteria=replace(made.criteria, assumptions=(later,)))
    grounds.question_overdue(LATE)
    assert grounds.question_overdue(LATE + timedelta(days=30)) == 1
    asked = Reevaluation.objects.get()
    last = asked.grounds.last()
    assert last is not None
    assert last.sentence.startswith("The assumption “The backlog")
    assert LedgerEntry.objects.filter(verb="reevaluation.ground_attached").count() == 1
    assert Notice.objects.filter(title__contains="questioned on a further ground").count() == 1


def test_a_definition_approved_afterwards_questions_who_rests_on_the_metric_once(backlog: Metric) -> None:
    decision = in_force()
    assert grounds.question_redefined(timezone.now()) == 0
    again(backlog)
    assert [grounds.question_redefined(timezone.now()) for _ in range(2)] == [1, 0]
    asked = Reevaluation.objects.get()
    assert (asked.cause, asked.metric, asked.severity) == ("definition", backlog, "major")
    assert "Version 2 of the definition of" in asked.question
    reevaluations.answer(asked, outcome="reaffirm", reason="Words only.", by=decision.owner)
    assert grounds.question_redefined(timezone.now()) == 0
    again(backlog, meaning="Counted once more.")
    assert grounds.question_redefined(timezone.now()) == 1
    assert Reevaluation.objects.filter(state="open").get().question.startswith("Version 3")


def test_a_decision_approved_on_the_new_definition_is_left_alone(backlog: Metric) -> None:
    again(backlog)
    in_force()
    assert grounds.question_redefined(timezone.now()) == 0


def test_a_definition_condition_speaks_for_itself(backlog: Metric) -> None:
    decision = in_force()
    metrics.condition(backlog, {"kind": "definition", "version": 1}, watcher=decision.reference, key="a1.c9")
    again(backlog)
    assert receiving.receive_signals() == {"opened": 1}
    assert grounds.question_redefined(timezone.now()) == 0
    asked = Reevaluation.objects.get()
    assert asked.cause == "definition"
    assert "The definition of" in asked.question


def test_a_review_asks_once_and_attaches_to_what_is_open(backlog: Metric) -> None:
    decision = in_force()
    review = Review.objects.get(decision=decision)
    asked = questions.ask_by_review(review, by=decision.owner, text="Costs doubled.", severity="critical")
    assert (asked.cause, asked.severity) == ("review", "critical")
    assert asked.question.endswith("asks: Costs doubled.")
    with pytest.raises(MoveRefused, match="has questioned the decision already"):
        questions.ask_by_review(review, by=decision.owner, text="Again.")
    other = Review.objects.create(decision=decision, due_on=review.due_on + timedelta(days=1))
    assert questions.ask_by_review(other, by=decision.owner, text="And slower.").pk == asked.pk
    assert asked.grounds.count() == 2


def test_a_ground_that_remains_keeps_the_question_when_the_value_is_corrected(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    receiving.receive_signals()
    again(backlog)
    grounds.question_redefined(timezone.now())
    entry = metrics.entry(metrics.weeks_ago(1), 4, reason="The export was wrong.")
    metrics.observations.record(backlog, [entry], by=None)
    receiving.receive_signals()
    asked = Reevaluation.objects.get()
    assert (asked.state, asked.cause) == ("open", "definition")
    assert asked.flag.endswith("another ground remains.")
    decision.refresh_from_db()
    assert decision.state == "questioned"


def test_a_finished_decision_is_questioned_by_nothing(backlog: Metric) -> None:
    decision = in_force()
    again(backlog)
    Decision.objects.filter(pk=decision.pk).update(state="closed")
    done = sweeping.sweep(LATE)
    assert (done["overdue"], done["redefined"]) == (0, 0)
    assert not Reevaluation.objects.exists()
