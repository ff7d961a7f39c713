"""A correction after the answer: its people are told, and may take the answer up again."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import Notice
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import Decision, Reevaluation
from decisions.services import correcting, receiving, reevaluations, reopening
from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import approver
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db


def answered(backlog: Metric, outcome: str, **fields: Any) -> Reevaluation:
    """An answer to a breach that a correction then takes back."""
    decision = in_force()
    metrics.weekly(backlog, [14])
    receiving.receive_signals()
    asked = Reevaluation.objects.get()
    reevaluations.answer(asked, outcome=outcome, reason="It broke.", by=decision.owner, **fields)
    entry = metrics.entry(metrics.weeks_ago(1), 4, reason="The export was wrong.")
    metrics.observations.record(backlog, [entry], by=None)
    # Of a decision that has ended the conditions watch no longer: the sweep looks for corrections of it.
    heard = receiving.receive_signals().get("retracted", 0) + correcting.tell_of_corrections(timezone.now())
    assert heard == 1
    assert correcting.tell_of_corrections(timezone.now()) == 0
    asked.refresh_from_db()
    return asked


def state(asked: Reevaluation) -> str:
    return Decision.objects.get(pk=asked.decision_id).state


def test_the_answer_stays_as_it_was_given_and_its_owner_is_told(backlog: Metric) -> None:
    asked = answered(backlog, "fallback")
    assert (asked.state, asked.outcome, state(asked)) == ("answered", "fallback", "in_force")
    assert asked.reversed_at is not None
    assert "took back the value that broke it. Take it up again" in asked.flag
    assert "14" in asked.question
    told = Notice.objects.filter(to=asked.decision.owner, title__startswith="What your answer for")
    assert told.count() == 1


def test_reopening_questions_the_decision_and_reaffirming_calls_the_fallback_off(backlog: Metric) -> None:
    asked = answered(backlog, "fallback")
    owner = asked.decision.owner
    opened = reopening.reopen(asked, by=owner, reason="The value was a typing error.")
    assert (opened.cause, opened.reopens, opened.state, state(asked)) == ("correction", asked, "open", "questioned")
    assert "The answer “invoke fallback” by" in opened.question
    assert opened.response == asked.response
    with pytest.raises(MoveRefused, match="taken up again already"):
        reopening.reopen(asked, by=owner, reason="Again.")
    reevaluations.answer(opened, outcome="reaffirm", reason="It never broke.", by=owner)
    assert state(asked) == "in_force"
    off = Notice.objects.get(cause_key=f"reevaluation:{opened.pk}:calls-off:s1")
    assert off.title.startswith("The fallback of")
    with pytest.raises(MoveRefused, match="taken up again already"):
        reopening.reopen(asked, by=owner, reason="Again.")


def test_what_is_final_stays_final(backlog: Metric) -> None:
    asked = answered(backlog, "stop")
    assert state(asked) == "stopped"
    assert "begin a new cycle" in asked.flag
    with pytest.raises(MoveRefused, match="final; begin a new cycle"):
        reopening.reopen(asked, by=asked.decision.owner, reason="It never broke.")
    assert state(asked) == "stopped"


def test_a_correction_that_still_breaks_what_ended_the_decision_is_no_news(backlog: Metric) -> None:
    decision = in_force()
    metrics.weekly(backlog, [14])
    receiving.receive_signals()
    reevaluations.answer(Reevaluation.objects.get(), outcome="stop", reason="It broke.", by=decision.owner)
    entry = metrics.entry(metrics.weeks_ago(1), 15, reason="The export was wrong.")
    metrics.observations.record(backlog, [entry], by=None)
    assert correcting.tell_of_corrections(timezone.now()) == 0


def test_only_what_lost_its_ground_is_taken_up_by_who_may_answer_and_with_a_reason(backlog: Metric) -> None:
    asked = answered(backlog, "reaffirm")
    with pytest.raises(PermissionDenied):
        reopening.reopen(asked, by=approver(), reason="So.")
    with pytest.raises(BadInput):
        reopening.reopen(asked, by=asked.decision.owner, reason=" ")
    Reevaluation.objects.update(reversed_at=None)
    with pytest.raises(MoveRefused, match="still holds"):
        reopening.reopen(asked, by=asked.decision.owner, reason="So.")


def test_a_breach_that_comes_back_calls_again(backlog: Metric) -> None:
    asked = answered(backlog, "reaffirm")
    entry = metrics.entry(metrics.weeks_ago(1), 15, reason="It was right after all.")
    metrics.observations.record(backlog, [entry], by=None)
    assert receiving.receive_signals() == {"opened": 1}
    assert state(asked) == "questioned"
