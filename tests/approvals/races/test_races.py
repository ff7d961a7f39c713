"""What happens at the same moment happens once, and in one order. ROUNDS in the environment makes a soak of it."""

import os
from functools import partial

import pytest
from django.utils import timezone

from approvals.models import ApprovalRequest, Delegation, LedgerEntry, Signature
from approvals.services import ledger, requests
from approvals.services.delegations import revoke
from approvals.services.verification import verify
from config.kit.refusals import MoveRefused
from tests.factories.approvals import approver, approvers, delegation, owner, person, policy, request_for, sign

ROUNDS = int(os.environ.get("ROUNDS", "4"))
rounds = pytest.mark.parametrize("turn", range(ROUNDS))


def refused(outcomes) -> int:
    """Count refusals; any other exception (a deadlock, say) fails the test."""
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, MoveRefused):
            raise outcome
    return sum(isinstance(outcome, MoveRefused) for outcome in outcomes)


def only_when_consistent() -> None:
    assert verify().ok
    for request in ApprovalRequest.objects.all():
        decided = LedgerEntry.objects.filter(
            stream=f"thing:{request.subject_id}",
            verb__in=["request.approved", "request.returned", "request.rejected", "request.withdrawn"],
        )
        assert decided.count() == (not request.is_open)


@rounds
def test_twenty_approvers_at_once_give_the_one_signature_needed(together, thing, turn):
    policy({"groups": ["Approvers"]})
    people = approvers(20)
    request = request_for(thing, by=owner())
    outcomes = together([partial(sign, request, who) for who in people])
    assert refused(outcomes) == 19
    assert Signature.objects.count() == 1
    assert thing.verdicts == [("T-1", "approved")]
    only_when_consistent()


@rounds
def test_one_person_clicking_twenty_times_signs_once(together, thing, turn):
    policy({"groups": ["Approvers"], "quorum_value": 2})
    who, _ = approvers(2)
    request = request_for(thing, by=owner())
    outcomes = together([partial(sign, request, who)] * 20)
    assert refused(outcomes) == 19
    assert Signature.objects.count() == 1
    only_when_consistent()


@rounds
def test_approving_and_withdrawing_at_once_end_in_one_of_the_two(together, thing, turn):
    policy()
    who, opener = approver(), owner()
    request = request_for(thing, by=opener)
    outcomes = together(
        [partial(sign, request, who), partial(requests.withdraw, request, by=opener, reason="Not yet.")]
    )
    assert refused(outcomes) == 1
    request.refresh_from_db()
    approved = not isinstance(outcomes[0], Exception)
    assert request.state == ("approved" if approved else "withdrawn")
    assert thing.verdicts == [("T-1", request.state)]
    assert Signature.objects.count() == approved
    only_when_consistent()


@rounds
def test_revoking_and_signing_at_once_leave_no_signature_after_the_revocation(together, thing, turn):
    policy()
    away, stand_in = approver(), person()
    held = delegation(away, stand_in)
    request = request_for(thing, by=owner())
    outcomes = together([partial(sign, request, stand_in, for_whom=away), partial(revoke, held, by=away)])
    assert refused(outcomes[1:]) == 0
    signature = Signature.objects.first()
    assert (signature is None) == isinstance(outcomes[0], MoveRefused)
    if signature is not None:
        assert signature.signed_at <= Delegation.objects.get().revoked_at
    only_when_consistent()


@rounds
def test_opening_twice_at_once_opens_once(together, thing, turn):
    policy()
    approver()
    opener = owner()
    outcomes = together([partial(request_for, thing, by=opener)] * 6)
    assert refused(outcomes) == 5
    assert ApprovalRequest.objects.count() == 1
    only_when_consistent()


def test_eight_writers_leave_a_gapless_chain(together):
    def write(number: int) -> None:
        for turn in range(15):
            ledger.append(f"stream {number % 3}", "note.written", by=None, subject="s", payload={"turn": turn})

    before = LedgerEntry.objects.count()
    assert refused(together([partial(write, number) for number in range(8)])) == 0
    numbers = list(LedgerEntry.objects.values_list("seq", flat=True))
    assert numbers == list(range(1, before + 8 * 15 + 1))
    times = list(LedgerEntry.objects.values_list("at", flat=True))
    assert times == sorted(times)
    assert times[-1] <= timezone.now().isoformat()
    only_when_consistent()
