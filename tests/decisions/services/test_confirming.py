"""Answers that a second person approves, where policy asks for it."""

from typing import Any

import pytest

from approvals.models import ApprovalRequest, LedgerEntry
from approvals.services import requests
from config.kit.refusals import MoveRefused
from decisions.models import Decision, Reevaluation
from decisions.services import confirming, receiving, reevaluations
from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import approver, policy, sign
from tests.factories.decisions import in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(backlog: Metric, kept: Any) -> Reevaluation:
    """A re-evaluation of a strategic decision, whose answers a second person approves."""

    def question() -> Reevaluation:
        in_force()
        Decision.objects.update(tier="strategic")
        metrics.weekly(backlog, [14])
        receiving.receive_signals()
        return Reevaluation.objects.get()

    return kept(question)


def answer(asked: Reevaluation, outcome: str = "reaffirm", **fields: Any) -> Reevaluation:
    reevaluations.answer(asked, outcome=outcome, reason="We looked.", by=asked.decision.owner, **fields)
    asked.refresh_from_db()
    return asked


def state(asked: Reevaluation) -> tuple[str, str]:
    asked.refresh_from_db()
    return asked.state, Decision.objects.get(pk=asked.decision_id).state


def test_a_reaffirmation_waits_until_a_second_person_approves_it(asked: Reevaluation) -> None:
    answer(asked, evidence="Figures.")
    assert state(asked) == ("confirming", "questioned")
    request = asked.request
    assert request is not None
    assert (request.kind, asked.decision.owner in request.barred.all()) == ("reevaluation", True)
    with pytest.raises(MoveRefused, match="waits for its approval"):
        answer(asked, "fallback")
    sign(request, approver())
    assert state(asked) == ("answered", "in_force")
    request.refresh_from_db()
    assert asked.answered_at == request.decided_at
    assert asked.answered_by == asked.decision.owner
    verbs = LedgerEntry.objects.filter(stream=asked.decision.stream, verb__startswith="reevaluation.answer")
    assert list(verbs.values_list("verb", flat=True)) == ["reevaluation.answer_proposed", "reevaluation.answered"]


@pytest.mark.parametrize("verdict", ["reject", "return", "withdraw"])
def test_an_answer_that_is_not_approved_comes_back_with_its_words(asked: Reevaluation, verdict: str) -> None:
    request = answer(asked).request
    assert request is not None
    if verdict == "withdraw":
        requests.withdraw(request, by=asked.decision.owner, reason="Too soon.")
    else:
        sign(request, approver(), verdict, "Too soon.")
    assert state(asked) == ("acknowledged", "questioned")
    assert (asked.outcome, asked.request, asked.reason) == ("", None, "We looked.")
    assert asked.flag.endswith("Too soon.")
    assert asked.flag.startswith("The answer “Reaffirm” was ")
    assert answer(asked).state == "confirming"


@pytest.mark.parametrize(("outcome", "after"), [("fallback", "in_force"), ("stop", "stopped")])
def test_what_was_approved_in_advance_needs_no_new_approval(asked: Reevaluation, outcome: str, after: str) -> None:
    answer(asked, outcome)
    assert state(asked) == ("answered", after)
    assert not ApprovalRequest.objects.filter(kind__contains="reevaluation").exists()
    assert '"approved_in_advance":true' in LedgerEntry.objects.get(verb="reevaluation.answered").payload


def test_a_stop_that_nobody_foresaw_needs_one(asked: Reevaluation) -> None:
    Reevaluation.objects.update(response=[])
    request = answer(asked, "stop").request
    assert request is not None
    sign(request, approver())
    assert state(asked) == ("answered", "stopped")


def test_an_answer_whose_ground_moved_cannot_be_signed(asked: Reevaluation, backlog: Metric) -> None:
    request = answer(asked).request
    assert request is not None
    entry = metrics.entry(metrics.weeks_ago(1), 4, reason="The export was wrong.")
    metrics.observations.record(backlog, [entry], by=None)
    receiving.receive_signals()
    assert state(asked) == ("confirming", "questioned")
    assert "withdraw it and answer again" in asked.flag
    with pytest.raises(MoveRefused, match="changed after this request was opened"):
        sign(request, approver())
    requests.withdraw(request, by=asked.decision.owner, reason="Corrected.")
    assert state(asked) == ("acknowledged", "questioned")


@pytest.mark.parametrize(
    ("tier", "severity", "kind"),
    [
        ("operational", "major", ""),
        ("tactical", "minor", ""),
        ("strategic", "minor", "reevaluation"),
        ("strategic", "critical", "reevaluation"),
        ("operational", "critical", ""),
    ],
)
def test_by_default_strategic_decisions_ask_for_a_second_person(
    asked: Reevaluation, tier: str, severity: str, kind: str
) -> None:
    asked.decision.tier, asked.severity = tier, severity
    assert confirming.kind_asked(asked) == kind


def test_an_administrator_may_ask_for_it_everywhere_or_where_it_is_critical(asked: Reevaluation) -> None:
    asked.decision.tier, asked.severity = "operational", "critical"
    policy(kind="critical_reevaluation")
    assert confirming.kind_asked(asked) == "critical_reevaluation"
    asked.severity = "minor"
    assert confirming.kind_asked(asked) == ""
    policy(kind="reevaluation")
    assert confirming.kind_asked(asked) == "reevaluation"
