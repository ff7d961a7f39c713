"""Many workers and writers at one metric: one open incident, and no mark is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import LedgerEntry
from metrics.models import QualityState
from metrics.services import incidents, observations, quality, quality_settings
from tests.factories.approvals import steward
from tests.factories.metrics import entry, metric, weekly, weeks_ago
from tests.metrics.services.test_races import defaults
from tests.together import WRITERS, many_at_once

__all__ = ["defaults"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("defaults")]
STEADY = [80, 81, 79, 80, 82, 80, 81, 79, 80, 81, 80, 79, 81, 80]


def test_many_workers_open_one_incident():
    made = metric(steward=steward())
    weekly(made, [*STEADY, 800])
    many_at_once(lambda _: quality.compute())
    assert made.incidents.open().count() == 1
    assert LedgerEntry.objects.filter(verb="quality.incident_opened").count() == 1
    assert not QualityState.objects.exclude(leased_until=None).exists()


def test_writers_beside_workers_lose_no_mark():
    made = metric(steward=steward())
    weekly(made, STEADY)

    def work(number: int) -> None:
        if number % 2:
            quality.compute(now=timezone.now() + timedelta(seconds=10 * number))
        else:
            observations.record(made, [entry(weeks_ago(1), 800 + number, reason="Again.")], by=None)

    many_at_once(work)
    while quality.compute(now=timezone.now() + timedelta(minutes=10)):
        pass
    state = QualityState.objects.get(metric=made)
    assert state.looked == state.newest
    assert made.incidents.open().count() == 1


def test_resolving_beside_a_run_leaves_at_most_one_open():
    keeper = steward()
    made = metric(steward=keeper)
    weekly(made, [*STEADY, 800])
    quality.compute()
    incident = made.incidents.get()

    def work(number: int) -> None:
        if number == 0:
            incidents.resolve(incident, reason="It is right.", by=keeper)
        else:
            quality_settings.look_again(made, timezone.now())
            quality.compute(now=timezone.now() + timedelta(seconds=10 * number))

    many_at_once(work, min(4, WRITERS))
    incident.refresh_from_db()
    assert incident.state == "resolved"
    assert made.incidents.open().count() == 0
    quality_settings.look_again(made, timezone.now())
    quality.compute(now=timezone.now() + timedelta(minutes=10))
    assert made.quality_results.get(check_key="outliers").verdict == "pass"
    assert made.incidents.open().count() == 0
