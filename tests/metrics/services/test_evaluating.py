"""Many metrics evaluated together: read exactly, each on its own, and told to stewards when one cannot be evaluated."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Notice
from metrics.models import Condition
from metrics.services import conditions, observations
from metrics.services.failing import TOLD_AFTER
from metrics.services.replaying import readings_of
from metrics.services.series import series_of
from tests.factories.approvals import owner, steward
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
AGAINST_BEFORE = {"kind": "change", "percent": 10, "against": 1}


@pytest.mark.parametrize(
    "value", [0, 5, -3, "0.1", "0.3", "1e-6", "123456789.123456", "-0.000001", "99999999999999", "0.333333", "1234.5"]
)
def test_what_is_read_fast_is_what_the_orm_reads(value):
    made = metric()
    weekly(made, [value, 7])
    observations.record(made, [entry(weeks_ago(2), "12.5", segment="north", sample_size=4)], by=None)
    observations.record(made, [entry(weeks_ago(1), 9, reason="Recount.")], by=None)
    observations.record(made, [entry(weeks_ago(3), None)], by=None)
    found = series_of([made.pk], {"", "north"})
    for segment in ("", "north"):
        read = list(found[made.pk, segment].values())
        assert read == readings_of(made, segment=segment)
        assert [str(each.value) for each in read] == [str(each.value) for each in readings_of(made, segment=segment)]
        assert all(start == each.period_start for start, each in found[made.pk, segment].items())


def test_only_the_metrics_and_segments_asked_for_are_read():
    one, other = metric(), metric()
    weekly(one, [1])
    weekly(other, [2])
    assert list(series_of([one.pk], {""})) == [(one.pk, "")]
    assert series_of([one.pk], {"north"}) == {}
    assert series_of([], {""}) == {}


def test_queries_do_not_grow_with_metrics():
    def queries(count):
        for _ in range(count):
            weekly(made := metric(), [5, 6, 7])
            condition(made)
        with CaptureQueriesContext(
            connection,
        ) as found:
            conditions.rebuild()
        return len(found)

    assert queries(2) == queries(9)


def test_one_bad_condition_stops_neither_its_neighbours_nor_other_metrics():
    bad, fine = metric(), metric()
    spoilt, neighbour, other = condition(bad), condition(bad), condition(fine)
    Condition.objects.filter(pk=spoilt.pk).update(spec={"kind": "unheard of"})
    for made in (bad, fine):
        weekly(made, [50, 200])
    states = {each.pk: (each.state, each.health) for each in Condition.objects.all()}
    assert states == {spoilt.pk: ("ok", "error"), neighbour.pk: ("breached", "fresh"), other.pk: ("breached", "fresh")}


def test_a_metric_whose_periods_cannot_be_read_stops_no_other():
    bad, fine = metric(), metric()
    spoilt, other = condition(bad), condition(fine)
    weekly(fine, [200])
    type(bad).objects.filter(pk=bad.pk).update(time_zone="Nowhere/Land")
    Condition.objects.update(state="ok", next_settles_at=timezone.now())
    assert conditions.sweep(timezone.now() + timedelta(seconds=1)) == 2
    assert Condition.objects.get(pk=other.pk).state == "breached"
    assert Condition.objects.get(pk=spoilt.pk).health == "error"


def told():
    return [(each.to, each.body) for each in Notice.objects.filter(cause_key__contains=":failing:")]


def test_the_steward_hears_of_a_run_of_errors_once_and_the_owner_does_not():
    keeper = steward()
    made = metric(owner=owner(), steward=keeper)
    failing = condition(made, AGAINST_BEFORE)
    weekly(made, [0, 0])
    for _ in range(TOLD_AFTER - 2):
        conditions.rebuild()
    assert told() == []
    conditions.rebuild()
    conditions.rebuild()
    [(to, body)] = told()
    assert to == keeper
    assert f"{TOLD_AFTER} evaluations in a row" in body
    observations.record(made, [entry(weeks_ago(2), 5, reason="Recount."), entry(weeks_ago(1), 5)], by=None)
    failing.refresh_from_db()
    assert (failing.health, failing.failures, failing.failing_since) == ("fresh", 0, None)
    observations.record(made, [entry(weeks_ago(2), 0, reason="Again.")], by=None)
    for _ in range(TOLD_AFTER):
        conditions.rebuild()
    assert len(told()) == 2


def test_without_a_steward_of_its_own_every_steward_hears_who_may_see_it():
    keepers = {steward(), steward()}
    for classification in ("internal", "confidential"):
        condition(metric(name=f"An {classification} one", steward=None, classification=classification))
    Condition.objects.update(spec={})
    for _ in range(TOLD_AFTER):
        conditions.rebuild()
    assert {to for to, _ in told()} >= keepers
    assert not Notice.objects.filter(title__contains="An confidential one").exists()


def test_an_error_keeps_the_state_that_was():
    made = metric()
    armed = condition(made)
    weekly(made, [200])
    Condition.objects.filter(pk=armed.pk).update(spec={})
    assert conditions.rebuild() == 1
    armed.refresh_from_db()
    assert (armed.state, armed.health) == ("breached", "error")
    assert armed.error
    assert armed.episodes.get().value == Decimal(200)
