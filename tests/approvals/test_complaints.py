"""What users of the nearest peers complain of again and again, one test each; the numbers are those of the list."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.models import ApprovalRequest, ChangeRequest, LedgerEntry, Notice, Policy, RequestStage, Signature, User
from approvals.queries import awaiting
from approvals.services import changes, delegations, emergencies, mailing, people, policy_versions, requests
from approvals.services.exchange import exchange
from approvals.services.orphans import end_orphans
from approvals.services.policies import policy_for
from approvals.services.reminders import remind
from approvals.services.verification import verify
from config.kit.canonical import parse
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import (
    PASSWORD,
    administrator,
    approver,
    approvers,
    delegation,
    owner,
    person,
    policy,
    request_for,
    sign,
    signed_in,
)

pytestmark = pytest.mark.django_db
TWO_STAGES = ({"name": "Review", "groups": ["Approvers"]}, {"name": "Sign-off", "groups": ["Approvers"]})


def state(request: ApprovalRequest) -> str:
    return ApprovalRequest.objects.get(pk=request.pk).state


def wait(request: ApprovalRequest, hours: float) -> None:
    """Let the hours go by: everything of the open stage lies so much earlier."""
    stage = request.stages.get(state="open")
    stage.due_at -= timedelta(hours=hours)
    stage.save()


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
        assert state(request) == "approved"

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
        assert state(again) == "approved"
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
        assert state(again) == "open"
        assert again.signatures.count() == 1
        sign(again, third)
        assert state(again) == "approved"


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
        assert state(request) == "open"
        sign(request, committee[votes - 1])
        assert state(request) == "approved"


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


class TestComplaint05NoSubstituteDuringAbsence:
    def test_the_substitute_is_told_signs_and_for_whom_is_recorded(self, thing):
        policy()
        away, stand_in = approver(first_name="Ada", last_name="Away"), person()
        today = timezone.now().date()
        delegations.delegate(by=away, to=stand_in, starts_on=today, ends_on=today + timedelta(days=7))
        request = request_for(thing, by=owner())
        assert Notice.objects.filter(to=stand_in).count() == 2
        signature = sign(request, stand_in, for_whom=away)
        assert (signature.signer, signature.for_whom) == (stand_in, away)
        assert "for Ada Away, as their delegate" in signature.meaning
        entry = parse(LedgerEntry.objects.get(verb="signature.given").payload)
        assert entry["for_whom"] == away.identities.get().commitment

    def test_a_stage_may_be_for_delegates_only(self, thing):
        policy({"groups": ["Approvers"], "delegation_required": True})
        chair, stand_in = approver(), person()
        request = request_for(thing, by=owner())
        assert not awaiting(chair).exists()
        with pytest.raises(MoveRefused, match="signed by a delegate"):
            sign(request, chair)
        delegation(chair, stand_in)
        sign(request, stand_in, for_whom=chair)
        assert state(request) == "approved"


class TestComplaint06AnSlaThatIsShownAndNeverExecuted:
    def test_the_sweep_reminds_escalates_and_reminds_again(self, thing):
        above = Group.objects.get(name="Stewards")
        policy({"groups": ["Approvers"], "hours": 40, "remind_before": 5, "remind_every": 10, "escalate_to": above})
        signer, steward = approver(email="signer@example.org"), person("Stewards")
        request = request_for(thing, by=owner())
        now = timezone.now()
        assert remind(now) == {"reminded": 0, "escalated": 0}
        wait(request, 36)
        assert remind(now)["reminded"] == 1
        wait(request, 5)
        assert remind(now)["escalated"] == 1
        assert Notice.objects.filter(to=steward, urgent=True, title__startswith="Overdue").count() == 1
        wait(request, 10)
        assert remind(now)["reminded"] == 1
        assert remind(now) == {"reminded": 0, "escalated": 0}
        assert Notice.objects.filter(to=signer).count() == 4
        assert LedgerEntry.objects.filter(verb="stage.overdue").count() == 1

    def test_an_emergency_that_nobody_approves_is_marked_and_escalated(self):
        who, boss = owner(), administrator()
        change = changes.open_change(
            kind="policy", subject_id="board", by=who, reason="Fire.", change_class="emergency", base_version=1
        )
        changes.apply(change, by=who, version=2)
        assert emergencies.mark_late(timezone.now()) == 0
        later = timezone.now() + emergencies.TO_APPROVE + timedelta(minutes=1)
        assert (emergencies.mark_late(later), emergencies.mark_late(later)) == (1, 0)
        change.refresh_from_db()
        assert change.unapproved_at == later
        assert Notice.objects.filter(to__in=[who, boss], urgent=True).count() == 2


class TestComplaint07RequestsExpireTooSoonOrHangAsOrphans:
    def test_nothing_expires_unwarned(self, thing):
        policy({"groups": ["Approvers"], "hours": 10, "expires_after": 8})
        signer = approver()
        request = request_for(thing, by=owner())
        now = timezone.now()
        wait(request, 40)
        assert remind(now).get("expired", 0) == 0
        assert Notice.objects.filter(to=signer, title__startswith="Expires").count() == 1
        assert state(request) == "open"
        wait(request, 1)
        assert remind(now).get("expired", 0) == 0
        wait(request, 2)
        assert remind(now)["expired"] == 1
        request.refresh_from_db()
        assert request.state == "returned"
        assert "Nobody decided in time" in request.outcome_reason

    def test_a_request_whose_people_left_ends(self, thing):
        policy()
        gone = approver()
        request = request_for(thing, by=owner())
        User.objects.filter(pk=gone.pk).update(is_active=False)
        assert end_orphans() == 1
        assert state(request) == "returned"


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
        assert state(request) == "rejected"

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
        assert state(old) == "approved"
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
        results = [parse(each)["results"] for each in ledger_of("stage.checked")]
        assert results == [{"sound": ["The cost is a guess."]}] * 2 + [{"sound": []}]


def ledger_of(verb: str) -> list[str]:
    return list(LedgerEntry.objects.filter(verb=verb).order_by("seq").values_list("payload", flat=True))


class TestComplaint11AReasonForChangeIsOptionalOrLostOnTheWay:
    @pytest.mark.parametrize("reason", ["", "   ", "\n"])
    def test_no_change_without_a_reason(self, reason):
        who = owner()
        with pytest.raises(BadInput, match="Give the reason"):
            changes.open_change(kind="thing", subject_id="T-1", by=who, reason=reason)

    def test_the_reason_stays_with_request_ledger_and_version(self, thing):
        boss, signer = administrator(), approver()
        old = policy_for("metric_definition", {})
        content = policy_versions.content_of_row(old)
        change = changes.propose(
            kind="policy",
            subject_id=old.key,
            title="Policy",
            content=content | {"priority": 7},
            by=boss,
            authors=[boss],
            reason="Stewards asked for it.",
            base_version=1,
        )
        request = change.requests.get()
        assert "Stewards asked for it." in signed_in(signer).get(f"/approvals/{request.pk}/").text
        sign(request, signer)
        assert Policy.objects.active().get(key=old.key).priority == 7
        revised = parse(LedgerEntry.objects.get(verb="policy.revised").payload)
        assert revised["reason"] == "Stewards asked for it."
        assert "Stewards asked for it." in signed_in(boss).get(f"/policies/{old.key}/").text
        assert ChangeRequest.objects.get().applied_version == 2


class TestComplaint13StaleDecisionsGoUnseenForMonths:
    def test_what_waits_is_mailed_and_said_again_until_it_is_answered(self, thing):
        policy({"groups": ["Approvers"], "hours": 24, "remind_every": 24})
        signer = approver(email="signer@example.org")
        request = request_for(thing, by=owner())
        now = timezone.now()
        for _ in range(4):
            wait(request, 24)
            remind(now)
        told = Notice.objects.filter(to=signer).values_list("title", flat=True)
        assert sum(title.startswith("Overdue") for title in told) == 4
        assert {notice.mail for notice in Notice.objects.filter(to=signer)} == {"waiting"}
        assert mailing.compose(signer, list(Notice.objects.filter(to=signer))).to == ["signer@example.org"]


class TestComplaint14NoApprovalHistoryPerRevisionNoOverdueView:
    def test_each_version_leads_to_its_own_approvals(self, thing):
        policy()
        signer, opener = approver(), owner()
        first = request_for(thing, by=opener)
        sign(first, signer, "return")
        second = request_for(thing, by=opener, content={"objective": "Better"})
        page = signed_in(opener).get(f"/approvals/{second.pk}/").text
        assert f'href="/approvals/{first.pk}/"' in page
        assert "Returned for changes" in page

    def test_administrators_see_everything_that_runs_the_latest_first(self, thing):
        policy({"groups": ["Approvers"], "hours": 5})
        approver()
        request = request_for(thing, by=owner())
        wait(request, 30)
        page = signed_in(administrator()).get("/approvals/").text
        assert "Everything that runs" in page
        assert "overdue" in page.lower()
