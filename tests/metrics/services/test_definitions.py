"""Definitions: drafted beside what is in force, approved by others, immutable then."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from approvals import subjects
from approvals.models import ApprovalRequest
from approvals.services import requests
from approvals.services.verification import verify as verify_ledger
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.models import Metric, MetricDefinition, MetricSignal
from metrics.services import conditions, content, definitions, registry
from tests.factories.approvals import approver, auditor, owner, sign, steward
from tests.factories.metrics import condition, metric, weekly

pytestmark = pytest.mark.django_db


def save(draft_of: Metric, /, **changes: object) -> object:
    return definitions.save_draft(draft_of, changes=changes, expected_version=None, by=None)


@pytest.fixture
def ready():
    """A complete draft, with its author, owner and steward."""
    return metric(approved=False, by=steward(), owner=owner(), steward=steward())


class TestKeys:
    def test_a_key_is_its_metrics_for_ever(self):
        metric(key="one")
        with pytest.raises(BadInput, match="never reused"):
            metric(key="one")

    def test_nothing_of_the_registry_is_deleted(self):
        target = metric()
        for attempt in (target.delete, Metric.objects.all().delete):
            with pytest.raises(NotImplementedError):
                attempt()

    def test_only_stewards_create(self):
        for who in (owner(), approver(), auditor()):
            with pytest.raises(PermissionDenied):
                registry.create_metric(key="mine", name="Mine", by=who)


class TestDrafts:
    def test_a_draft_of_something_in_force_is_the_next_version_apart_from_it(self):
        target = metric()
        draft = save(target, target=Decimal(90), name="Renamed")
        target.refresh_from_db()
        assert (draft.number, draft.state) == (2, "draft")
        assert (target.definition.number, target.definition.target) == (1, Decimal(85))
        assert target.name != "Renamed"
        assert save(target, target=Decimal(91)).number == 2

    def test_saving_what_is_stored_changes_nothing(self):
        target = metric()
        version = target.version
        assert save(target, target=Decimal("85.0")) == target.definition
        target.refresh_from_db()
        assert target.version == version
        assert target.definitions.count() == 1

    def test_a_stale_save_is_refused_with_what_is_stored(self):
        target = metric(approved=False)
        save(target, meaning="Theirs.")
        with pytest.raises(StaleWrite) as refusal:
            definitions.save_draft(target, changes={"meaning": "Mine."}, expected_version=target.version, by=steward())
        assert refusal.value.stored == {"meaning": "Theirs."}
        definitions.save_draft(target, changes={"meaning": "Theirs."}, expected_version=target.version, by=None)

    @pytest.mark.parametrize("field, value, sentence", [
        ("target", "NaN", "Enter a number"),
        ("target", "1e400", "too large"),
        ("target_90", "1", "less than the one after 30 days"),
        ("tolerance_high", "-1", "below the lower end"),
        ("cadence", "fortnightly", "not a duration"),
        ("time_zone", "Mars/Base", "not a time zone"),
        ("name", " ", "Give the metric a name"),
        ("unit", "x" * 33, "at most 32"),
        ("meaning", "\x00", "NUL"),
        ("meaning", "\ud800", "lone surrogate"),
        ("direction", "sideways", "not a valid choice"),
        ("counter_metrics", ["no_such"], "no metric with the key no_such"),
        ("colour", "red", "no field"),
        ("retention_days", -1, "greater than or equal to 0"),
    ])  # fmt: skip
    def test_a_bad_field_is_a_sentence_at_that_field(self, field, value, sentence):
        target = metric(approved=False, target_30=Decimal(80))
        with pytest.raises(BadInput) as refusal:
            save(target, **{field: value})
        assert sentence in " ".join(refusal.value.errors[field])

    def test_all_bad_fields_are_told_at_once(self):
        with pytest.raises(BadInput) as refusal:
            save(metric(), target="NaN", time_zone="Mars/Base", unit="x" * 99)
        assert set(refusal.value.errors) == {"target", "time_zone", "unit"}

    def test_periods_cannot_change_under_values(self):
        target = metric()
        save(target, cadence="daily")
        weekly(target, [5])
        with pytest.raises(MoveRefused, match="present frequency"):
            save(target, time_zone="Asia/Tokyo")

    def test_a_stranger_may_not(self):
        with pytest.raises(PermissionDenied):
            definitions.save_draft(metric(), changes={"unit": "h"}, expected_version=None, by=owner())

    def test_a_metric_is_not_its_own_counter(self):
        target = metric()
        with pytest.raises(BadInput, match="own counter-metric"):
            save(target, counter_metrics=[target.key])

    def test_before_the_first_is_in_force_conditions_follow_when_it_says_that_values_settle(self):
        target = metric(approved=False, settle_after=timedelta(days=30))
        weekly(target, [5] * 4, until=6)
        condition(target, {"kind": "above", "bound": 10})
        weekly(target, [11, 5], until=2)
        save(target, settle_after=timedelta(0))
        weekly(target, [5])
        assert MetricSignal.objects.get().kind == "breached"
        assert conditions.rebuild() == 0


class TestApproval:
    def test_everything_missing_is_told_at_once_with_its_place(self):
        target = registry.create_metric(key="bare", name="Bare", by=None)
        with pytest.raises(MoveRefused) as refusal:
            definitions.submit(target, by=steward())
        places = {reason.url.partition("#id_")[2] for reason in refusal.value.reasons}
        assert places >= {"meaning", "formula", "unit", "population", "sources", "owner", "steward", "target"}

    def test_approved_by_somebody_else_it_is_in_force(self, ready):
        approver()
        request = definitions.submit(ready, by=steward())
        ready.refresh_from_db()
        assert ready.state == "in_review"
        sign(request, approver())
        ready.refresh_from_db()
        assert (ready.state, ready.definition.number, ready.definition.state) == ("approved", 1, "approved")
        assert ready.definition.approved_at is not None

    def test_a_changed_row_of_what_was_approved_is_named_by_the_ledger(self, ready, settings, tmp_path):
        settings.VAR = tmp_path  # with no checkpoint files of other tests' ledgers
        approver()
        request = definitions.submit(ready, by=steward())
        sign(request, approver())
        ready.refresh_from_db()
        ready.definition.owner.__class__.objects.filter(pk=ready.definition.owner_id).update(username="renamed")
        assert verify_ledger().ok
        MetricDefinition.objects.filter(pk=ready.definition_id).update(target=Decimal(1))
        (problem,) = verify_ledger().problems
        assert f"Version 1, approved by request {request.pk}, is not the content" in problem

    def test_those_who_wrote_it_or_answer_for_it_are_barred(self, ready):
        author, submitter = ready.definitions.get().contributors.get(), steward()
        approver()
        request = definitions.submit(ready, by=submitter)
        assert set(request.barred.all()) == {author, submitter, ready.owner, ready.steward}

    def test_a_former_owner_stays_barred(self, ready):
        before = ready.owner
        save(ready, owner=owner())
        assert before in definitions.authors_of(ready.definitions.get())

    def test_in_review_it_is_locked(self, ready):
        approver()
        definitions.submit(ready, by=steward())
        with pytest.raises(MoveRefused, match="in review and locked"):
            save(ready, unit="h")
        with pytest.raises(MoveRefused):
            definitions.submit(ready, by=steward())

    @pytest.mark.parametrize("verdict, state", [("return", "draft"), ("reject", "rejected")])
    def test_a_refusal_lets_the_metric_be_defined_again(self, ready, verdict, state):
        approver()
        sign(definitions.submit(ready, by=steward()), approver(), verdict, "Not so.")
        ready.refresh_from_db()
        assert (ready.state, ready.definitions.get(number=1).state) == ("draft", state)
        assert save(ready, unit="h").number == (1 if state == "draft" else 2)

    def test_a_withdrawn_definition_is_a_draft_again(self, ready):
        approver()
        by = steward()
        definitions.submit(ready, by=by)
        definitions.withdraw(ready, by=by, reason="A slip in the formula.")
        assert ready.definitions.get().state == "draft"
        with pytest.raises(MoveRefused, match="not in review"):
            definitions.withdraw(ready, by=by, reason="Again.")

    def test_the_next_version_supersedes_and_its_predecessor_stays_as_it_was(self):
        target = metric(owner=owner(), steward=steward())
        before = content.frozen(target.definition)
        save(target, target=Decimal(90))
        approver()
        sign(definitions.submit(target, by=steward(), reason="The goal moved."), approver())
        target.refresh_from_db()
        assert (target.definition.number, target.definition.target) == (2, Decimal(90))
        first = target.definitions.get(number=1)
        assert first.state == "superseded"
        assert content.frozen(first) == before

    def test_the_new_definition_evaluates_what_is_armed(self):
        target = metric(owner=owner(), steward=steward())
        armed = condition(target, {"kind": "definition", "version": 1})
        weekly(target, [5])
        save(target, target=Decimal(90))
        definitions.approve_without_request(target)
        armed.refresh_from_db()
        assert armed.state == "breached"

    def test_the_review_screen_gets_sections_and_what_was_before(self, ready):
        approver()
        first = definitions.submit(ready, by=steward())
        kind = subjects.get(definitions.KIND)
        assert kind.previous(first) is None
        frozen = json.loads(first.content)
        assert kind.freeze(first.subject_id) == frozen
        labels = {field.label: field.text for section in kind.sections(frozen)[0] for field in section.fields}
        assert (labels["Unit"], labels["Direction"], labels["Target"]) == ("%", "Higher is better", "85")
        sign(first, approver())
        save(ready, unit="h")
        with pytest.raises(MoveRefused, match="Give the reason for the change"):
            definitions.submit(ready, by=steward())
        second = definitions.submit(ready, by=steward(), reason="Hours say more.")
        assert kind.previous(second) == frozen
        assert (second.change.reason, second.change.base_version) == ("Hours say more.", 1)
        sign(second, approver())
        second.change.refresh_from_db()
        assert (second.change.state, second.change.applied_version) == ("applied", 2)
        assert ApprovalRequest.objects.count() == 2

    def test_an_approver_sees_a_confidential_metric_while_asked_and_once_signed(self):
        hidden = metric(approved=False, classification="confidential", owner=owner(), steward=steward())
        asked, other = approver(), approver()
        seen = Metric.objects.visible_to
        assert not seen(asked).exists()
        request = definitions.submit(hidden, by=hidden.owner)
        assert seen(asked).get() == seen(other).get() == hidden
        sign(request, asked)
        assert seen(asked).get() == hidden
        assert not seen(other).exists()

    def test_who_may_not_see_the_metric_may_not_see_its_request(self):
        hidden = metric(approved=False, classification="confidential", owner=owner(), steward=steward())
        approver()
        request = definitions.submit(hidden, by=hidden.owner)
        kind = subjects.get(definitions.KIND)
        assert kind.may_see(hidden.owner, request.subject_id)
        assert not kind.may_see(owner(), request.subject_id)
        assert kind.may_withdraw(hidden.steward, request.subject_id)
        requests.withdraw(request, by=hidden.steward, reason="Not yet.")
