"""Signing: who may, what it does, and when a request ends."""

import pytest

from approvals.models import LedgerEntry, Notice, Signature
from approvals.queries import awaiting
from approvals.services import signing
from config.kit.canonical import parse
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import (
    PASSWORD,
    TWO_STAGES,
    administrator,
    approver,
    approvers,
    auditor,
    delegation,
    owner,
    person,
    policy,
    request_for,
    sign,
    state_of,
)

pytestmark = pytest.mark.django_db


def test_two_stages_take_two_people_and_then_the_subject_is_told(thing):
    policy(*TWO_STAGES)
    first, second = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first)
    assert state_of(request) == "open"
    assert thing.verdicts == []
    sign(request, second)
    assert state_of(request) == "approved"
    assert thing.verdicts == [("T-1", "approved")]


def test_an_intermediate_stage_does_not_leak_the_final_state(thing):
    """Complaint 10."""
    policy(*TWO_STAGES)
    first, _ = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first)
    assert not LedgerEntry.objects.filter(verb="request.approved").exists()
    assert list(request.stages.values_list("state", flat=True)) == ["passed", "open"]


def test_one_person_counts_once_in_a_request(thing):
    policy(*TWO_STAGES)
    first, _ = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first)
    with pytest.raises(MoveRefused, match="one person counts once"):
        sign(request, first)
    assert Signature.objects.count() == 1


def test_a_failure_of_the_subject_rolls_the_signature_back(thing):
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    thing.failure = RuntimeError("the decision could not move")
    entries = LedgerEntry.objects.count()
    with pytest.raises(RuntimeError):
        sign(request, signer)
    assert Signature.objects.count() == 0
    assert LedgerEntry.objects.count() == entries


@pytest.mark.parametrize(("verdict", "outcome"), [("return", "returned"), ("reject", "rejected")])
def test_return_and_reject_end_the_request_with_their_reason(thing, verdict, outcome):
    policy(*TWO_STAGES)
    first, second = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first, verdict, "The cost is a guess.")
    request.refresh_from_db()
    assert (request.state, request.outcome_reason) == (outcome, "The cost is a guess.")
    assert not awaiting(second).exists()


@pytest.mark.parametrize("verdict", ["return", "reject", "approve_with_conditions"])
def test_verdicts_that_need_words_are_refused_without(thing, verdict):
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    with pytest.raises(BadInput) as refusal:
        signing.sign(
            request.pk,
            by=signer,
            verdict=verdict,
            comment="  ",
            credential=signing.Credential(password=PASSWORD),
            digest=request.digest,
        )
    assert "comment" in refusal.value.errors


def test_the_password_travels_with_the_signature(thing):
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    for password in ("", "wrong", "x" * 200_000, "\x00", "\ud800"):
        with pytest.raises(BadInput) as refusal:
            sign(request, signer, password=password)
        assert "password" in refusal.value.errors
    assert Signature.objects.count() == 0


def test_wrong_passwords_are_counted_and_lock_out(thing, settings):
    settings.AXES_FAILURE_LIMIT = 3
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    for _ in range(3):
        with pytest.raises(BadInput):
            sign(request, signer, password="wrong")
    with pytest.raises(BadInput, match="too many wrong passwords"):
        sign(request, signer)


def test_a_signature_binds_the_digest_the_signer_was_shown(thing):
    """Complaint 1: an approval does not reach content the signer has not seen."""
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    with pytest.raises(MoveRefused, match="not the content of this request"):
        sign(request, signer, digest="0" * 64)
    with pytest.raises(MoveRefused, match="not the content of this request"):
        sign(request, signer, digest="")


def test_content_changed_behind_the_request_cannot_be_signed(thing):
    """Complaint 1."""
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    thing.content["T-1"] = {"objective": "Something else"}
    with pytest.raises(MoveRefused, match="changed after this request was opened"):
        sign(request, signer)


def test_content_saved_without_a_change_keeps_the_request(thing):
    """Complaint 2: a save that changes nothing resets nothing."""
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    thing.content["T-1"] = dict(reversed(thing.content["T-1"].items()))
    sign(request, signer)
    assert state_of(request) == "approved"


