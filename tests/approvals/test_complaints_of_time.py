"""What users of the nearest peers complain of again and again, one test each: absence, deadlines, changes, history."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.models import ApprovalRequest, ChangeRequest, LedgerEntry, Notice, Policy, User
from approvals.queries import awaiting
from approvals.services import changes, delegations, emergencies, mailing, policy_versions
from approvals.services.orphans import end_orphans
from approvals.services.policies import policy_for
from approvals.services.reminders import remind
from config.kit.canonical import parse
from config.kit.refusals import BadInput, MoveRefused
from tests.factories.approvals import (
    administrator,
    approver,
    delegation,
    owner,
    person,
    policy,
    request_for,
    sign,
    signed_in,
    state_of,
)

pytestmark = pytest.mark.django_db


def wait(request: ApprovalRequest, hours: float) -> None:
    """Let the hours go by: everything of the open stage lies so much earlier."""
    stage = request.stages.get(state="open")
    stage.due_at -= timedelta(hours=hours)
    stage.save()


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
        assert state_of(request) == "approved"


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
        assert Notice.objects.filter(to=steward, urgent=True, title__startswith="Overdue", url="").count() == 1
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
        assert state_of(request) == "open"
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
        assert state_of(request) == "returned"


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
