"""Freezes: who declares and ends them, what they hold still, and corrections that wait by every door."""

import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import ApprovalRequest, LedgerEntry, Notice
from approvals.services import requests
from config.kit.days import day_text
from config.kit.refusals import BadInput, MoveRefused
from metrics import correction_subject
from metrics.domain.freezing import Window
from metrics.domain.intake import Known
from metrics.models import Correction, CorrectionRow, Metric, MetricSignal
from metrics.services import definitions, freezes, importing, observations, segments
from metrics.services.freezes import Scope
from tests.factories.approvals import approver, owner, person, sign, steward
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
KIND = "metric_correction"
REGION = {"aggregation_over": "region"}


@pytest.fixture(autouse=True)
def signer():
    return approver()


@pytest.fixture
def keeper():
    return steward()


@pytest.fixture
def frozen(keeper):
    """A metric with three weekly values (1, 2, 3), the last two of them frozen."""
    target = metric(owner=owner(), steward=keeper, family="Support")
    weekly(target, [1, 2, 3])
    declare(keeper, metric=target)
    return target


def window(**changed) -> Window:
    today = timezone.localdate()
    days = {"begins_on": today, "ends_on": today + timedelta(days=5)}
    span = {"first_day": weeks_ago(2), "last_day": weeks_ago(1)}
    return Window(**{"reason": "The yearly evaluation."} | days | span | changed)


def declare(by, **scope):
    changed = scope.pop("changed", {})
    return freezes.declare(Scope(**scope), window(**changed), by=by)


def correct(target: Metric, value=9, *, weeks: int = 1, by=None, **more):
    given = entry(weeks_ago(weeks), value, **{"reason": "Counted anew."} | more)
    return observations.record(target, [given], by=by)


def current(target: Metric, **only) -> list[Decimal]:
    return list(target.observations.current().filter(**only).order_by("period_start").values_list("value", flat=True))


class TestDeclaring:
    def test_stewards_freeze_everything_and_a_manager_one_metric(self, keeper):
        mine = metric(owner=owner())
        declare(mine.owner, metric=mine)
        declare(keeper)
        for scope in ({}, {"family": "Support"}):
            with pytest.raises(PermissionDenied):
                declare(mine.owner, **scope)
        with pytest.raises(PermissionDenied):
            declare(person(), metric=mine)

    def test_what_is_wrong_is_said_beside_its_field(self, keeper):
        today = timezone.localdate()
        with pytest.raises(BadInput) as refusal:
            declare(keeper, family="None such", changed={"ends_on": today - timedelta(days=1), "reason": " "})
        assert set(refusal.value.errors) == {"ends_on", "reason", "family"}

    def test_keepers_hear_and_the_ledger_knows(self, frozen, keeper):
        assert Notice.objects.get(to=frozen.owner).title.startswith("Frozen until")
        last = LedgerEntry.objects.get(verb="freeze.declared")
        assert last.stream == f"metric:{frozen.key}"

    def test_it_is_ended_early_with_a_reason_and_only_once(self, frozen, keeper):
        freeze = frozen.freezes.get()
        with pytest.raises(BadInput):
            freezes.end(freeze, by=keeper, reason=" ")
        freezes.end(freeze, by=keeper, reason="Handed in.")
        with pytest.raises(MoveRefused, match="over already"):
            freezes.end(freeze, by=keeper, reason="Handed in.")
        assert str(correct(frozen)[0].status) == "revised"

    def test_the_same_is_not_declared_twice(self, frozen, keeper):
        with pytest.raises(MoveRefused, match="declared already"):
            declare(keeper, metric=frozen)
        freezes.end(frozen.freezes.get(), by=keeper, reason="Handed in.")
        declare(keeper, metric=frozen)

    def test_whose_figures_it_holds_does_not_end_what_a_steward_declared(self, frozen):
        with pytest.raises(PermissionDenied, match="who declared it, or by a steward"):
            freezes.end(frozen.freezes.get(), by=frozen.owner, reason="My figure is too low.")
        assert str(correct(frozen)[0].status) == "waiting"

    def test_who_declared_it_ends_it_and_so_does_a_steward(self, frozen, keeper):
        for by in (frozen.owner, keeper):
            mine = declare(frozen.owner, metric=frozen, changed={"reason": "A look of our own."})
            freezes.end(mine, by=by, reason="Handed in.")