def test_a_decided_request_leaves_every_inbox(thing):
    """Complaint 9."""
    policy({"groups": ["Approvers"], "quorum_value": 1})
    first, second, third = approvers(3)
    request = request_for(thing, by=owner())
    assert [awaiting(who).count() for who in (first, second, third)] == [1, 1, 1]
    sign(request, first)
    assert [awaiting(who).count() for who in (first, second, third)] == [0, 0, 0]
    with pytest.raises(MoveRefused, match="decided already: approved"):
        sign(request, second)


def test_an_old_signature_does_not_count_for_a_new_request(thing):
    """Complaint 9."""
    policy(*TWO_STAGES)
    first, second = approvers(2)
    opener = owner()
    request = request_for(thing, by=opener)
    sign(request, first)
    sign(request, second, "return")
    again = request_for(thing, by=opener, content={"objective": "Answer within two days"})
    assert [stage.signatures.count() for stage in again.stages.all()] == [0, 0]
    assert awaiting(first).get() == again
    assert Signature.objects.filter(request=request).count() == 2


def test_a_committee_decides_by_quorum(thing):
    """Complaint 3."""
    policy({"groups": ["Approvers"], "quorum": "percentage", "quorum_value": 60})
    people = approvers(5)
    request = request_for(thing, by=owner())
    for who in people[:2]:
        sign(request, who)
    assert state_of(request) == "open"
    sign(request, people[2])
    assert state_of(request) == "approved"


def test_a_hopeless_quorum_ends_at_once(thing):
    """Complaint 9."""
    policy({"groups": ["Approvers"], "quorum_value": 2, "one_rejection_ends": False})
    people = approvers(3)
    request = request_for(thing, by=owner())
    sign(request, people[0], "reject", "No.")
    assert state_of(request) == "open"
    sign(request, people[1], "abstain")
    request.refresh_from_db()
    assert (request.state, request.outcome_reason) == ("rejected", "No.")


def test_abstentions_alone_return_the_request(thing):
    policy({"groups": ["Approvers"]})
    first, second = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first, "abstain")
    assert state_of(request) == "open"
    sign(request, second, "abstain")
    request.refresh_from_db()
    assert request.state == "returned"
    assert "Too few people are left" in request.outcome_reason


def test_a_request_nobody_could_decide_is_not_opened(thing):
    policy({"name": "Board", "groups": ["Approvers"], "quorum_value": 3})
    approvers(2)
    with pytest.raises(MoveRefused, match="“Board” needs 3 of the people it asks, and 2 of them"):
        request_for(thing, by=owner())


# Separation of duties, by every door (complaint 4)


def test_the_author_cannot_sign_even_as_an_approver(thing):
    policy()
    author = approver()
    approver()
    request = request_for(thing, by=author)
    with pytest.raises(MoveRefused, match="You took part"):
        sign(request, author)
    assert not awaiting(author).exists()


def test_contributors_and_earlier_owners_cannot_sign(thing):
    policy()
    contributor, earlier_owner, _ = approvers(3)
    request = request_for(thing, by=owner(), authors=[contributor, earlier_owner])
    for who in (contributor, earlier_owner):
        with pytest.raises(MoveRefused, match="You took part"):
            sign(request, who)


def test_the_delegate_of_an_author_cannot_sign_for_them_nor_in_their_own_right(thing):
    policy()
    author, stand_in, _ = approvers(3)
    delegation(author, stand_in)
    request = request_for(thing, by=author)
    for for_whom in (author, None):
        with pytest.raises(MoveRefused, match="You took part"):
            sign(request, stand_in, for_whom=for_whom)
    assert not awaiting(stand_in).exists()


def test_revoking_a_delegation_does_not_open_the_door(thing):
    policy()
    author, stand_in, _ = approvers(3)
    held = delegation(author, stand_in)
    request = request_for(thing, by=author)
    held.revoked_at = request.opened_at
    held.save()
    assert not awaiting(stand_in).exists()
    with pytest.raises(MoveRefused, match="You took part"):
        sign(request, stand_in)


