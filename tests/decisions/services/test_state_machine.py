"""A decision, its requests and its change requests under any sequence of moves by anybody: what must always hold."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from approvals.models import ApprovalRequest, ChangeRequest, Signature, User
from approvals.services import carrying, deciding, emergencies, signing, verification
from config.kit.canonical import canonical, digest
from config.kit.refusals import BadInput, MoveRefused
from decisions.domain.breaking import conditions_of, key_of
from decisions.domain.moves import FINAL, LIVE, MOVES
from decisions.domain.writing import dossier_to
from decisions.models import CONTRIBUTE, Decision, Reevaluation
from decisions.services import drafting, moves, people, questions, reevaluations, versions
from metrics.models import Condition, Metric
from metrics.services import observations
from tests.factories import metrics
from tests.factories.approvals import APPROVERS, OWNERS, approvers, owner, person, sign
from tests.factories.decisions import draft, in_force, save

REFUSALS = (MoveRefused, PermissionDenied, BadInput)
WORDS = st.sampled_from(["One.", "Two.", "Three."])
STEPS = {(origin, target) for (origin, _), target in MOVES.items()}


class Life(RuleBasedStateMachine):
    """Everybody tries everything; each example is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.before = "draft"

    def teardown(self) -> None:
        """Look at the whole ledger, then forget it all."""
        try:
            assert verification.verify().ok
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)

    @initialize(approved=st.booleans())
    def begin(self, approved: bool) -> None:
        self.owner = person(OWNERS, APPROVERS)
        self.contributor = person(APPROVERS)
        self.signers = approvers(3)
        self.decision = draft(self.owner)
        self.successor = in_force()
        people.invite(self.decision, self.contributor, grant=CONTRIBUTE, by=self.owner)
        if approved:
            self.attempt(moves.submit, self.decision, by=self.owner)
            for signer in self.signers[:2]:
                self.sign_as(signer, "approve")

    def attempt(self, verb: Any, *args: Any, **kwargs: Any) -> None:
        """Do it, or hear why not; a refusal must leave everything as it was."""
        try:
            with transaction.atomic():
                verb(*args, **kwargs)
        except REFUSALS:
            pass
        self.decision = Decision.objects.get(pk=self.decision.pk)

    def sign_as(self, who: User, verdict: str) -> None:
        request = drafting.open_request(self.decision)
        if request is not None:
            day = timezone.now().date()
            promised = [signing.Condition(text="Look again.", owner=self.owner, due_on=day)]
            conditions = promised if verdict == "approve_with_conditions" else []
            self.attempt(sign, request, who, verdict, conditions=conditions)

    @rule(by=st.sampled_from(["owner", "contributor"]), text=WORDS)
    def edit(self, by: str, text: str) -> None:
        self.attempt(save, self.decision, "constraints", by=getattr(self, by), text=text)

    @rule(bound=st.sampled_from(["8", "10", "20"]))
    def edit_bound(self, bound: str) -> None:
        content = self.decision.sections.get(key="criteria").content
        content["assumptions"][0]["conditions"][0]["bound"] = bound
        self.attempt(save, self.decision, "criteria", **content)

    @rule()
    def submit(self) -> None:
        self.attempt(moves.submit, self.decision, by=self.owner)

    @rule(
        who=st.integers(0, 4),
        verdict=st.sampled_from(["approve", "approve", "approve_with_conditions", "return", "reject"]),
    )
    def sign(self, who: int, verdict: str) -> None:
        self.sign_as([*self.signers, self.owner, self.contributor][who], verdict)

    @rule(text=WORDS)
    def reword(self, text: str) -> None:
        self.attempt(save, self.decision, "background", text=text)

    @rule(change_class=st.sampled_from(ChangeRequest.Class.values))
    def amend(self, change_class: str) -> None:
        self.attempt(moves.open_amendment, self.decision, by=self.owner, reason="So.", change_class=change_class)

    @rule(days=st.integers(0, 4))
    def time_goes_by(self, days: int) -> None:
        emergencies.mark_late(timezone.now() + timedelta(days=days))

    @rule(verb=st.sampled_from(["withdraw", "abandon", "open_amendment", "drop_amendment"]))
    def move(self, verb: str) -> None:
        self.attempt(getattr(moves, verb), self.decision, by=self.owner, reason="So.")

    @rule(verb=st.sampled_from(["close", "supersede"]))
    def end(self, verb: str) -> None:
        more = {"successor": self.successor}
        if verb == "close":
            more = {"outcome": "achieved", "process": "sound", "process_reason": "So."}  # type: ignore[dict-item]
        self.attempt(getattr(moves, verb), self.decision, by=self.owner, reason="So.", **more)

    @rule(value=st.sampled_from([3, 9, 14, 25]))
    def measure(self, value: int) -> None:
        entry = metrics.entry(metrics.weeks_ago(1), value, reason="Counted again.")
        observations.record(Metric.objects.get(key="backlog_growth"), [entry], by=None)

    @rule()
    def receive(self) -> None:
        self.attempt(reevaluations.receive_signals)

    @rule(text=WORDS)
    def question(self, text: str) -> None:
        self.attempt(questions.question, self.decision, by=self.signers[0], text=text)

    @rule()
    def acknowledge(self) -> None:
        for asked in self.decision.reevaluations.open():
            self.attempt(reevaluations.acknowledge, asked, by=self.owner)

    @rule(outcome=st.sampled_from(Reevaluation.Outcome.values))
    def answer(self, outcome: str) -> None:
        for asked in self.decision.reevaluations.order_by("-pk")[:1]:
            more = {"successor": self.successor} if outcome == "supersede" else {}
            self.attempt(reevaluations.answer, asked, outcome=outcome, reason="So.", by=self.owner, **more)

    @rule()
    def hand_over(self) -> None:
        heir = owner()
        with transaction.atomic():
            before = self.decision.owner
            self.attempt(people.transfer, self.decision, to=heir, by=self.owner, reason="Leave.")
            if self.decision.owner == heir:
                self.attempt(people.transfer, self.decision, to=before, by=heir, reason="Back.")

    @invariant()
    def the_state_follows_the_table(self) -> None:
        if not hasattr(self, "decision"):
            return
        now = self.decision.state
        reached, frontier = {self.before}, {self.before}
        while frontier:
            frontier = {target for origin, target in STEPS if origin in frontier} - reached
            reached |= frontier
        assert now in reached
        if self.before in FINAL:
            assert now == self.before
        self.before = now

    @invariant()
    def a_live_decision_is_what_others_signed(self) -> None:
        if not hasattr(self, "decision") or not self.decision.version:
            return
        version = versions.current(self.decision)
        signatures = version.request.signatures.filter(verdict__startswith="approve")
        signers = [signature.signer for signature in signatures]
        change_class = version.change.change_class if version.change else ""
        if change_class == "emergency":
            assert version.change.state == "applied"
            assert (version.change.approved_at is not None) == (version.request.state == "approved")
            assert version.request.state in {"open", "approved"} or version.change.unapproved_at
        else:
            assert version.request.state == "approved"
            assert len(signers) >= (1 if change_class == "editorial" else 2)
        assert digest(dossier_to(versions.dossier_in_force(self.decision))) == version.digest == version.request.digest
        assert len(set(signers)) == len(signers)
        assert not {self.owner, self.contributor} & set(signers)

    @invariant()
    def every_condition_of_an_approval_is_a_commitment(self) -> None:
        if not hasattr(self, "decision"):
            return
        approved = ApprovalRequest.objects.filter(subject_id=self.decision.reference, state="approved")
        wanted = {f"condition-{row.pk}" for request in approved for row in deciding.conditions_of(request)}
        kept = self.decision.commitments.filter(key__startswith="condition-").values_list("key", flat=True)
        assert wanted == set(kept)

    @invariant()
    def a_vote_carried_over_is_of_the_same_substance(self) -> None:
        for vote in Signature.objects.exclude(carried_from=None).select_related("request", "carried_from__request"):
            old, new = vote.carried_from.request, vote.request
            assert carrying.substance("decision", old.content, new.content) == []
            assert (vote.digest, vote.carried_from.digest) == (new.digest, old.digest)

    @invariant()
    def questioned_means_exactly_one_open_question(self) -> None:
        if hasattr(self, "decision"):
            asked = self.decision.reevaluations.open().count()
            assert asked == (1 if self.decision.state == "questioned" else 0)

    @invariant()
    def what_is_in_review_is_locked_to_its_digest(self) -> None:
        if not hasattr(self, "decision"):
            return
        requests = ApprovalRequest.objects.filter(subject_id=self.decision.reference, state="open")
        assert len(requests) <= 1
        assert requests or self.decision.state != "in_review"
        for request in requests:
            assert canonical(dossier_to(drafting.dossier_of(self.decision))) == request.content

    @invariant()
    def changes_are_open_only_on_what_is_live(self) -> None:
        if hasattr(self, "decision") and self.decision.state not in LIVE:
            open_ones = ChangeRequest.objects.filter(subject_id=self.decision.reference, state="open")
            assert not open_ones.exists()

    @invariant()
    def exactly_the_approved_conditions_are_armed(self) -> None:
        if not hasattr(self, "decision"):
            return
        armed = Condition.objects.armed().filter(watcher=self.decision.reference)
        found = {condition.key: condition.spec["bound"] for condition in armed}
        wanted = {}
        if self.decision.state in LIVE:
            pairs = conditions_of(versions.dossier_in_force(self.decision))
            wanted = {key_of(one, condition): f"{condition.bound:f}" for one, condition in pairs}
        assert found == wanted


def live(*, examples: int, steps: int) -> None:
    """Play so many lives of so many steps each."""
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.django_db
def test_any_sequence_of_moves_keeps_what_must_hold(backlog: Metric) -> None:
    live(examples=12, steps=14)