class TestCorrections:
    def test_one_waits_until_somebody_else_signs_and_then_is_the_new_revision(self, frozen, keeper, signer):
        condition(frozen, {"kind": "above", "bound": 8})
        [result] = correct(frozen, by=keeper)
        assert (str(result.status), result.revision, result.observation_id) == ("waiting", 1, None)
        assert current(frozen) == [1, 2, 3]
        request = ApprovalRequest.objects.get(kind=KIND)
        assert MetricSignal.objects.count() == 0
        for barred in (keeper, frozen.owner):
            with pytest.raises(MoveRefused):
                sign(request, barred)
        sign(request, signer)
        assert current(frozen) == [1, 2, 9]
        row = frozen.observations.get(revision=2)
        assert (row.reason, row.recorded_by) == ("Counted anew.", keeper)
        assert MetricSignal.objects.count() == 1
        assert Correction.objects.get().state == "applied"

    def test_what_a_frozen_whole_is_made_of_stays(self, keeper):
        whole = metric(key="cases", steward=keeper, unit="cases", aggregation="sum", aggregation_over="region")
        for name in ("North", "South"):
            segments.declare(whole, name=name, dimension="region", by=keeper)
            observations.record(whole, [entry(weeks_ago(1), 5, segment=name)], by=None)
        declare(keeper, metric=whole)
        with pytest.raises(MoveRefused, match="what its whole is made of stays as it is"):
            segments.declare(whole, name="South", dimension="region", closed_from=weeks_ago(9), by=keeper)
        freezes.end(whole.freezes.get(), by=keeper, reason="Handed in.")
        segments.declare(whole, name="South", dimension="region", closed_from=weeks_ago(9), by=keeper)

    @pytest.mark.parametrize("weeks, value, status", [
        (3, 9, "revised"),  # before the span
        (1, 3, "unchanged"),
        (0, 9, "stored"),  # the open period
        (5, 9, "stored"),  # a late first value
    ])  # fmt: skip
    def test_what_does_not_wait(self, frozen, weeks, value, status):
        assert [str(result.status) for result in correct(frozen, value, weeks=weeks)] == [status]

    def test_the_same_again_is_the_same_wish_and_another_one_is_refused(self, frozen):
        statuses = [str(correct(frozen, value)[0].status) for value in (9, 9, 8)]
        assert statuses == ["waiting", "waiting", "refused"]
        assert ApprovalRequest.objects.filter(kind=KIND).count() == 1

    def test_a_batch_is_one_request_and_its_good_rows_land(self, frozen):
        rows = [entry(weeks_ago(2), 7, reason="a"), entry(weeks_ago(1), 8, reason="b"), entry(weeks_ago(0), 5)]
        results = observations.record(frozen, rows, by=None)
        assert [str(result.status) for result in results] == ["waiting", "waiting", "stored"]
        request = ApprovalRequest.objects.get(kind=KIND)
        assert request.title.startswith("Correction of 2 frozen values")
        assert request.opened_by.username == "api-premise"

    def test_a_dry_run_asks_nobody(self, frozen):
        [result] = observations.record(frozen, [entry(weeks_ago(1), 9)], by=None, dry_run=True)
        assert str(result.status) == "waiting"
        assert not CorrectionRow.objects.exists()

    def test_by_file_too(self, frozen):
        text = f"metric,period_start,value\n{frozen.key},{weeks_ago(1)},9\n"
        [row] = importing.import_csv(io.BytesIO(text.encode()), by=None)
        assert str(row.status) == "waiting"

    def test_a_withdrawal_of_a_value_waits_as_well(self, frozen, signer):
        assert str(correct(frozen, None)[0].status) == "waiting"
        sign(ApprovalRequest.objects.get(kind=KIND), signer)
        assert current(frozen) == [1, 2, None]

    @pytest.mark.parametrize("end", ["reject", "withdraw"])
    def test_a_wish_that_ended_may_be_made_anew(self, frozen, keeper, signer, end):
        correct(frozen, by=keeper)
        request = ApprovalRequest.objects.get(kind=KIND)
        if end == "reject":
            sign(request, signer, "reject")
        else:
            requests.withdraw(request, by=keeper, reason="A slip.")
        assert current(frozen) == [1, 2, 3]
        assert Correction.objects.get().state == "ended"
        assert str(correct(frozen, 8)[0].status) == "waiting"

    def test_what_changed_meanwhile_is_not_overwritten(self, frozen, keeper, signer):
        correct(frozen)
        freezes.end(frozen.freezes.get(), by=keeper, reason="Handed in.")
        correct(frozen, 4)
        with pytest.raises(MoveRefused, match="Values changed since"):
            sign(ApprovalRequest.objects.get(kind=KIND), signer)
        assert current(frozen) == [1, 2, 4]

    def test_nobody_to_ask_refuses_the_row_and_keeps_the_others(self, frozen, signer):
        signer.groups.clear()
        frozen.steward.groups.clear()
        rows = [entry(weeks_ago(1), 9), entry(weeks_ago(0), 5)]
        assert [str(each.status) for each in observations.record(frozen, rows, by=None)] == ["refused", "stored"]

    def test_an_input_waits_while_what_is_calculated_from_it_is_frozen(self, keeper, signer):
        base = metric(key="base")
        share = metric(key="share", steward=keeper, expression="base / 2", formula="base / 2")
        weekly(base, [4, 6])
        declare(keeper, metric=share)
        assert str(correct(base, 8)[0].status) == "waiting"
        assert current(share) == [2, 3]
        sign(ApprovalRequest.objects.get(kind=KIND), signer)
        assert current(share) == [2, 4]

    @pytest.mark.parametrize("scope, status", [
        ({}, "waiting"),
        ({"family": "Support"}, "waiting"),
        ({"family": "Delivery"}, "revised"),
    ])  # fmt: skip
    def test_families_and_everything(self, keeper, scope, status):
        metric(family="Delivery")
        target = metric(family="Support")
        weekly(target, [3])
        declare(keeper, **scope)
        assert str(correct(target)[0].status) == status


