"""What users of the nearest peers complain of again and again, one test each: who signs, and what it counts for."""

import pytest

from approvals.models import ApprovalRequest, LedgerEntry, RequestStage, Signature, User
from approvals.queries import awaiting
from approvals.services import people, requests
from approvals.services.exchange import exchange
from approvals.services.verification import verify
from config.kit.canonical import parse
from config.kit.refusals import MoveRefused
from tests.factories.approvals import (
    PASSWORD,
    TWO_STAGES,
    administrator,
    approver,
    approvers,
    delegation,
    owner,
    payloads_of,
    person,
    policy,
    request_for,
    sign,
    signed_in,
    state_of,
)

pytestmark = pytest.mark.django_db


class TestComplaint01AnApprovalSurvivesALaterChangeOfContent:
    def test_content_changed_under_a_request_cannot_be_signed(self, thing):
        policy()
        signer = approver()
        request = request_for(thing, by=owner())
        thing.content["T-1"] = {"objective": "Something else"}
        with pytest.raises(MoveRefused, match="changed after this request was opened"):
            sign(request, signer)

    def test_substance_changed_in_a_resubmission_loses_every_vote(self, thing):
        thing.apart = True
        policy(*TWO_STAGES)
        first, second = approvers(2)
        opener = owner()
        request = request_for(thing, by=opener, content={"objective": "A day", "note": "Short"})
        sign(request, first)
        sign(request, second, "return")
        again = request_for(thing, by=opener, content={"objective": "Two days", "note": "Short"})
        assert not again.signatures.exists()
        assert "More than wording changed in: Objective." in signed_in(first).get(f"/approvals/{again.pk}/").text


class TestComplaint02ASaveThatChangesNothingResetsApprovals:
    def test_the_same_content_in_another_order_is_the_same(self, thing):
        policy()
        signer = approver()
        request = request_for(thing, by=owner())
        thing.content["T-1"] = dict(reversed(thing.content["T-1"].items()))
        sign(request, signer)
        assert state_of(request) == "approved"

    @pytest.mark.parametrize("note", ["Short", "Shorter"])
    def test_votes_survive_wording_bound_to_both_digests(self, thing, note):
        thing.apart, thing.wording = True, {"note"}
        policy(*TWO_STAGES)
        first, second, third = approvers(3)
        opener = owner()
        request = request_for(thing, by=opener, content={"objective": "A day", "note": "Short"})
        given = sign(request, first)
        sign(request, second, "return")
        again = request_for(thing, by=opener, content={"objective": "A day", "note": note})
        kept = again.signatures.get()
        assert (kept.carried_from, kept.digest, kept.signed_at) == (given, again.digest, given.signed_at)
        assert [stage.state for stage in again.stages.all()] == ["passed", "open"]
        assert "Carried over from the" in signed_in(second).get(f"/approvals/{again.pk}/").text
        entry = parse(LedgerEntry.objects.get(verb="signature.carried").payload)
        assert (entry["carried_digest"], entry["digest"]) == (request.digest, again.digest)
        with pytest.raises(MoveRefused, match="one person counts once"):
            sign(again, first)
        sign(again, third)
        assert state_of(again) == "approved"
        assert verify().ok

    def test_a_policy_may_let_no_vote_survive(self, thing):
        policy(*TWO_STAGES, votes_survive="none")
        first, second = approvers(2)
        opener = owner()
        request = request_for(thing, by=opener)
        sign(request, first)
        sign(request, second, "return")
        assert not request_for(thing, by=opener).signatures.exists()

    def test_old_votes_alone_never_approve(self, thing):
        policy({"groups": ["Approvers"], "quorum": "percentage", "quorum_value": 60})
        first, second, third, fourth = approvers(4)
        opener = owner()
        request = request_for(thing, by=opener)
        for who in (first, second):
            sign(request, who)
        requests.withdraw(request, by=opener, reason="Wait.")
        fourth.is_active = False
        fourth.save()
        again = request_for(thing, by=opener)
        assert state_of(again) == "open"
        assert again.signatures.count() == 1
        sign(again, third)
        assert state_of(again) == "approved"


class TestComplaint03OnlyOneApproverNoCommitteeNoQuorum:
    @pytest.mark.parametrize(
        ("rule", "votes"),
        [({"quorum_value": 3}, 3), ({"quorum": "percentage", "quorum_value": 60}, 3), ({"quorum": "all"}, 5)],
    )
    def test_a_committee_decides_by_its_quorum(self, thing, rule, votes):
        policy({"groups": ["Approvers"]} | rule)
        committee = approvers(5)
        request = request_for(thing, by=owner())
        for who in committee[: votes - 1]:
            sign(request, who)
        assert state_of(request) == "open"
        sign(request, committee[votes - 1])
        assert state_of(request) == "approved"


