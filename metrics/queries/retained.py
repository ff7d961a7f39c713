"""What pages show of retention: which metrics hold personal data, what is due when, holds, and what was erased."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse

from approvals.models import User
from approvals.readers import ModelsFor
from approvals.roles import ADMINISTRATORS, AUDITORS, STEWARDS, has_role
from metrics.access import kept_by
from metrics.domain.meaning import OWN, filled_by_premise
from metrics.models import Erasure, LegalHold, Metric, Observation, Retention
from metrics.queries.chores import Chore
from metrics.services.erasing import carrying

AT_MOST = 200


@dataclass(frozen=True)
class Kept:
    """One metric with personal data: how it stands with what it keeps. `due`: values an erasure would touch now."""

    metric: Metric
    due: int
    next_at: datetime | None
    begun: bool
    held: bool

    @property
    def days(self) -> int | None:
        """Return how long it is kept after its period."""
        return self.metric.definition.retention_days if self.metric.definition else None

    @property
    def own(self) -> bool:
        """Say whether Premise works its values out from decisions, and keeps them as long as those."""
        return filled_by_premise(self.metric.key)

    @property
    def state(self) -> tuple[str, str]:
        """Return a word on how it stands, and its tone."""
        if self.own:
            return "Kept with its decisions", ""
        if self.days is None:
            return "No retention", "warn"
        if self.held:
            return "Legal hold", "info"
        if not self.begun:
            return "Not begun", "warn" if self.due else ""
        return "Erasing", "ok"


def may_see_holds(user: User) -> bool:
    """Who places holds, and auditors: a hold tells of a dispute that not everybody need know of."""
    return has_role(user, ADMINISTRATORS, STEWARDS, AUDITORS)


def with_personal_data(user: User) -> "QuerySet[Metric]":
    """Metrics that the person sees whose definition in force says that they hold personal data."""
    return Metric.objects.visible_to(user).filter(definition__personal_data=True).with_definition().order_by("name")


def kept(metrics: Sequence[Metric], now: datetime) -> list[Kept]:
    """Say how these metrics stand: four queries for any number."""
    pks = [metric.pk for metric in metrics]
    pending = carrying(Observation.objects.filter(metric__in=pks), or_itself=True).order_by()
    oldest = dict(pending.values_list("metric").annotate(Min("period_end")))
    due = _due(metrics, pending, now)
    begun = set(Retention.objects.filter(metric__in=pks).values_list("metric", flat=True))
    holds = list(LegalHold.objects.running().filter(person=None).values_list("metric", flat=True))
    return [
        Kept(
            metric=metric,
            due=due.get(metric.pk, 0),
            next_at=_next(metric, oldest.get(metric.pk), now),
            begun=metric.pk in begun,
            held=metric.pk in holds or None in holds,
        )
        for metric in metrics
    ]


def _due(metrics: Sequence[Metric], pending: Any, now: datetime) -> dict[int, int]:
    """Count, per metric, what its own retention has run out for."""
    wanted = Q(pk=None)
    for metric in metrics:
        if metric.definition and metric.definition.retention_days is not None:
            until = now - timedelta(days=metric.definition.retention_days)
            wanted |= Q(metric=metric.pk, period_end__lte=until)
    return dict(pending.filter(wanted).values_list("metric").annotate(Count("pk")))


def _next(metric: Metric, oldest: datetime | None, now: datetime) -> datetime | None:
    if oldest is None or metric.definition is None or metric.definition.retention_days is None:
        return None
    return max(now, oldest + timedelta(days=metric.definition.retention_days))


def holds(user: User) -> "QuerySet[LegalHold]":
    """Return the holds but for those on metrics that the person may not see, those that run first."""
    seen = Q(metric=None) | Q(metric__in=Metric.objects.visible_to(user).values("pk"))
    rows = LegalHold.objects.filter(seen).select_related("metric", "person", "placed_by", "lifted_by")
    return rows.order_by("lifted_at", "-placed_at")


def runs(user: User) -> "QuerySet[Erasure]":
    """Return what was erased of the metrics that the person sees, the newest first."""
    return Erasure.objects.filter(metric__in=Metric.objects.visible_to(user)).select_related("metric", "by")


def unlimited(user: User, now: datetime) -> Iterator[Chore]:
    """Yield, for the desk, metrics with personal data without an end, and those whose erasures nobody let begin."""
    for metric in UNLIMITED.all(user):
        endless = metric.definition is not None and metric.definition.retention_days is None
        yield Chore(
            kind="Personal data",
            title=metric.name,
            url=reverse("metric_definition" if endless else "metric_retention", args=[metric.key]),
            why="Its definition does not say how long it is kept."
            if endless
            else "Look at what would be erased, and let it begin.",
            metric=metric.key,
            tone="warn",
        )


def _unlimited(user: User) -> "QuerySet[Metric]":
    held = kept_by(user).filter(definition__personal_data=True).exclude(state=Metric.State.RETIRED)
    held = held.exclude(key__startswith=OWN)  # whose definitions nobody writes
    begun = Exists(Retention.objects.filter(metric=OuterRef("pk")))
    rows = held.filter(Q(definition__retention_days=None) | ~begun).select_related("definition")
    return rows.annotate(begun=begun).order_by("name")[:AT_MOST]


UNLIMITED = ModelsFor(_unlimited)
