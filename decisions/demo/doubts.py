"""What people of the demonstration say of its metrics: one value in dispute, one settled, one review of relevance."""

from datetime import datetime

from django.db import transaction

from approvals.models import User
from metrics.domain.disputing import Move
from metrics.models import Dispute, Metric, RelevanceReview
from metrics.services import disputes, relevance

DISPUTED = "first_response_time"
ANSWERED = "release_cadence"
REVIEWED = "csat"


def raise_doubts(accounts: dict[str, User], *, now: datetime) -> None:
    """Bring about what is not there yet, through the services that people use."""
    if not Dispute.objects.filter(metric__key=ANSWERED).exists():
        with transaction.atomic():
            _answered(accounts)
    if not Dispute.objects.filter(metric__key=DISPUTED).exists():
        with transaction.atomic():
            _open(accounts)
    reviewed = Metric.objects.get(key=REVIEWED)
    if not RelevanceReview.objects.filter(metric=reviewed).exists():
        said = "The support case is judged by it, and the service report to customers quotes it."
        relevance.hold(reviewed, outcome="confirmed", said=said, every_days=182, by=accounts["steward"], now=now)


def _open(accounts: dict[str, User]) -> None:
    metric = Metric.objects.get(key=DISPUTED)
    newest = metric.observations.order_by("-period_start")[0]
    found = disputes.dispute_value(
        metric,
        period=newest.period_start,
        reason="Thursday's phone queue is missing: its log shows 31 calls that were answered within the hour.",
        by=accounts["contributor"],
    )
    disputes.join(found, reason="Our team's own list has them too.", by=accounts["approver3"])


def _answered(accounts: dict[str, User]) -> None:
    metric = Metric.objects.get(key=ANSWERED)
    found = disputes.dispute_definition(
        metric, version=1, reason="A release that is repeated the same day counts twice.", by=accounts["contributor"]
    )
    reason = "It does, and it should: each of them is announced to customers on its own."
    disputes.answer(found, move=Move.DECLINE, reason=reason, by=accounts["steward"])
