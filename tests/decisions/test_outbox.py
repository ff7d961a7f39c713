"""Readiness names a signal that nobody takes in hand."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from decisions import outbox
from decisions.services import receiving
from metrics.models import MetricSignal
from tests.factories import metrics


@pytest.fixture
def signal() -> MetricSignal:
    """A breach without anybody to take it in hand."""
    watched = metrics.metric()
    metrics.condition(watched)
    metrics.weekly(watched, [900])
    return MetricSignal.objects.get()


@pytest.mark.django_db
def test_an_empty_outbox_is_ready():
    assert outbox.check() == (True, {"age": 0.0, "given_up": 0})


@pytest.mark.django_db
def test_a_signal_may_wait_a_while_but_not_long(signal: MetricSignal):
    good, figures = outbox.check()
    assert good
    assert figures["age"] < 60
    late = timezone.now() - timedelta(seconds=outbox.LONGEST_WAIT_SECONDS + 5)
    MetricSignal.objects.update(at=late)
    good, figures = outbox.check()
    assert not good
    assert figures["age"] == pytest.approx(outbox.LONGEST_WAIT_SECONDS + 5, abs=2)


@pytest.mark.django_db
def test_a_signal_dealt_with_counts_no_more(signal: MetricSignal):
    receiving.receive_signals()
    assert receiving.oldest_waiting() is None


@pytest.mark.django_db(transaction=True)
def test_readiness_asks_for_it(client: Client):
    assert client.get("/readyz").json()["checks"]["outbox"]["ok"] is True
