"""What the demonstration's steward did to the registry: one metric ends, and one is frozen while it is evaluated."""

from datetime import datetime, timedelta

from django.db import transaction

from approvals.models import User
from approvals.services import signing
from decisions.demo.people import PASSWORD
from metrics.domain.freezing import Window
from metrics.models import Metric
from metrics.services import ending, freezes, observations
from metrics.services.freezes import Scope

ENDS, SUCCESSOR = "escalation_rate", "support_resolution_rate"
FROZEN = "cost_per_case"
QUARTER = timedelta(days=91)


def tell(accounts: dict[str, User], *, now: datetime) -> None:
    """Bring about what is not there yet."""
    metrics = {metric.key: metric for metric in Metric.objects.filter(key__in=[ENDS, SUCCESSOR, FROZEN])}
    with transaction.atomic():
        if not metrics[ENDS].deprecations.exists() and ending.proposed(metrics[ENDS]) is None:
            _end(metrics[ENDS], metrics[SUCCESSOR], accounts, now)
    with transaction.atomic():
        if not metrics[FROZEN].freezes.exists():
            _freeze(metrics[FROZEN], accounts, now)


def _end(metric: Metric, successor: Metric, accounts: dict[str, User], now: datetime) -> None:
    """Announce the end of a metric, signed by an approver."""
    today = metric.local_day(now)
    request = ending.propose(
        metric,
        announce_on=today,
        remove_on=today + timedelta(days=60),
        successor=successor,
        reason="Both desks share one queue now, so that what is handed over is no longer counted at a border.",
        by=accounts["steward"],
    )
    credential = signing.Credential(password=PASSWORD)
    signing.sign(request.pk, by=accounts["approver1"], verdict="approve", credential=credential, digest=request.digest)


def _freeze(metric: Metric, accounts: dict[str, User], now: datetime) -> None:
    """Freeze the last quarter, and wish for a correction of it, which waits in the approvers' inbox."""
    today = metric.local_day(now)
    window = Window(
        begins_on=today,
        ends_on=today + timedelta(days=21),
        first_day=today - QUARTER,
        last_day=today - timedelta(days=1),
        reason="The contract for the telephone service is evaluated by these figures.",
    )
    freezes.declare(Scope(metric=metric), window, by=accounts["steward"])
    week = observations.Entry(
        period_start=today - timedelta(days=28),
        value="14.9",
        reason="The invoice of the temporary agency came late and belongs to this week.",
    )
    observations.record(metric, [week], by=accounts["steward"], source="form")
