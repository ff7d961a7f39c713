"""Retiring beside recording, freezing beside correcting, and the same wish of many: one order, nothing half.

ROUNDS in the environment makes a soak of it.
"""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import ApprovalRequest, LedgerEntry
from approvals.services.defaults import ensure_defaults
from config.kit.refusals import MoveRefused
from metrics.domain.freezing import Window
from metrics.models import CorrectionRow, FreezeWindow, Metric, Observation
from metrics.services import ending, freezes, observations
from metrics.services.freezes import Scope
from tests.factories.approvals import approver, owner, sign, steward
from tests.factories.metrics import entry, metric, weekly, weeks_ago
from tests.together import WRITERS, many_at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("turn", range(int(os.environ.get("ROUNDS", "1")))),
]


@pytest.fixture(autouse=True)
def _defaults():
    ensure_defaults()
    approver()


def window() -> Window:
    today = timezone.localdate()
    days = {"begins_on": today, "ends_on": today + timedelta(days=5)}
    return Window(first_day=weeks_ago(60), last_day=weeks_ago(1), reason="The evaluation.", **days)


def test_no_value_lands_after_the_retirement(turn):
    keeper = steward()
    target = metric(owner=owner(), steward=keeper)
    today = timezone.localdate()
    plan = {"announce_on": today, "remove_on": today, "reason": "Nobody reads it."}
    sign(ending.propose(target, successor=None, by=keeper, **plan), approver())

    def work(number: int) -> str:
        if number == 0:
            return str(ending.sweep(timezone.now()))
        try:
            [result] = observations.record(target, [entry(weeks_ago(number), number)], by=None)
        except MoveRefused:
            return "refused"
        return str(result.status)

    results = many_at_once(work)
    assert results[0] == "1"
    assert Metric.objects.get(pk=target.pk).state == "retired"
    assert Observation.objects.count() == results.count("stored")
    order = LedgerEntry.objects.filter(stream=f"metric:{target.key}").order_by("seq").values_list("verb", flat=True)
    assert list(order)[-1] == "metric.retired"


def test_a_correction_lands_before_the_freeze_or_waits(turn):
    keeper = steward()
    target = metric(owner=owner(), steward=keeper)
    weekly(target, range(1, WRITERS + 1))

    def work(number: int) -> str:
        if number == 0:
            freezes.declare(Scope(metric=target), window(), by=keeper)
            return "frozen"
        [result] = observations.record(target, [entry(weeks_ago(number), 50, reason="Counted anew.")], by=None)
        return str(result.status)

    results = many_at_once(work)
    assert set(results) <= {"frozen", "revised", "waiting"}
    assert Observation.objects.filter(revision=2).count() == results.count("revised")
    assert CorrectionRow.objects.filter(waiting=True).count() == results.count("waiting")
    frozen_at = FreezeWindow.objects.get().declared_at
    assert not Observation.objects.filter(revision=2, recorded_at__gt=frozen_at).exists()


def test_the_same_wish_of_many_is_one(turn):
    keeper = steward()
    target = metric(owner=owner(), steward=keeper)
    weekly(target, [1])
    freezes.declare(Scope(), window(), by=keeper)
    results = many_at_once(lambda _: observations.record(target, [entry(weeks_ago(1), 9, reason="Anew.")], by=None))
    assert {str(result.status) for [result] in results} == {"waiting"}
    assert ApprovalRequest.objects.filter(kind="metric_correction").count() == 1