class TestComplaint04SelfApprovalByASideDoor:
    """Each door, one test."""

    @pytest.fixture
    def asked(self, thing):
        policy()
        self.author, self.other = approvers(2)
        approver()
        return thing

    def refuse(self, request: ApprovalRequest, who: User, for_whom: User | None = None) -> None:
        with pytest.raises(MoveRefused, match=r"You took part|took part in this content"):
            sign(request, who, for_whom=for_whom)
        assert not Signature.objects.exists()
        assert not awaiting(User.objects.get(pk=who.pk)).exists()

    def test_the_author(self, asked):
        self.refuse(request_for(asked, by=self.author), self.author)

    def test_a_contributor(self, asked):
        self.refuse(request_for(asked, by=owner(), authors=[self.author]), self.author)

    def test_an_earlier_owner(self, asked):
        self.refuse(request_for(asked, by=owner(), authors=[self.other, self.author]), self.other)

    def test_the_delegate_of_an_author(self, asked):
        delegation(self.author, self.other)
        request = request_for(asked, by=self.author)
        self.refuse(request, self.other)
        self.refuse(request, self.other, for_whom=self.author)

    def test_a_group_member_who_wrote_it(self, asked):
        member = person("Approvers", "Stewards", "Owners")
        self.refuse(request_for(asked, by=member), member)

    def test_an_administrator(self, asked):
        boss = administrator(is_superuser=True, is_staff=True)
        with pytest.raises(MoveRefused, match="does not ask for your signature"):
            sign(request_for(asked, by=owner()), boss)
        request = ApprovalRequest.objects.get()
        with pytest.raises(MoveRefused, match="Nobody asks themselves"):
            exchange(request.pk, by=boss, position=1, leaves=self.author, comes=boss, reason="I know it.")

    def test_an_api_token(self, asked, client):
        request = request_for(asked, by=owner())
        _, text = people.create_token(name="Reader", scopes=["decisions:read"], user=self.other)
        answer = client.post(
            f"/approvals/{request.pk}/sign/",
            {"verdict": "approve", "digest": request.digest, "password": PASSWORD},
            headers={"Authorization": f"Bearer {text}"},
        )
        assert (answer.status_code, "/accounts/login/" in answer.url) == (302, True)
        assert not Signature.objects.exists()

    def test_nobody_signs_in_the_place_of_a_machine(self, thing):
        thing.faults = ["The cost is a guess."]
        policy({"kind": "checks", "checks": ["sound"]}, {"groups": ["Approvers"]})
        signer = approver()
        request = request_for(thing, by=owner())
        with pytest.raises(MoveRefused, match="nobody can sign in their place"):
            sign(request, signer)


class TestComplaint08TheApproverCannotBeChangedMidFlight:
    def test_an_administrator_exchanges_one(self, thing):
        policy({"quorum": "all", "people": [leaves := approver(), approver()]})
        comes, boss = approver(), administrator()
        request = request_for(thing, by=owner())
        exchange(request.pk, by=boss, position=1, leaves=leaves, comes=comes, reason="On leave.")
        assert not awaiting(leaves).exists()
        assert awaiting(comes).get() == request
        assert parse(LedgerEntry.objects.get(verb="stage.exchanged").payload)["reason"] == "On leave."


class TestComplaint09QuorumArithmetic:
    def test_a_hopeless_request_does_not_stay_pending(self, thing):
        policy({"groups": ["Approvers"], "quorum_value": 2, "one_rejection_ends": False})
        first, second, _ = approvers(3)
        request = request_for(thing, by=owner())
        sign(request, first, "reject", "No.")
        sign(request, second, "abstain")
        assert state_of(request) == "rejected"

    def test_what_is_approved_leaves_every_inbox(self, thing):
        policy()
        asked = approvers(3)
        request = request_for(thing, by=owner())
        sign(request, asked[0])
        assert [awaiting(who).count() for who in asked] == [0, 0, 0]

    def test_an_old_approval_does_not_count_for_a_new_content(self, thing):
        policy(*TWO_STAGES)
        first, second = approvers(2)
        opener = owner()
        sign(old := request_for(thing, by=opener), first)
        sign(old, second)
        assert state_of(old) == "approved"
        again = request_for(thing, by=opener)
        assert not again.signatures.exists()
        assert awaiting(first).get() == again


class TestComplaint10AnIntermediateStageLeaksTheFinalStatus:
    def test_only_the_last_stage_tells_the_subject(self, thing):
        policy(*TWO_STAGES)
        first, second = approvers(2)
        request = request_for(thing, by=owner())
        sign(request, first)
        assert thing.verdicts == []
        assert not LedgerEntry.objects.filter(verb="request.approved").exists()
        sign(request, second)
        assert thing.verdicts == [("T-1", "approved")]

    def test_a_failing_check_holds_the_stage_with_its_sentences(self, thing):
        thing.faults = ["The cost is a guess."]
        policy({"name": "Machine", "kind": "checks", "checks": ["sound"]}, {"groups": ["Approvers"]})
        signer, opener = approver(), owner()
        request = request_for(thing, by=opener)
        assert [stage.state for stage in request.stages.all()] == ["open", "waiting"]
        assert not awaiting(signer).exists()
        client = signed_in(opener)
        assert "The cost is a guess." in client.get(f"/approvals/{request.pk}/").text
        client.post(f"/approvals/{request.pk}/check/")
        assert RequestStage.objects.get(request=request, position=1).state == "open"
        thing.faults = []
        assert client.post(f"/approvals/{request.pk}/check/").status_code == 302
        assert awaiting(signer).get() == request
        results = [parse(each)["results"] for each in payloads_of("stage.checked")]
        assert results == [{"sound": ["The cost is a guess."]}] * 2 + [{"sound": []}]
