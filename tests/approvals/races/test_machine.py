"""A state machine: whatever people do in whatever order, no rule of signing is broken and the ledger holds."""

import os
import shutil
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from approvals import guards, subjects
from approvals.models import ApprovalRequest, Delegation, LedgerEntry, Signature, User
from approvals.models.people import today
from approvals.queries import awaiting
from approvals.services import changes, checkpoints, requests
from approvals.services.delegations import delegate, revoke
from approvals.services.exchange import exchange
from approvals.services.orphans import end_orphans
from approvals.services.verification import verify
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import Thing, administrator, approver, owner, policy, request_for, sign

STEPS = int(os.environ.get("STEPS", "20"))
EXAMPLES = int(os.environ.get("EXAMPLES", "4"))
people = st.integers(0, 5)
one_in_six = st.integers(0, 5)
ENDINGS = {"approved", "returned", "rejected", "withdrawn"}


class Signing(RuleBasedStateMachine):
    """Six people, one of whom is an author; a policy of two stages; one subject."""

    @initialize(quorum=st.sampled_from(["count", "percentage", "all"]), value=st.integers(1, 2), veto=st.booleans())
    def begin(self, quorum: str, value: int, veto: bool) -> None:
        self.thing = Thing()
        self.thing.register()
        share = value * 40 if quorum == "percentage" else value
        stage = {"groups": ["Approvers"], "quorum": quorum, "quorum_value": share, "one_rejection_ends": veto}
        policy(stage, {"groups": ["Approvers"]})
        self.people = [approver() for _ in range(6)]
        self.boss, self.opener = administrator(), owner()
        self.edits = 0
        self.request: ApprovalRequest | None = None
        self.refusals = 0
        self.open_request()

    def attempt(self, call, *arguments, **options):
        try:
            return call(*arguments, **options)
        except (MoveRefused, BadInput):
            self.refusals += 1
            return None

    def who(self, number: int) -> User:
        return User.objects.get(pk=self.people[number].pk)

    @rule()
    def open_request(self) -> None:
        content = {"objective": f"Version {self.edits}"}
        made = self.attempt(request_for, self.thing, by=self.opener, authors=self.people[:1], content=content)
        self.request = made or self.request

    @precondition(lambda self: self.request)
    @rule(number=people, verdict=st.sampled_from(["approve"] * 6 + ["reject", "return", "abstain"]))
    def sign(self, number: int, verdict: str) -> None:
        self.attempt(sign, self.request, self.who(number), verdict)

    @precondition(lambda self: self.request)
    @rule()
    def everybody_approves(self) -> None:
        for number in range(6):
            self.attempt(sign, self.request, self.who(number))

    @precondition(lambda self: self.request)
    @rule(number=people, principal=people)
    def sign_for(self, number: int, principal: int) -> None:
        self.attempt(sign, self.request, self.who(number), for_whom=self.who(principal))

    @precondition(lambda self: self.request)
    @rule(number=people)
    def sign_stale_content(self, number: int) -> None:
        assert self.attempt(sign, self.request, self.who(number), digest="0" * 64) is None

    @precondition(lambda self: self.request)
    @rule(chance=one_in_six)
    def withdraw(self, chance: int) -> None:
        if chance:
            return
        self.attempt(requests.withdraw, self.request, by=self.opener, reason="Not yet.")

    @rule(chance=one_in_six)
    def edit_by_the_back_door(self, chance: int) -> None:
        if chance:
            return
        self.edits += 1
        self.thing.content["T-1"] = {"objective": f"Version {self.edits}"}

    @rule(giver=st.sampled_from([0, 4, 5]), taker=st.sampled_from([3, 4, 5]))
    def delegate(self, giver: int, taker: int) -> None:
        end = today() + timedelta(days=1)
        self.attempt(delegate, by=self.who(giver), to=self.who(taker), starts_on=today(), ends_on=end)

    @rule(number=people)
    def revoke(self, number: int) -> None:
        for row in Delegation.objects.filter(giver=self.people[number], revoked_at=None):
            revoke(row, by=row.giver)

    @rule(number=st.integers(4, 5))
    def leave_or_return(self, number: int) -> None:
        who = self.who(number)
        User.objects.filter(pk=who.pk).update(is_active=not who.is_active)
        end_orphans()

    @precondition(lambda self: self.request)
    @rule(leaves=people, comes=people, position=st.integers(1, 2))
    def exchange(self, leaves: int, comes: int, position: int) -> None:
        facts = {"leaves": self.who(leaves), "comes": self.who(comes), "position": position}
        self.attempt(exchange, self.request.pk, by=self.boss, reason="On leave.", **facts)

    @rule()
    def change(self) -> None:
        change = self.attempt(changes.open_change, kind="thing", subject_id="T-1", by=self.opener, reason="Costs.")
        if change is not None and self.edits % 2:
            changes.close(change, by=self.opener, reason="No longer needed.")

    @invariant()
    def nobody_who_took_part_has_signed(self) -> None:
        authors = {self.opener.pk, *(author.pk for author in self.people[:1])}
        for signature in Signature.objects.all():
            assert not {signature.signer_id, signature.for_whom_id} & authors

    @invariant()
    def nobody_counts_twice(self) -> None:
        for request in ApprovalRequest.objects.all():
            rows = Signature.objects.filter(request=request)
            counted = [person for row in rows for person in {row.signer_id, row.for_whom_id} - {None}]
            assert len(counted) == len(set(counted))

    @invariant()
    def verdicts_states_and_ledger_agree(self) -> None:
        decided = ApprovalRequest.objects.exclude(state="open").order_by("decided_at", "pk")
        assert [outcome for _, outcome in self.thing.verdicts] == [request.state for request in decided]
        assert ApprovalRequest.objects.filter(state="open").count() <= 1
        assert LedgerEntry.objects.filter(verb__in=[f"request.{end}" for end in ENDINGS]).count() == decided.count()

    @invariant()
    def what_is_approved_passed_every_stage_with_that_digest(self) -> None:
        for request in ApprovalRequest.objects.filter(state="approved"):
            assert {stage.state for stage in request.stages.all()} == {"passed"}
            assert {signature.digest for signature in request.signatures.all()} == {request.digest}
            for stage in request.stages.all():
                assert stage.signatures.filter(verdict="approve").exists()

    @invariant()
    def a_decided_request_is_in_no_inbox(self) -> None:
        for who in self.people:
            assert not awaiting(who).exclude(state="open").exists()

    @invariant()
    def the_ledger_holds(self) -> None:
        report = verify()
        assert report.ok, report.problems

    def teardown(self) -> None:
        subjects._kinds.pop("thing", None)


@pytest.mark.django_db(transaction=True)
def test_no_order_of_events_breaks_a_rule_of_signing():
    class Emptied(Signing):
        """Begins each example from nothing."""

        def __init__(self) -> None:
            super().__init__()
            empty()

    run_state_machine_as_test(
        Emptied,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def empty() -> None:
    """Empty every table the machine writes and lay the foundations again."""
    guards.lift(connection)
    call_command("flush", verbosity=0, interactive=False)
    shutil.rmtree(checkpoints.directory())
