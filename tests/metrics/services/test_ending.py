"""The end of a metric: proposed, approved, announced, retired at its date; or kept."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals import subjects
from approvals.models import ApprovalRequest, LedgerEntry, Notice
from approvals.services import requests
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import Decision
from metrics.models import Deprecation, Metric
from metrics.services import definitions, ending, observations
from tests.factories.approvals import approver, owner, person, sign, steward
from tests.factories.decisions import BACKLOG, RESOLUTION, in_force
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db


def days(number: int) -> datetime:
    return timezone.now() + timedelta(days=number)


@pytest.fixture(autouse=True)
def _somebody_may_sign():
    approver()


@pytest.fixture
def keeper():
    return steward()


@pytest.fixture
def old(keeper):
    return metric(key="old", owner=owner(), steward=keeper)


def propose(target: Metric, by, *, announce: int = 0, remove: int = 30, successor: Metric | None = None, **more):
    given = {"announce_on": days(announce).date(), "remove_on": days(remove).date(), "reason": "Nobody reads it."}
    return ending.propose(target, successor=successor, by=by, **given | more)


def verbs(key: str) -> list[str]:
    return list(LedgerEntry.objects.filter(stream=f"metric:{key}").values_list("verb", flat=True))


class TestProposing:
    def test_an_approved_plan_for_today_is_announced_at_once(self, old, keeper):
        new = metric(key="next")
        request = propose(old, keeper, successor=new)
        old.refresh_from_db()
        assert old.state == "approved"
        sign(request, approver())
        old.refresh_from_db()
        assert (old.state, old.successor, old.removal_date) == ("deprecated", new, days(30).date())
        assert verbs("old")[-2:] == ["metric.end_planned", "metric.deprecated"]

    def test_one_for_later_is_announced_by_the_sweep_on_its_day_and_retired_on_its_other_one(self, old, keeper):
        sign(propose(old, keeper, announce=5, remove=9), approver())
        assert [ending.sweep(days(number)) for number in (0, 4)] == [0, 0]
        old.refresh_from_db()
        assert old.state == "approved"
        assert [ending.sweep(days(5)), ending.sweep(days(5))] == [1, 0]
        old.refresh_from_db()
        assert old.state == "deprecated"
        assert [ending.sweep(days(8)), ending.sweep(days(9)), ending.sweep(days(9))] == [0, 1, 0]
        old.refresh_from_db()
        assert old.state == "retired"
        assert old.deprecations.get().state == "done"

    def test_a_sweep_that_comes_late_takes_both_steps(self, old, keeper):
        sign(propose(old, keeper, announce=5, remove=9), approver())
        assert ending.sweep(days(20)) == 1
        assert verbs("old")[-2:] == ["metric.deprecated", "metric.retired"]

    def test_the_impact_is_shown_to_approvers(self, old, keeper):
        condition(old)
        metric(key="share", owner=keeper, expression="old / 2", formula="old / 2")
        request = propose(old, keeper)
        told = [each["what"] for each in request.change.impact["touched"]]
        assert told == ["1 break condition watches it", "Share"]

    @pytest.mark.parametrize("fields, wrong", [
        ({"remove": -1}, "remove_on"),
        ({"announce": -1}, "announce_on"),
        ({"reason": " "}, "reason"),
    ])  # fmt: skip
    def test_a_bad_plan_is_refused_beside_its_field(self, old, keeper, fields, wrong):
        with pytest.raises(BadInput) as refusal:
            propose(old, keeper, **fields)
        assert set(refusal.value.errors) >= {wrong}
        assert not ApprovalRequest.objects.exists()

    def test_only_what_is_in_force_ends(self, keeper):
        with pytest.raises(MoveRefused, match="is draft cannot be ended"):
            propose(metric(approved=False), keeper)
        with pytest.raises(MoveRefused, match="Premise fills"):
            propose(metric(key="premise_things"), keeper)

    def test_only_who_manages_it_proposes(self, old):
        with pytest.raises(PermissionDenied):
            propose(old, person())

    def test_successors_go_round_in_no_circle_across_proposals(self, old, keeper):
        new = metric(key="next", steward=keeper)
        propose(old, keeper, successor=new)
        with pytest.raises(BadInput, match="next → old → next"):
            propose(new, keeper, successor=old)

    def test_a_successor_that_ended_meanwhile_is_refused_at_the_signature(self, old, keeper):
        new = metric(key="next", steward=keeper)
        request = propose(old, keeper, successor=new)
        sign(propose(new, keeper), approver())
        with pytest.raises(MoveRefused, match="deprecated itself"):
            sign(request, approver())
        assert not old.deprecations.exists()

    def test_nobody_ends_a_metric_of_their_own_by_themselves(self, old, keeper):
        request = propose(old, keeper)
        for who in (keeper, old.owner):
            with pytest.raises(MoveRefused):
                sign(request, who)

    def test_people_who_keep_what_is_calculated_from_it_hear(self, old, keeper):
        other = owner()
        metric(key="share", owner=other, expression="old / 2", formula="old / 2")
        sign(propose(old, keeper), approver())
        notice = Notice.objects.get(to=other)
        assert "Old is deprecated and takes no values from" in notice.title
        assert notice.body == "It has no successor. Nobody reads it."


class TestTakingBack:
    def test_a_plan_is_withdrawn_before_its_announcement(self, old, keeper):
        sign(propose(old, keeper, announce=5), approver())
        ending.withdraw(old, by=keeper, reason="It is read after all.")
        assert ending.sweep(days(6)) == 0
        assert old.deprecations.get().state == "withdrawn"
        assert verbs("old")[-1] == "metric.end_withdrawn"
        propose(old, keeper)  # and may be planned anew

    def test_not_after_it(self, old, keeper):
        sign(propose(old, keeper), approver())
        with pytest.raises(MoveRefused, match="propose to keep"):
            ending.withdraw(old, by=keeper, reason="It is read after all.")

    def test_an_announced_end_is_taken_back_by_another_approval(self, old, keeper):
        sign(propose(old, keeper), approver())
        sign(ending.propose_to_keep(old, reason="It is read after all.", by=keeper), approver())
        old.refresh_from_db()
        assert (old.state, old.removal_date) == ("approved", None)
        assert ending.sweep(days(40)) == 0
        assert verbs("old")[-1] == "metric.kept"

    def test_other_dates_replace_the_plan_and_are_told(self, old, keeper):
        sign(propose(old, keeper), approver())
        sign(propose(old, keeper, remove=60), approver())
        old.refresh_from_db()
        assert old.removal_date == days(60).date()
        assert list(old.deprecations.order_by("pk").values_list("state", flat=True)) == ["replaced", "announced"]
        assert Notice.objects.filter(to=old.owner, title__contains="takes no values").count() == 2

    def test_a_request_that_is_withdrawn_leaves_nothing(self, old, keeper):
        requests.withdraw(propose(old, keeper), by=keeper, reason="Too early.")
        assert not Deprecation.objects.exists()
        assert ending.proposed(old) is None


class TestRetired:
    @pytest.fixture
    def retired(self, old, keeper):
        sign(propose(old, keeper), approver())
        ending.sweep(days(31))
        old.refresh_from_db()
        return old

    def test_it_takes_no_values(self, retired, keeper):
        with pytest.raises(MoveRefused, match="retired and takes no more values"):
            observations.record(retired, [entry(weeks_ago(1), 5)], by=keeper)

    def test_its_definition_is_closed_also_to_what_was_in_review(self, old, keeper):
        definitions.save_draft(old, changes={"meaning": "Other."}, expected_version=None, by=keeper)
        request = definitions.submit(old, by=keeper, reason="Clearer.")
        sign(propose(old, keeper), approver())
        with pytest.raises(MoveRefused, match="deprecated; its definition is closed"):
            sign(request, approver())
        sign(request, approver(), "return")
        with pytest.raises(MoveRefused, match="deprecated; its definition is closed"):
            definitions.submit(old, by=keeper)
        old.refresh_from_db()
        assert old.state == "deprecated"

    def test_no_new_condition_watches_it(self, retired):
        with pytest.raises(MoveRefused, match="let another metric be watched"):
            condition(retired)

    def test_its_inputs_go_on(self, keeper):
        base = metric(key="base")
        share = metric(key="share", steward=keeper, owner=owner(), expression="base / 2", formula="base / 2")
        weekly(base, [4])
        sign(propose(share, keeper, remove=0), approver())
        ending.sweep(days(1))
        weekly(base, [6], until=0)
        assert share.observations.count() == 1

    def test_no_new_formula_rests_on_it(self, retired, keeper):
        share = metric(approved=False, by=keeper, owner=owner(), steward=keeper, expression="old / 2")
        with pytest.raises(MoveRefused, match="is retired and gets no more values"):
            definitions.submit(share, by=keeper)

    def test_its_key_is_never_reused_and_its_end_stays(self, retired, keeper):
        with pytest.raises(BadInput, match="never reused"):
            metric(key="old")
        for again in (lambda: propose(retired, keeper), lambda: ending.propose_to_keep(retired, reason="x", by=keeper)):
            with pytest.raises(MoveRefused):
                again()


def test_what_is_signed_says_all_of_it(old, keeper):
    new = metric(key="next")
    content = json.loads(propose(old, keeper, successor=new).content)
    assert content["successor"] == "next"
    assert {content["announce_on"], content["remove_on"]} == {str(days(0).date()), str(days(30).date())}


def test_the_impact_names_nothing_confidential_to_those_who_read_the_request(keeper):
    weekly(metric(key=RESOLUTION), [82, 84, 83])
    weekly(metric(key=BACKLOG), [3, 4, 3])
    decision = in_force()
    target = Metric.objects.get(key=BACKLOG)
    Metric.objects.filter(pk=target.pk).update(owner=decision.owner, steward=keeper)
    metric(key="hush", name="Hush money", expression=BACKLOG, classification="confidential")
    for classification, told in (("internal", True), ("confidential", False)):
        Decision.objects.filter(pk=decision.pk).update(classification=classification)
        request = propose(Metric.objects.get(key=BACKLOG), keeper)
        touched = str(request.change.impact)
        assert (decision.reference in touched) is told
        assert ("Something confidential" in touched) is not told
        assert "A confidential metric" in touched
        assert "Hush money" not in touched
        for who, named in ((decision.owner, True), (keeper, told)):
            shown = str(subjects.touched_for(request.change, who))
            assert (decision.reference in shown, "Something confidential" in shown) == (named, not named)
        requests.withdraw(request, by=keeper, reason="Not now.")


class TestDiscarding:
    def test_a_draft_that_is_not_wanted_is_retired_at_once_and_its_key_stays_taken(self, keeper):
        draft = metric(key="mistake", approved=False, steward=keeper)
        with pytest.raises(BadInput):
            ending.discard(draft, by=keeper, reason=" ")
        ending.discard(draft, by=keeper, reason="Entered twice.")
        draft.refresh_from_db()
        assert draft.state == "retired"
        moment, reason = ending.discarded_because(draft)
        assert (moment.date(), reason) == (timezone.now().date(), "Entered twice.")
        with pytest.raises(MoveRefused):
            definitions.submit(draft, by=keeper)
        with pytest.raises(MoveRefused):
            ending.discard(draft, by=keeper, reason="Again.")

    def test_not_what_is_approved_nor_what_something_rests_on_nor_by_others(self, old, keeper):
        with pytest.raises(MoveRefused, match="cannot take the step"):
            ending.discard(old, by=keeper, reason="No.")
        watched = metric(key="watched", approved=False, steward=keeper)
        with pytest.raises(PermissionDenied):
            ending.discard(watched, by=person(), reason="No.")
        condition(watched)
        with pytest.raises(MoveRefused, match="rests on it"):
            ending.discard(watched, by=keeper, reason="No.")