class TestFirstValues:
    """A first value waits where something frozen was made without it."""

    @pytest.fixture
    def whole(self, keeper):
        """A sum of 5 over North for each of two weeks, frozen; South has no value yet."""
        made = metric(key="cases", owner=owner(), steward=keeper, unit="cases", aggregation="sum", **REGION)
        self.parts(made, "North", weeks=(2, 1))
        declare(keeper, metric=made)
        return made

    def parts(self, target, *names, value=5, weeks=(1,), by=None, **more):
        rows = [entry(weeks_ago(week), value, segment=name, **more) for name in names for week in weeks]
        return [str(each.status) for each in observations.record(target, rows, by=by)]

    def told(self, target):
        return current(target, segment="")

    def test_a_new_part_of_a_frozen_whole_waits_and_is_signed(self, whole, keeper, signer):
        assert self.parts(whole, "South", by=keeper, reason="It was forgotten.") == ["waiting"]
        assert (self.told(whole), whole.segments.count()) == ([5, 5], 1)
        request = ApprovalRequest.objects.get(kind=KIND)
        [note] = [each for each in correction_subject.notes(request.subject_id, {}) if "stands at" in each]
        assert "The whole from" in note
        with pytest.raises(MoveRefused):
            sign(request, keeper)
        sign(request, signer)
        assert self.told(whole) == [5, 10]
        row = whole.observations.get(segment="South")
        assert (row.revision, row.reason, row.recorded_by) == (1, "", keeper)

    def test_people_give_a_reason_and_programs_need_none(self, whole, keeper):
        rows = [entry(weeks_ago(1), 5, segment="South")]
        [refused] = observations.record(whole, rows, by=keeper, reasoned=True)
        assert (str(refused.status), list(refused.errors)) == ("refused", ["reason"])
        assert self.parts(whole, "South") == ["waiting"]
        assert self.parts(whole, "South") == ["waiting"]
        assert self.parts(whole, "South", value=6) == ["refused"]
        assert CorrectionRow.objects.get().reason.startswith("A first value")

    def test_what_lands_all_the_same(self, whole):
        assert self.parts(whole, "North", "South", weeks=(5,)) == ["stored", "stored"]  # not in the span
        assert self.parts(whole, "South", weeks=(0,)) == ["stored"]  # the open week is in the making

    def test_all_parts_of_a_frozen_week_without_a_whole_land(self, keeper):
        made = metric(key="late", unit="cases", aggregation="sum", steward=keeper, **REGION)
        declare(keeper, metric=made)
        assert self.parts(made, "North", "South") == ["stored", "stored"]
        assert self.told(made) == [10]

    def test_parts_of_a_frozen_ratio_wait(self, keeper):
        over, under = (metric(key=key, unit="cases") for key in ("solved", "asked"))
        rule = {"aggregation": "ratio", "aggregation_numerator": "solved", "aggregation_denominator": "asked"}
        share = metric(key="share", steward=keeper, missing_parts="zero", **rule, **REGION)
        for each in (over, under):
            self.parts(each, "North")
        assert self.told(share) == [100]
        declare(keeper, metric=share)
        assert self.parts(over, "South") == ["waiting"]

    @pytest.mark.parametrize("missing, weeks, status", [
        ("zero", 1, "waiting"),  # it counted as zero
        ("last", 2, "waiting"),  # what the frozen week goes on with, although this one is not frozen
        ("zero", 2, "stored"),
        ("withhold", 1, "stored"),  # there is nothing yet that it would change
    ])  # fmt: skip
    def test_inputs_of_a_frozen_calculation(self, keeper, missing, weeks, status):
        base, more = metric(key="base"), metric(key="more")
        total = metric(key="total", steward=keeper, expression="base + more", formula="-", missing_inputs=missing)
        weekly(more, [1], until=3)
        weekly(base, [4])
        declare(keeper, metric=total, changed={"first_day": weeks_ago(1)})
        assert self.parts(more, "", weeks=(weeks,)) == [status]

    def test_nothing_is_asked_where_nothing_is_made_of_parts(self, frozen, django_assert_num_queries):
        locked = Metric.objects.select_related("definition").get(pk=frozen.pk)
        with django_assert_num_queries(0):
            assert freezes.frozen_for(locked, [], [], Known(), timezone.now()) is None


