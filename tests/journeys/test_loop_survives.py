"""The loop with the real worker: killed in between, and with the broker away, a breach is neither lost nor doubled."""

from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.utils import timezone

from approvals.models import Notice
from config.kit import wake
from decisions.models import Decision, Reevaluation, SignalReceipt
from decisions.services import receiving, sweeping
from metrics.models import Metric, MetricSignal
from tests.background import Process, wait_for
from tests.factories import metrics
from tests.factories.decisions import BACKLOG, RESOLUTION, in_force

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def decision(transactional_db: None) -> Decision:
    """A decision in force that a backlog growing by more than 10 % would question."""
    metrics.weekly(metrics.metric(key=RESOLUTION), [83, 84], until=2)
    growth = metrics.metric(key=BACKLOG, direction="lower", baseline=3, target=2, tolerance_low=0, tolerance_high=5)
    metrics.weekly(growth, [3, 4], until=2)
    return in_force()


def break_it() -> None:
    results = metrics.weekly(Metric.objects.get(key=BACKLOG), [14])
    assert [row.status for row in results] == ["stored"]


def one_question(decision: Decision) -> bool:
    return Reevaluation.objects.filter(decision=decision, state="open").count() == 1


def exactly_one(decision: Decision) -> None:
    """Exactly one effect, and nothing left over."""
    decision.refresh_from_db()
    asked = Reevaluation.objects.get()
    assert (decision.state, asked.breaches.count(), MetricSignal.objects.count()) == ("questioned", 1, 1)
    assert SignalReceipt.objects.get().state == "done"
    assert Notice.objects.filter(cause_key=f"reevaluation:{asked.pk}:opened").count() == 1


def test_a_value_wakes_the_worker_which_opens_exactly_one(celery_worker_process: Process, decision: Decision) -> None:
    break_it()
    wait_for(lambda: one_question(decision), process=celery_worker_process)
    exactly_one(decision)


def test_a_worker_killed_in_between_loses_and_doubles_nothing(
    celery_worker_process: Process, decision: Decision
) -> None:
    celery_worker_process.kill()
    break_it()
    assert not Reevaluation.objects.exists()
    receiving._write_receipts(10)
    # It died with the signal in its hands: claimed, nothing done.
    assert receiving._claim(timezone.now() - 2 * receiving.LEASE) is not None
    celery_worker_process.start_again()
    wait_for(lambda: one_question(decision), process=celery_worker_process, seconds=40)
    sweeping.sweep()
    exactly_one(decision)


def test_a_worker_killed_at_any_moment_loses_and_doubles_nothing(
    celery_worker_process: Process, decision: Decision
) -> None:
    break_it()
    # Without waiting: the task may be on its way, begun, or done.
    celery_worker_process.kill()
    later = timezone.now() + 2 * receiving.LEASE
    sweeping.sweep(later)
    sweeping.sweep(later)
    exactly_one(decision)


def test_with_the_broker_away_values_are_kept_and_the_sweep_opens_exactly_one(
    decision: Decision, monkeypatch: Any
) -> None:
    # An application of its own: to close the pool of the real one would close it for every later test.
    away = Celery("away", set_as_current=False)
    away.conf.broker_url = f"redis+socket://{settings.VAR / 'nobody-listens.sock'}"
    away.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr(wake, "current_app", away)
    break_it()
    assert MetricSignal.objects.count() == 1
    assert not Reevaluation.objects.exists()
    assert sweeping.sweep()["signals"] == {"opened": 1}
    assert sweeping.sweep()["signals"] == {}
    exactly_one(decision)
