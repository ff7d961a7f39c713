"""What there is to see of pulls: lists, the line on a metric's page, and what a steward has to look after."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse

from approvals.models import User
from approvals.readers import ModelsFor
from approvals.roles import AUDITORS, has_role
from metrics.access import kept_by, managed_by
from metrics.models import Metric, Pull, PullRun
from metrics.queries.chores import Chore

SHAKY = 3  # failures in a row from which on it is worth a look; it goes on by itself until many more
AT_MOST = 200
STANDINGS: dict[str, tuple[str, str]] = {
    "stopped": ("stopped", "bad"),
    "failing": ("failing", "warn"),
    "running": ("running", "ok"),
    "paused": ("not running", ""),
}
"""How a pull stands → its word and tone, the worst first."""

FILTERS: dict[str, Q] = {
    "stopped": Q(state=Pull.State.FAILED),
    "failing": Q(state=Pull.State.ON, failures__gt=0),
    "running": Q(state=Pull.State.ON, failures=0),
    "paused": Q(state=Pull.State.OFF),
}
OUTCOMES = {"good": "ok", "partly": "warn", "failed": "bad", "running": "info"}


def standing(pull: Pull) -> str:
    """Return how a pull stands."""
    if pull.state == Pull.State.FAILED:
        return "stopped"
    if pull.state == Pull.State.OFF:
        return "paused"
    return "failing" if pull.failures else "running"


def shown(pull: Pull) -> dict[str, Any]:
    """Return a pull with its word and tone."""
    word, tone = STANDINGS[standing(pull)]
    return {"pull": pull, "word": word, "tone": tone}


def listed(user: User, *, only: str = "") -> "QuerySet[Pull]":
    """Return the pulls that a person may look into, what needs a look first."""
    seen = Metric.objects.visible_to(user) if has_role(user, AUDITORS) else managed_by(user)
    rows = Pull.objects.filter(metric__in=seen.values("pk")).select_related("metric")
    if only in FILTERS:
        rows = rows.filter(FILTERS[only])
    return rows.annotate(rank=_ranked()).order_by("rank", "metric__name", "name", "pk")


def runs(pull: Pull) -> "QuerySet[PullRun]":
    """Return the runs of a pull, newest first."""
    return pull.runs.select_related("asked_by")


def worst() -> Subquery:
    """Return the rank of a metric's worst standing pull; none where it has no pull."""
    rows = Pull.objects.filter(metric=OuterRef("pk")).annotate(rank=_ranked()).order_by("rank")
    return Subquery(rows.values("rank")[:1])


def words(rank: int | None) -> tuple[str, str]:
    """Return word and tone of a rank."""
    return ("", "") if rank is None else STANDINGS[list(STANDINGS)[rank]]


def chores(user: User, now: datetime) -> Iterator[Chore]:
    """Yield the pulls that were stopped or keep failing, of the metrics that a person looks after."""
    for pull in TROUBLED.all(user):
        stopped = pull.state == Pull.State.FAILED
        said = f"{pull.failures} times in a row. {pull.error}"
        yield Chore(
            kind="Pulls that fail",
            title=f"{pull.metric.name}: {pull.name} {'was stopped' if stopped else 'does not answer'}",
            url=reverse("pull", args=[pull.metric.key, pull.pk]),
            why=said,
            metric=pull.metric.key,
            tone="bad" if stopped else "warn",
        )


def _troubled(user: User) -> "QuerySet[Pull]":
    troubled = FILTERS["stopped"] | (FILTERS["failing"] & Q(failures__gte=SHAKY))
    rows = Pull.objects.filter(troubled, metric__in=kept_by(user).values("pk")).select_related("metric")
    return rows.annotate(rank=_ranked()).order_by("rank", "failing_since")[:AT_MOST]


TROUBLED = ModelsFor(_troubled)


def _ranked() -> Case:
    ranks = [When(condition, then=Value(place)) for place, condition in enumerate(FILTERS.values())]
    return Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