def test_an_administrator_has_no_extra_power(thing):
    policy()
    approver()
    request = request_for(thing, by=owner())
    boss = administrator(is_superuser=True, is_staff=True)
    with pytest.raises(MoveRefused, match="does not ask for your signature"):
        sign(request, boss)


def test_an_auditor_signs_nothing_even_when_asked_as_an_approver(thing):
    policy()
    approver()
    both = person("Auditors", "Approvers")
    request = request_for(thing, by=owner())
    with pytest.raises(MoveRefused, match="sign nothing"):
        sign(request, both)
    assert not awaiting(both).exists()


def test_a_person_who_left_cannot_sign(thing):
    policy()
    gone, _ = approvers(2)
    request = request_for(thing, by=owner())
    gone.is_active = False
    gone.save()
    with pytest.raises(BadInput):
        sign(request, gone)


# Delegation (complaint 5)


def test_a_delegate_signs_for_somebody_and_it_is_recorded(thing):
    policy()
    away = approver(first_name="Ada", last_name="Away")
    stand_in = person()
    delegation(away, stand_in)
    request = request_for(thing, by=owner())
    assert awaiting(stand_in).get() == request
    assert Notice.objects.filter(to=stand_in, title__contains="signature is asked").exists()
    signature = sign(request, stand_in, for_whom=away)
    assert (signature.signer, signature.for_whom) == (stand_in, away)
    assert "for Ada Away, as their delegate" in signature.meaning
    entry = LedgerEntry.objects.get(verb="signature.given")
    assert parse(entry.payload)["for_whom"] == away.identities.get().commitment
    assert "Ada" not in entry.payload
    assert state_of(request) == "approved"


def test_somebody_signed_for_is_counted(thing):
    policy(*TWO_STAGES)
    away, _ = approvers(2)
    stand_in = person()
    delegation(away, stand_in)
    request = request_for(thing, by=owner())
    sign(request, stand_in, for_whom=away)
    with pytest.raises(MoveRefused, match="one person counts once"):
        sign(request, away)
    with pytest.raises(MoveRefused, match="one person counts once"):
        sign(request, stand_in, for_whom=away)


@pytest.mark.parametrize("days", [(1, 5), (-9, -1)])
def test_a_delegation_holds_only_on_its_days(thing, days):
    policy()
    away, stand_in = approver(), person()
    delegation(away, stand_in, days=days)
    request = request_for(thing, by=owner())
    assert not awaiting(stand_in).exists()
    with pytest.raises(MoveRefused, match="No delegation in force"):
        sign(request, stand_in, for_whom=away)


def test_a_stage_may_demand_people_themselves(thing):
    policy({"name": "Board", "groups": ["Approvers"], "delegation_allowed": False})
    away, stand_in = approver(), person()
    delegation(away, stand_in)
    request = request_for(thing, by=owner())
    assert not awaiting(stand_in).exists()
    with pytest.raises(MoveRefused, match="must be signed in person"):
        sign(request, stand_in, for_whom=away)


def test_signatures_survive_every_ending(thing):
    policy(*TWO_STAGES)
    first, second = approvers(2)
    request = request_for(thing, by=owner())
    sign(request, first)
    sign(request, second, "reject")
    assert [row.verdict for row in request.signatures.all()] == ["approve", "reject"]


def test_everything_signed_stands_on_the_ledger_with_its_meaning(thing):
    policy()
    signer = approver()
    request = request_for(thing, by=owner())
    sign(request, signer, "approve_with_conditions", "Measure weekly.")
    verbs = list(LedgerEntry.objects.filter(stream="thing:T-1").values_list("verb", flat=True))
    assert verbs == ["request.opened", "signature.given", "request.approved"]
    payload = parse(LedgerEntry.objects.get(verb="signature.given").payload)
    assert payload["digest"] == request.digest
    assert payload["comment"] == "Measure weekly."
    assert "under the conditions" in payload["meaning"]


def test_an_auditor_cannot_be_asked_to_stand_in(thing):
    policy()
    away, reader = approver(), auditor()
    delegation(away, reader)
    request = request_for(thing, by=owner())
    with pytest.raises(MoveRefused, match="sign nothing"):
        sign(request, reader, for_whom=away)
