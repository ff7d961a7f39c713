"""What a verdict does: approve, return, reject, withdraw."""

from typing import Any

import pytest

from approvals.models import ApprovalRequest, LedgerEntry
from config.kit.refusals import MoveRefused
from decisions.models import CommitmentRecord, DecisionMetric
from decisions.services import moves, reevaluations, versions
from metrics import dependants
from metrics.models import Condition, Metric
from tests.factories import metrics
from tests.factories.approvals import approver, auditor, owner, sign
from tests.factories.decisions import BACKLOG, RESOLUTION, approve, in_force, save, submitted
from tests.factories.dossiers import SOON

pytestmark = pytest.mark.django_db


def test_approval_puts_exactly_what_was_signed_in_force(backlog: Metric) -> None:
    decision = in_force()
    version = decision.versions.get()
    request = ApprovalRequest.objects.get()
    assert (decision.state, decision.version) == ("in_force", 1)
    assert (version.text, version.digest, version.request) == (request.content, request.digest, request)
    assert decision.in_force_since == request.decided_at == version.approved_at
    assert (decision.evidence_due_on, decision.next_review_on) == (SOON, decision.reviews.get().due_on)
    assert LedgerEntry.objects.filter(stream=decision.stream).last().verb == "decision.in_force"


def test_approval_arms_the_conditions_and_links_the_metrics(backlog: Metric) -> None:
    decision = in_force()
    armed = Condition.objects.armed().get()
    assert (armed.watcher, armed.key, armed.metric) == (decision.reference, "a1.c1", backlog)
    assert armed.label == "when Backlog growth is above 10 %"
    links = DecisionMetric.objects.filter(decision=decision).values_list("metric__key", "part")
    assert set(links) == {
        (RESOLUTION, "success"),
        (RESOLUTION, "signal"),
        (BACKLOG, "guardrail"),
        (BACKLOG, "condition"),
    }
    commitment = CommitmentRecord.objects.get()
    assert (commitment.key, commitment.owner, commitment.due_on, commitment.state) == (
        "k1",
        decision.owner,
        SOON,
        "open",
    )


def test_the_metrics_page_hears_what_rests_on_it_if_one_may_see_it(backlog: Metric) -> None:
    decision = in_force()
    (row,) = dependants.of(backlog, decision.owner)
    assert row.title.startswith(decision.reference)
    assert row.detail == "when Backlog growth is above 10 %: holds"
    type(decision).objects.filter(pk=decision.pk).update(classification="confidential")
    assert dependants.of(backlog, owner()) == []
    assert len(dependants.of(backlog, auditor())) == 1


@pytest.mark.parametrize(("verdict", "state"), [("return", "draft"), ("reject", "rejected")])
def test_the_other_verdicts_move_the_decision(backlog: Metric, verdict: str, state: str) -> None:
    decision, request = submitted()
    sign(request, approver(), verdict)
    decision.refresh_from_db()
    assert (decision.state, decision.version) == (state, 0)
    assert not Condition.objects.exists()


def test_a_returned_draft_is_edited_and_submitted_anew_and_old_signatures_do_not_count(backlog: Metric) -> None:
    decision, request = submitted()
    first = approver()
    sign(request, first)
    sign(request, approver(), "return")
    save(decision, "constraints", text="Mended.")
    again = moves.submit(decision, by=decision.owner)
    assert again.pk != request.pk
    assert again.signatures.count() == 0
    sign(again, first)
    approve(again)
    decision.refresh_from_db()
    assert decision.state == "in_force"
    assert "Mended." in versions.current(decision).text


def test_withdrawing_unlocks_the_draft(backlog: Metric) -> None:
    decision, _ = submitted()
    moves.withdraw(decision, by=decision.owner, reason="A figure is wrong.")
    assert decision.state == "draft"
    assert save(decision, "constraints", text="Right.").version == 2
    with pytest.raises(MoveRefused):
        moves.withdraw(decision, by=decision.owner, reason="Again.")


def test_a_stranger_does_not_withdraw(backlog: Metric) -> None:
    decision, _ = submitted()
    with pytest.raises(MoveRefused, match="owner"):
        moves.withdraw(decision, by=approver(), reason="Why not.")


def test_a_failure_while_putting_in_force_rolls_the_signature_back(backlog: Metric, monkeypatch: Any) -> None:
    decision, request = submitted()
    sign(request, approver())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr("decisions.services.versions._arm", fail)
    with pytest.raises(RuntimeError):
        sign(request, approver())
    decision.refresh_from_db()
    request.refresh_from_db()
    assert (decision.state, request.state, request.signatures.count()) == ("in_review", "open", 1)
    assert not decision.versions.exists()


def test_a_condition_that_is_broken_already_questions_the_decision_at_once(backlog: Metric) -> None:

    metrics.weekly(backlog, [14])
    decision = in_force()
    reevaluations.receive_signals()
    decision.refresh_from_db()
    assert decision.state == "questioned"
