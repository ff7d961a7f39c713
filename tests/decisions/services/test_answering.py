"""Acknowledging and answering a re-evaluation."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from approvals.models import ChangeRequest, LedgerEntry, Notice
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import Decision, Reevaluation
from decisions.services import drafting, moves, questions, reevaluations
from metrics.models import Condition, Metric
from tests.factories import metrics
from tests.factories.approvals import administrator, approver, auditor, owner, sign
from tests.factories.decisions import approve, in_force, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(backlog: Metric, kept: Any) -> Reevaluation:
    """A re-evaluation opened by a breaking value."""

    def question() -> Reevaluation:
        in_force()
        metrics.weekly(backlog, [14])
        reevaluations.receive_signals()
        return Reevaluation.objects.get()

    return kept(question)


def answer(asked: Reevaluation, outcome: str, **fields: Any) -> Decision:
    by = fields.pop("by", asked.decision.owner)
    reevaluations.answer(asked, outcome=outcome, reason=fields.pop("reason", "We looked."), by=by, **fields)
    asked.refresh_from_db()
    return Decision.objects.get(pk=asked.decision_id)


def test_acknowledging_says_who_and_when_once(asked: Reevaluation) -> None:
    reevaluations.acknowledge(asked, by=asked.decision.owner)
    asked.refresh_from_db()
    assert (asked.state, asked.acknowledged_by) == ("acknowledged", asked.decision.owner)
    with pytest.raises(MoveRefused, match="acknowledged already"):
        reevaluations.acknowledge(asked, by=asked.decision.owner)


@pytest.mark.parametrize("outcome", ["reaffirm", "fallback"])
def test_some_answers_put_it_back_in_force(asked: Reevaluation, outcome: str) -> None:
    decision = answer(asked, outcome, evidence="https://example.org/figures")
    assert (decision.state, decision.version) == ("in_force", 1)
    assert (asked.state, asked.outcome, asked.answered_by) == ("answered", outcome, decision.owner)
    assert asked.evidence == "https://example.org/figures"
    assert asked.acknowledged_at is not None
    assert Condition.objects.armed().count() == 1
    entry = LedgerEntry.objects.filter(verb="reevaluation.answered").get()
    assert "We looked." in entry.payload


def test_the_fallbacks_owner_is_told_what_to_do(asked: Reevaluation) -> None:
    answer(asked, "fallback")
    notice = Notice.objects.get(cause_key=f"reevaluation:{asked.pk}:fallback:s1")
    assert notice.body == "Go back to one queue for all."


def test_stopping_is_final_and_disarms(asked: Reevaluation) -> None:
    decision = answer(asked, "stop")
    assert decision.state == "stopped"
    assert not Condition.objects.armed().exists()


def test_superseding_names_a_successor(asked: Reevaluation) -> None:
    with pytest.raises(MoveRefused, match="Name the decision"):
        answer(asked, "supersede")
    successor = in_force()
    decision = answer(asked, "supersede", successor=successor)
    assert (decision.state, decision.superseded_by, asked.successor) == ("superseded", successor, successor)


def test_amending_is_complete_when_the_change_is_approved(asked: Reevaluation) -> None:
    decision = answer(asked, "amend")
    assert (decision.state, asked.state, asked.answered_at) == ("questioned", "amending", None)
    save(decision, "constraints", text="Less at once.")
    request = moves.submit(decision, by=decision.owner)
    approve(request)
    asked.refresh_from_db()
    decision.refresh_from_db()
    request.refresh_from_db()
    assert (decision.state, decision.version, asked.state) == ("in_force", 2, "answered")
    assert asked.answered_at == request.decided_at


def test_a_rejected_amendment_leaves_the_question_open(asked: Reevaluation) -> None:
    decision = answer(asked, "amend")
    save(decision, "constraints", text="Less at once.")
    sign(moves.submit(decision, by=decision.owner), approver(), "reject", "No.")
    asked.refresh_from_db()
    assert (asked.state, asked.outcome, asked.change) == ("acknowledged", "", None)
    assert "not approved: No." in asked.flag
    assert answer(asked, "reaffirm").state == "in_force"


def test_while_an_amendment_answers_it_nothing_else_does(asked: Reevaluation) -> None:
    answer(asked, "amend")
    with pytest.raises(MoveRefused, match="amendment is under way"):
        answer(asked, "stop")


def test_an_amendment_already_open_is_taken_as_the_answer(backlog: Metric) -> None:
    decision = in_force()
    change = moves.open_amendment(decision, by=decision.owner, reason="Words.")
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    asked = Reevaluation.objects.get()
    with pytest.raises(MoveRefused, match="change request is open"):
        answer(asked, "stop")
    answer(asked, "amend")
    assert asked.change == change
    assert ChangeRequest.objects.count() == 1


def test_an_amendment_that_did_not_answer_the_question_leaves_it_open(backlog: Metric) -> None:
    decision = in_force()
    moves.open_amendment(decision, by=decision.owner, reason="Words.")
    save(decision, "constraints", text="Other words.")
    request = moves.submit(decision, by=decision.owner)
    metrics.weekly(backlog, [14])
    reevaluations.receive_signals()
    approve(request)
    decision.refresh_from_db()
    assert (decision.state, decision.version) == ("questioned", 2)
    assert Reevaluation.objects.get().state == "open"


def test_an_amendment_of_the_broken_bound_answers_it_even_if_it_is_broken_still(asked: Reevaluation) -> None:
    decision = answer(asked, "amend")
    content = decision.sections.get(key="criteria").content
    content["assumptions"][0]["conditions"][0]["bound"] = "12"
    save(decision, "criteria", **content)
    approve(moves.submit(decision, by=decision.owner))
    assert set(reevaluations.receive_signals()) <= {"answered before", "nothing to retract"}
    decision.refresh_from_db()
    assert (decision.state, decision.version) == ("in_force", 2)
    assert Reevaluation.objects.count() == 1


def test_answered_is_answered(asked: Reevaluation) -> None:
    answer(asked, "reaffirm")
    with pytest.raises(MoveRefused, match=r"answered already by .* on .*: reaffirm"):
        answer(asked, "stop")
    with pytest.raises(MoveRefused):
        reevaluations.acknowledge(asked, by=asked.decision.owner)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"reason": " "}, "reason"), ({"reason": "\x00"}, "reason"), ({"evidence": "\ud800"}, "evidence")],
)
def test_an_answer_needs_words_that_can_be_kept(asked: Reevaluation, fields: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        answer(asked, "reaffirm", **fields)
    assert list(refusal.value.errors) == [field]


def test_an_unknown_outcome_is_bad_input(asked: Reevaluation) -> None:
    with pytest.raises(BadInput):
        answer(asked, "shrug")


def test_a_fallback_needs_one_approved_in_advance(asked: Reevaluation) -> None:
    Reevaluation.objects.update(response=[])
    with pytest.raises(MoveRefused, match="No fallback was approved"):
        answer(asked, "fallback")


@pytest.mark.parametrize("who", [approver, auditor, administrator, owner])
def test_only_the_owner_answers(asked: Reevaluation, who: Any) -> None:
    with pytest.raises(PermissionDenied):
        answer(asked, "reaffirm", by=who())
    with pytest.raises(PermissionDenied):
        reevaluations.acknowledge(asked, by=who())


def test_the_owner_of_last_resort_may_answer(asked: Reevaluation) -> None:
    last = approver()
    Decision.objects.update(owner_of_last_resort=last)
    assert answer(asked, "reaffirm", by=last).state == "in_force"


def test_latency_runs_from_the_end_of_the_breaking_period(asked: Reevaluation) -> None:
    breach = asked.breaches.get()
    assert asked.breached_at == breach.period_end
    assert asked.signalled_at == breach.signal.at
    assert asked.latency is None
    answer(asked, "reaffirm")
    assert asked.latency == asked.answered_at - breach.period_end
    assert asked.latency > timedelta(0)


def test_a_person_questions_a_decision_with_words(backlog: Metric) -> None:
    decision, who = in_force(), approver()
    asked = questions.question(decision, by=who, text="The law has changed.", severity="critical")
    decision.refresh_from_db()
    assert (decision.state, asked.cause, asked.opened_by, asked.question) == (
        "questioned",
        "person",
        who,
        "The law has changed.",
    )
    assert asked.due_at - asked.opened_at == timedelta(hours=24)
    assert [entry["scenario"] for entry in asked.response] == ["s1"]
    with pytest.raises(MoveRefused, match="not possible"):
        questions.question(decision, by=who, text="Again.")


def test_who_may_question(backlog: Metric) -> None:
    decision = in_force()
    for who in (auditor(), administrator(), owner()):
        with pytest.raises(PermissionDenied):
            questions.question(decision, by=who, text="Why?")
    for fields in ({"text": ""}, {"text": "Why?", "severity": "huge"}):
        with pytest.raises(BadInput):
            questions.question(decision, by=decision.owner, **fields)
    secret = drafting.create_decision(title="Secret", by=owner(), classification="confidential")
    with pytest.raises(Http404):
        questions.question(secret, by=owner(), text="Why?")


def test_a_late_answer_climbs_the_path_and_tells_each_once(asked: Reevaluation) -> None:
    last = approver()
    Decision.objects.update(owner_of_last_resort=last)
    owner_ = asked.decision.owner
    steps = [(-1, 0), (1, 2), (23, 0), (25, 1), (200, 0)]
    told = [reevaluations.escalate(asked.due_at + timedelta(hours=hours)) for hours, _ in steps]
    assert told == [expected for _, expected in steps]
    late = Notice.objects.filter(cause_key__startswith=f"reevaluation:{asked.pk}:late")
    assert set(late.values_list("to", flat=True)) == {owner_.pk, last.pk}
    assert LedgerEntry.objects.filter(verb="reevaluation.escalated").count() == 2


def test_an_answered_one_does_not_escalate(asked: Reevaluation) -> None:
    answer(asked, "reaffirm")
    assert reevaluations.escalate(timezone.now() + timedelta(days=365)) == 0
