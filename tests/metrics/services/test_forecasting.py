"""Stored forecasts: wanted with the values, made once, renewed when values, time or the definition move on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.models import Forecast
from metrics.services import definitions, forecasting, observations
from metrics.services.forecasting import compute, kept, sweep
from tests.factories.metrics import entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db


def stored(metric, segment=""):
    """The newest forecast that was made, else what is wanted."""
    rows = kept(metric, segment)
    return next((row for row in rows if row.result is not None), rows[0])


WAVE = [60 + (number * 7) % 11 for number in range(20)]


def test_values_are_forecast_once_and_again_only_when_they_change():
    made = metric()
    weekly(made, WAVE)
    assert compute() == {"made": 1}
    assert compute() == {}
    found = stored(made)
    assert found.state == "done"
    assert found.definition_version == 1
    assert len(found.result["likely"]) == len(found.result["periods"]) == 8
    assert [each["share"] for each in found.result["intervals"]] == [0.8, 0.95]
    assert found.result["periods"][0].startswith(weeks_ago(0).isoformat())
    observations.record(made, [entry(weeks_ago(1), WAVE[-1])], by=None)  # the same again
    assert compute() == {}
    observations.record(made, [entry(weeks_ago(3), 90)], by=None)  # a correction
    assert stored(made).result == found.result  # until the new one is there
    assert compute() == {"made": 1}
    assert stored(made).result != found.result
    assert Forecast.objects.count() == 1


def test_only_the_newest_data_of_a_burst_is_forecast():
    made = metric()
    for number in range(5, 0, -1):
        weekly(made, [60 + number], until=number)
    assert Forecast.objects.count() == 5
    assert compute() == {"made": 1}
    assert Forecast.objects.count() == 1


def test_a_value_of_the_open_period_counts_once_that_has_settled():
    made = metric(settle_after=timedelta(days=2))
    weekly(made, WAVE, until=0)
    compute()
    before = stored(made)
    assert before.result["count"] < len(WAVE)
    assert before.stale_at > timezone.now()
    assert sweep(before.stale_at - timedelta(seconds=1)) == {}
    assert sweep(timezone.now() + timedelta(days=9)) == {"made": 1}
    after = stored(made)
    assert after.result["count"] == len(WAVE)
    assert after.stale_at is None


def test_a_new_definition_and_series_without_a_forecast_are_found_by_the_sweep():
    made = metric()
    weekly(made, WAVE)
    Forecast.objects.all().delete()
    assert sweep(timezone.now()) == {"made": 1}
    definitions.save_draft(made, changes={"minimum_sample": 5}, expected_version=None, by=None)
    definitions.approve_without_request(made)
    assert sweep(timezone.now()) == {"made": 1}
    assert stored(made).definition_version == 2
    assert sweep(timezone.now()) == {}


def test_segments_have_forecasts_of_their_own_and_few_values_only_a_level():
    made = metric()
    weekly(made, WAVE)
    observations.record(made, [entry(weeks_ago(2), 5, segment="north")], by=None)
    assert compute() == {"made": 2}
    level = stored(made, "north").result
    assert level["intervals"] == []
    assert level["likely"] == [5.0] * 8
    assert len(stored(made).result["intervals"]) == 2


def test_what_fails_is_given_up_after_some_attempts_and_stops_nobody(monkeypatch):
    broken, fine = metric(), metric()
    weekly(fine, WAVE)
    weekly(broken, WAVE)
    genuine = forecasting._foretold
    monkeypatch.setattr(
        forecasting, "_foretold", lambda row, now: 1 / 0 if row.metric_id == broken.pk else genuine(row, now)
    )
    now = timezone.now()
    assert compute(now=now) == {"failed": 1, "made": 1}
    assert compute(now=now) == {}
    assert compute(now=now + timedelta(minutes=5)) == {"failed": 1}
    assert compute(now=now + timedelta(minutes=10)) == {"given up": 1}
    assert (stored(broken).state, stored(broken).result) == ("failed", None)
    assert "ZeroDivisionError" in stored(broken).error


def test_a_worker_that_died_is_followed_by_another_and_cannot_store_late():
    made = metric()
    weekly(made, WAVE)
    now = timezone.now()
    lost = forecasting._claim(now)
    assert compute(now=now) == {}
    assert compute(now=now + timedelta(minutes=2)) == {"made": 1}
    assert forecasting._take(lost, now) == "lost"
    assert stored(made).state == "done"


def test_a_forecast_that_newer_data_replaced_while_it_was_in_hand_is_lost_and_no_failure(caplog):
    made = metric()
    weekly(made, WAVE)
    lost = forecasting._claim(timezone.now())
    observations.record(made, [entry(weeks_ago(0), 5)], by=None)
    assert compute() == {"made": 1}
    assert forecasting._take(lost, timezone.now()) == "lost"
    assert not caplog.records
