"""What the metric's page and the steward's desk say of experiments."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.readers import ModelsFor
from approvals.roles import AUDITORS, has_role
from config.kit.prepared import DAY, Slot
from metrics.access import kept_by
from metrics.models import Experiment, ExperimentLook, Metric
from metrics.queries.chores import Chore

AT_MOST = 200


def counted() -> Any:
    """Return the subquery that counts a metric's experiments, those that rest on confidential metrics left out."""
    return _count(Experiment.objects.filter(metric=OuterRef("pk")))


def running() -> Any:
    """Return the subquery that counts those of them that run."""
    return _count(Experiment.objects.filter(metric=OuterRef("pk"), state=Experiment.State.RUNNING))


def _count(rows: Any) -> Any:
    hidden = Experiment.further.through.objects.filter(
        experiment=OuterRef("pk"), metric__classification=Metric.Classification.CONFIDENTIAL
    )
    number = rows.filter(~Exists(hidden)).order_by().values("metric").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


def words(count: int, under_way: int) -> str:
    """Say how many experiments there are."""
    if not count:
        return ""
    return f"{count}, {under_way} running" if under_way else str(count)


def to_judge(user: User, now: datetime) -> Iterator[Chore]:
    """Yield experiments whose sample is there or whose day has come, for their owners and the metric's stewards."""
    if has_role(user, AUDITORS):
        return
    for row in TO_JUDGE.all(user, today=timezone.localdate(now)):
        why = "The planned sample is there." if row.full else "Its day has come without the planned sample."
        yield Chore(
            kind="Experiments to judge",
            title=row.title,
            url=reverse("experiment", args=[row.pk]),
            why=why,
            metric=row.metric.key,
            tone="" if row.full else "warn",
        )


def _to_judge(user: User) -> "QuerySet[Experiment]":
    full = ExperimentLook.objects.filter(experiment=OuterRef("pk"), early=False)
    found = Experiment.objects.visible_to(user).filter(state=Experiment.State.RUNNING)
    found = found.filter(Q(owner=user) | Q(metric__in=kept_by(user).values("pk")))
    found = found.annotate(full=Exists(full)).filter(Q(full=True) | Q(ends_on__lte=Slot("today", DAY)))
    return found.select_related("metric").order_by(F("ends_on").asc(nulls_last=True), "pk")[:AT_MOST]


TO_JUDGE = ModelsFor(_to_judge)
