"""Wholes that stand without a segment which came late, for whoever keeps the metric: on the desk and on its page."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse

from approvals.models import User
from metrics.access import kept_by
from metrics.models import Metric, MetricSegment
from metrics.queries.chores import Chore
from metrics.services.late_parts import Standing, counted

AT_MOST = 100


def chores(user: User, now: datetime) -> Iterator[Chore]:
    """Yield a chore for each segment that wholes of a metric stand without: one query."""
    for found in counted(MetricSegment.objects.filter(metric__in=kept_by(user).values("pk")), AT_MOST):
        yield Chore(
            kind="Wholes to make anew",
            title=found.metric.name,
            url=reverse("metric_wholes", args=[found.metric.key]),
            why=f"{found.words} See what would change, then decide.",
            metric=found.metric.key,
            tone="warn",
        )


def of(metric: Metric, segments: Sequence[MetricSegment]) -> list[Standing]:
    """Return what stands so of one metric, whose segments these are: no query where none came late."""
    return counted(metric.segments.all()) if any(row.missed_at for row in segments) else []
