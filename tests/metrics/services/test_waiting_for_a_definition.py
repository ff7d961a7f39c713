"""What waits for a metric's lock while a definition comes in force goes by that definition (PostgreSQL: a row locked
after waiting is the new one, what was joined to it is not)."""

from typing import Any

import pytest

from approvals.models import LedgerEntry
from config.kit.refusals import MoveRefused
from metrics.models import Metric, MetricSignal, Observation
from metrics.services import conditions, definitions, observations
from tests.factories.approvals import steward
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago
from tests.together import meanwhile

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def change(target: Metric, **fields: Any) -> None:
    row = Metric.objects.get(pk=target.pk)
    definitions.save_draft(row, changes=fields, expected_version=None, by=None)
    definitions.approve_without_request(row)


def put(target: Metric, value: int, **fields: Any) -> list[str]:
    rows = [entry(weeks_ago(1), value, reason="Recount.", **fields)]
    return [row.status for row in observations.record(target, rows, by=None)]


def test_a_value_is_judged_by_it():
    target = metric()
    weekly(target, [5] * 10)
    armed = condition(target, {"kind": "above", "bound": 10})
    meanwhile(lambda: change(target, minimum_sample=100), lambda: put(target, 12, sample_size=5))
    armed.refresh_from_db()
    assert (armed.state, armed.health, MetricSignal.objects.count()) == ("ok", "insufficient", 0)
    assert conditions.rebuild() == 0


def test_personal_values_stay_out_of_the_ledger():
    target = metric(personal_data=True)
    weekly(target, [5] * 10)
    meanwhile(lambda: change(target, meaning="Said in other words, and meant as before."), lambda: put(target, 12))
    told = LedgerEntry.objects.filter(verb="values.recorded").order_by("-seq")[0].payload
    assert '"to"' not in told, told


def test_personal_segments_stay_out_of_the_ledger_over_the_api():
    target, person = metric(personal_data=True), steward()
    rows = [entry(weeks_ago(1), 5, segment="Jane Doe")]
    observations.record_by_key(target.key, rows, by=person, source="api")
    again = [entry(weeks_ago(1), 6, segment="Jane Doe", reason="Recount.")]
    meanwhile(
        lambda: change(target, meaning="Said in other words, and meant as before."),
        lambda: observations.record_by_key(target.key, again, by=person, source="api"),
    )
    told = LedgerEntry.objects.filter(verb="values.recorded").order_by("-seq")[0].payload
    assert "Jane Doe" not in told, told


def test_a_sweep_goes_by_it():
    target = metric(minimum_sample=100)
    weekly(target, [5] * 10)
    put(target, 12, sample_size=5)
    armed = condition(target, {"kind": "above", "bound": 10})
    meanwhile(lambda: change(target, meaning="Said in other words, and meant as before."), conditions.rebuild)
    armed.refresh_from_db()
    assert (armed.state, armed.health, MetricSignal.objects.count()) == ("ok", "insufficient", 0)


def test_a_metric_that_became_calculated_takes_no_value():
    other, target = metric(key="waiting_input"), metric()
    weekly(other, [1] * 5)
    refused = meanwhile(lambda: change(target, expression="waiting_input * 2"), lambda: put(target, 7))
    assert isinstance(refused, MoveRefused)


def test_a_value_of_an_input_is_calculated_with():
    left = metric(key="waiting_left")
    weekly(left, [1] * 5)
    meanwhile(lambda: metric(key="waiting_sum", expression="waiting_left + 1"), lambda: put(left, 41))
    newest = Observation.objects.filter(metric__key="waiting_sum", period_start__date=weeks_ago(1)).last()
    assert newest is not None
    assert newest.value == 42
