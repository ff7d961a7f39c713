"""Decisions under approval: conditions become commitments, checks hold, wording keeps votes, emergencies come first."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import ApprovalRequest, Notice, User
from approvals.services import signing
from config.kit.canonical import parse
from config.kit.refusals import BadInput, MoveRefused
from decisions.domain.materiality import substantive
from decisions.domain.reading import dossier_from
from decisions.domain.writing import dossier_to
from decisions.models import CommitmentRecord, Decision
from decisions.services import checks, moves
from tests.factories import decisions
from tests.factories.approvals import approver, approvers, owner, policy, sign, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("backlog")]
ONE = {"groups": ["Approvers"]}


def condition(who: User, text: str = "Measure the queue weekly.") -> signing.Condition:
    return signing.Condition(text=text, owner=who, due_on=timezone.now().date() + timedelta(days=9))


def content_of(request: ApprovalRequest) -> dict[str, Any]:
    return parse(request.content)


class TestConditions:
    def test_they_become_commitments_when_the_request_is_approved(self):
        first, second = approvers(2)
        decision, request = decisions.submitted()
        sign(request, first, "approve_with_conditions", conditions=[condition(decision.owner)])
        assert not decision.commitments.filter(key__startswith="condition-").exists()
        sign(request, second)
        record = decision.commitments.get(key__startswith="condition-")
        assert (record.text, record.owner, record.state) == ("Measure the queue weekly.", decision.owner, "open")
        assert Notice.objects.filter(to=decision.owner, title__contains="on a condition that is yours").count() == 1

    def test_a_later_version_does_not_drop_them(self):
        first, second, third, fourth = approvers(4)
        decision, request = decisions.submitted()
        sign(request, first, "approve_with_conditions", conditions=[condition(decision.owner)])
        sign(request, second)
        moves.open_amendment(decision, by=decision.owner, reason="Costs rose.")
        decisions.save(decision, "costs", text="They rose.", currency="USD")
        again = moves.submit(decision, by=decision.owner)
        sign(again, third)
        sign(again, fourth)
        assert decision.commitments.get(key__startswith="condition-").state == CommitmentRecord.State.OPEN

    @pytest.mark.parametrize("verdict", ["approve", "approve_with_conditions"])
    def test_they_and_the_verdict_go_together(self, verdict):
        who, _ = approvers(2)
        decision, request = decisions.submitted()
        given = [condition(decision.owner)] if verdict == "approve" else []
        with pytest.raises(BadInput) as refusal:
            sign(request, who, verdict, conditions=given)
        assert "conditions" in refusal.value.errors

    def test_they_are_given_on_the_card(self):
        who, _ = approvers(2)
        decision, request = decisions.submitted()
        client = signed_in(who)
        data = {"verdict": "approve_with_conditions", "password": "correct-horse-battery", "digest": request.digest}
        rows = {"conditions-TOTAL_FORMS": "1", "conditions-INITIAL_FORMS": "0", "conditions-0-text": "Measure."}
        address = f"/approvals/{request.pk}/sign/"
        answer = client.post(
            address, data | rows | {"conditions-0-owner": "nobody", "conditions-0-due_on": "2020-01-01"}
        )
        assert answer.status_code == 422
        assert "There is nobody active with this user name" in answer.text
        assert "This day is past." in answer.text
        good = {"conditions-0-owner": decision.owner.username, "conditions-0-due_on": "2090-01-01"}
        assert client.post(address, data | rows | good).status_code == 302
        assert "Measure." in client.get(f"/approvals/{request.pk}/").text


class TestChecks:
    def test_each_says_what_is_wrong(self):
        who = owner()
        approvers(2)
        decision, request = decisions.submitted(who)
        content = content_of(request)
        found = {check.name: list(check.run(decision.reference, content)) for check in checks.CHECKS}
        assert found["readiness"] == []
        content["background"]["provenance"]["refresh_on"] = "2020-01-31"
        content["background"]["objective"] = ""
        for assumption in content["criteria"]["assumptions"]:
            for each in assumption["conditions"]:
                each.pop("backtest", None)
        content["options"]["options"][0]["summary"] = ""
        said = {check.name: " ".join(check.run(decision.reference, content)) for check in checks.CHECKS}
        assert "objective" in said["readiness"].lower()
        assert "was to be refreshed by" in said["evidence"]
        assert "never replayed" in said["backtest"]
        assert said["parity"]

    def test_a_policy_holds_a_decision_until_its_evidence_is_fresh(self):
        policy({"name": "Machine", "kind": "checks", "checks": ["evidence"]}, ONE, kind="decision", priority=5)
        approvers(2)
        decision, request = decisions.submitted()
        assert [stage.state for stage in request.stages.all()] == ["passed", "open"]
        assert decision.state in {"draft", "in_review"}


class TestWording:
    def before_and_after(self, section: str, **changes: Any) -> bool:
        _, request = decisions.submitted()
        old = content_of(request)
        new = dossier_to(dossier_from(old))
        new[section] |= changes
        return substantive(old, new, section)

    @pytest.fixture(autouse=True)
    def _people(self):
        approvers(2)

    @pytest.mark.parametrize(
        ("section", "changes", "is_substance"),
        [
            ("background", {"text": "Told in other words."}, False),
            ("background", {"objective": "Another objective"}, True),
            ("constraints", {"text": "No money at all."}, True),
            ("recommendation", {"rationale": "Because it is so."}, False),
            ("recommendation", {"option": "o2"}, True),
            ("costs", {"currency": "USD"}, True),
            ("frame", {"title": "Another title"}, True),
        ],
    )
    def test_what_explains_is_wording_and_the_rest_is_substance(self, section, changes, is_substance):
        assert self.before_and_after(section, **changes) is is_substance

    @pytest.mark.parametrize(
        ("section", "rows", "field"), [("options", "options", "summary"), ("criteria", "criteria", "meaning")]
    )
    def test_what_an_option_is_and_what_a_criterion_means_is_substance(self, section, rows, field):
        _, request = decisions.submitted()
        old = content_of(request)
        new = dossier_to(dossier_from(old))
        new[section][rows][0] |= {field: "Twenty people instead of two."}
        assert substantive(old, new, section)

    def test_punctuation_is_no_substance_but_a_decimal_point_is(self):
        old = {"costs": {"currency": "EUR", "limit": "It is 1.5, at most!"}}
        assert not substantive(old, {"costs": {"currency": "eur", "limit": "it is 1.5 at most"}}, "costs")
        assert substantive(old, {"costs": {"currency": "EUR", "limit": "It is 15, at most!"}}, "costs")

    def test_a_vote_survives_a_resubmission_in_other_words(self):
        first, second = approvers(2)
        decision, request = decisions.submitted()
        sign(request, first)
        sign(request, second, "return", "Say it better.")
        decisions.save(decision, "background", text="Said better.")
        again = moves.submit(Decision.objects.get(pk=decision.pk), by=decision.owner)
        assert again.signatures.get().signer == first
        sign(again, second, "return", "And the costs?")
        decisions.save(decision, "costs", currency="USD")
        third = moves.submit(Decision.objects.get(pk=decision.pk), by=decision.owner)
        assert not third.signatures.exists()


class TestClasses:
    def amended(self, change_class: str, **changes: Any) -> tuple[Decision, ApprovalRequest]:
        approvers(3)
        decision = decisions.in_force()
        moves.open_amendment(decision, by=decision.owner, reason="It must change.", change_class=change_class)
        decisions.save(decision, "costs", **changes)
        return decision, moves.submit(Decision.objects.get(pk=decision.pk), by=decision.owner)

    def test_wording_needs_one_approver_only(self):
        decision, request = self.amended("editorial", text="Better told.")
        assert request.policy.key == "decision-editorial"
        sign(request, approver())
        decision.refresh_from_db()
        assert decision.version == 2

    def test_substance_is_not_editorial(self):
        with pytest.raises(MoveRefused, match="cannot be an editorial change"):
            self.amended("editorial", currency="USD")

    def test_a_change_says_by_itself_what_it_touches(self):
        _, request = self.amended("material", currency="USD")
        touched = [line["what"] for line in request.change.impact["touched"]]
        assert any("break condition" in line for line in touched)

    def test_an_emergency_is_in_force_at_once_and_approved_afterwards(self, client):
        decision, request = self.amended("emergency", currency="USD")
        client.force_login(decision.owner)
        assert "Version 2 is to be approved by" in client.get(f"/decisions/{decision.reference}/").content.decode()
        decision.refresh_from_db()
        assert (decision.version, request.is_open) == (2, True)
        with pytest.raises(MoveRefused, match="in force already"):
            moves.withdraw(decision, by=decision.owner, reason="Never mind.")
        for who in approvers(2):
            sign(request, who)
        request.change.refresh_from_db()
        assert (request.change.awaits_approval, request.change.unapproved_at) == (False, None)
        decision.refresh_from_db()
        assert (decision.version, decision.state) == (2, "in_force")
        assert "without approval" not in client.get(f"/decisions/{decision.reference}/").content.decode()

    def test_a_refused_emergency_calls_the_decision_into_question(self, client):
        decision, request = self.amended("emergency", currency="USD")
        sign(request, approver(), "reject", "This was no emergency.")
        decision.refresh_from_db()
        assert decision.state == "questioned"
        assert "did not approve: This was no emergency." in decision.reevaluations.get().question
        assert request.change.__class__.objects.get(pk=request.change_id).unapproved_at
        client.force_login(decision.owner)
        assert "marked as unapproved" in client.get(f"/decisions/{decision.reference}/").content.decode()


def test_high_risk_metrics_are_a_fact_for_policies():
    policy(ONE, ONE, ONE, kind="decision", priority=9, high_risk=True, name="Three eyes")
    approvers(4)
    _, request = decisions.submitted()
    assert request.facts["high_risk"] is False
    assert request.policy.name != "Three eyes"