class TestDefinitions:
    def changed(self, target: Metric, by):
        definitions.save_draft(target, changes={"meaning": "Other."}, expected_version=None, by=by)

    def test_a_change_is_neither_submitted_nor_signed_while_frozen(self, keeper, signer):
        target = metric(owner=owner(), steward=keeper)
        self.changed(target, keeper)
        request = definitions.submit(target, by=keeper, reason="Clearer.")
        freeze = declare(keeper, metric=target)
        with pytest.raises(MoveRefused, match="Sign once that is over"):
            sign(request, signer)
        freezes.end(freeze, by=keeper, reason="Handed in.")
        sign(request, signer)
        target.refresh_from_db()
        assert target.definition.number == 2

    def test_an_emergency_passes_and_says_so(self, frozen, keeper):
        self.changed(frozen, keeper)
        with pytest.raises(MoveRefused, match="or as an emergency"):
            definitions.submit(frozen, by=keeper, reason="Clearer.")
        definitions.submit(frozen, by=keeper, reason="It was wrong.", change_class="emergency")
        frozen.refresh_from_db()
        assert frozen.definition.number == 2
        assert LedgerEntry.objects.filter(verb="freeze.passed", stream=f"metric:{frozen.key}").exists()

    def test_a_first_version_changes_nothing_and_comes_in_force(self, keeper, signer):
        declare(keeper)
        target = metric(approved=False, by=keeper, owner=owner(), steward=steward())
        sign(definitions.submit(target, by=keeper), signer)
        target.refresh_from_db()
        assert target.state == "approved"


def test_what_is_signed_is_laid_out_a_value_a_row(frozen):
    rows = [entry(weeks_ago(2), 7, reason="a"), entry(weeks_ago(1), 8, reason="b", sample_size=9)]
    observations.record(frozen, rows, by=None, source="pull")
    [[section]] = correction_subject.sections(json.loads(ApprovalRequest.objects.get().content))
    [field] = section.fields
    assert list(field.header) == ["Period from", "Stands", "Would be", "Reason", "Source", "Sample"]
    assert [list(row) for row in field.rows] == [
        [day_text(weeks_ago(2)), "2 %", "7 %", "a", "pull", ""],
        [day_text(weeks_ago(1)), "3 %", "8 %", "b", "pull", "9"],
    ]
