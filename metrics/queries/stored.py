"""What pages and the API read: one place, a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from approvals.models import User
from approvals.readers import RowsFor
from config.kit.among import Among
from config.kit.canonical import decimal_text
from config.kit.days import day_text
from config.kit.prepared import ID, TEXT, PreparedModels, Slot
from metrics import dependants
from metrics.domain.accumulator import SUPERSEDED
from metrics.domain.conditions import BadCondition, parse, sentence
from metrics.models import Condition, Episode, Metric, MetricDefinition, MetricUserObjectPermission, Observation
from metrics.queries.veiling import UNSEEN, frozen_told, hidden_keys
from metrics.services import content
from metrics.services.entries import cadence_of

SPARK = 26  # values in a list's sparkline
METRIC = Slot("metric", ID)
ARMED = PreparedModels(lambda: Condition.objects.armed().filter(metric=METRIC))
EPISODES = PreparedModels(
    lambda: Episode.objects.filter(
        Among("condition_id", Slot("conditions", ID, many=True)), retracted_at=None
    ).order_by("start")
)
VERSIONS = PreparedModels(
    lambda: (
        MetricDefinition.objects.filter(metric=METRIC)
        .select_related("owner", "steward", "updated_by")
        .order_by("-number")
    )
)


@dataclass(frozen=True)
class Watch:
    """An armed condition with its episodes, and those of versions that gave way, oldest first."""

    condition: Condition
    episodes: list[Episode]
    earlier: list[Episode] = field(default_factory=list)

    @property
    def versions(self) -> str:
        """Say which version of the predicate watches since when, and what became of those before it."""
        number, since = self.condition.version, day_text(self.condition.armed_at)
        if number == 1:
            return f"watched since {since}"
        ended = sum(episode.ending == SUPERSEDED for episode in self.earlier)
        before = f"{len(self.earlier)} episode{'' if len(self.earlier) == 1 else 's'} under earlier versions"
        cut = f", {ended} of them ended by the change" if ended else ""
        return f"version {number} since {since}" + (f"; {before}{cut}" if self.earlier else "")

    @property
    def sentence(self) -> str:
        """Return the author's words for it, else the condition's own."""
        metric = self.condition.metric
        unit = metric.definition.unit if metric.definition else ""
        try:
            said = self.condition.label or sentence(parse(self.condition.spec), metric.name, unit, metric.cadence)
            return f"{said}, in {self.condition.segment}" if self.condition.segment else said
        except BadCondition:
            return "a condition that can no longer be read"

    @property
    def trouble(self) -> str:
        """Return what is wrong with the data behind it, if anything."""
        if self.condition.metric.state == Metric.State.RETIRED:
            return "the metric is retired and gets no more values"
        health = self.condition.health
        return "" if health == Condition.Health.FRESH else self.condition.get_health_display().lower()

    @property
    def broken_since(self) -> datetime | None:
        """Return the start of the breach that goes on, if one does."""
        last = self.episodes[-1] if self.episodes else None
        return last.start if last and last.end is None else None


class Value(NamedTuple):
    """What counts for a period; plain, since a chart may have ten thousand."""

    period_start: datetime
    period_end: datetime
    value: Decimal | None
    sample_size: int | None
    revision: int


def values(metric: Metric, user: User, *, segment: str = "", revisions: bool = False) -> "QuerySet[Observation]":
    """Return a segment's values as far as the person may see them, oldest first: what counts now, or all revisions."""
    found = metric.observations.visible_to(user).filter(segment=segment)
    return found if revisions else found.current()


def recent_values(metrics: Iterable[Metric], user: User, count: int = SPARK) -> dict[int, list[Value]]:
    """Return the newest values of each whole that the person may see, oldest first; two queries for any number.

    The window is counted in days back from each metric's newest period, so that no metric with a long history is read
    whole.
    """
    wanted = [metric.pk for metric in metrics]
    whole = Observation.objects.visible_to(user).filter(metric__in=wanted, segment="")
    newest = dict(whole.order_by().values_list("metric").annotate(Max("period_start")))
    spans = {metric.pk: count * length_of(metric) for metric in metrics}
    window = Q(pk__in=[])
    for pk, last in newest.items():
        window |= Q(metric=pk, period_start__gt=last - spans[pk])
    found: dict[int, list[Value]] = defaultdict(list)
    rows = whole.filter(window).current().order_by("period_start")
    for metric, *row in rows.values_list("metric", *Value._fields):
        found[metric].append(Value(*row))
    return {pk: rows[-count:] for pk, rows in found.items()}


def length_of(metric: Metric) -> timedelta:
    """Return the longest that a period of the metric may be."""
    step = cadence_of(metric).step
    return timedelta(days=31 * step.months + step.days, seconds=step.seconds)


def breached(metrics: Iterable[Metric], user: User) -> set[int]:
    """Return which of the metrics break something that the person may see: one query, and one about who sees what."""
    states = [Condition.State.BREACHED, Condition.State.RECOVERING]
    armed = Condition.objects.armed().filter(metric__in=[metric.pk for metric in metrics], state__in=states)
    rows = list(armed.values_list("metric", "watcher"))
    named = dependants.seen(user, {watcher for _, watcher in rows})
    return {metric for metric, watcher in rows if watcher in named}


def values_to_draw(metric: Metric, user: User, segment: str = "") -> list[Value]:
    """Return what counts for each period, oldest first, as far as the person may see it: one query."""
    return [Value(*row) for row in TO_DRAW.rows(user, metric=metric.pk, segment=segment)]


def _to_draw(user: User) -> "QuerySet[Any, Any]":
    found = Observation.objects.visible_to(user).filter(metric=METRIC, segment=Slot("segment", TEXT))
    return found.current().order_by("period_start").values_list(*Value._fields)


TO_DRAW = RowsFor(_to_draw)


def watches_of(metric: Metric, watchers: Collection[str]) -> tuple[list[Watch], int]:
    """Return the armed conditions of these watchers with their episodes, and how many others there are: two queries."""
    armed = ARMED.all(metric=metric.pk)
    for condition in armed:
        condition.metric = metric
    shown = _with_episodes(condition for condition in armed if condition.watcher in watchers)
    return shown, len(armed) - len(shown)


def watches_for(watcher: str) -> dict[str, Watch]:
    """Return the armed conditions of one watcher with their episodes, by key: two queries."""
    armed = Condition.objects.armed().filter(watcher=watcher).select_related("metric__definition")
    return {watch.condition.key: watch for watch in _with_episodes(armed)}


def _with_episodes(conditions: Iterable[Condition]) -> list[Watch]:
    shown = {condition.pk: Watch(condition, []) for condition in conditions}
    for episode in EPISODES.all(conditions=list(shown)) if shown else ():
        watch = shown[episode.condition_id]
        current = episode.version == watch.condition.version
        (watch.episodes if current else watch.earlier).append(episode)
    return list(shown.values())


def version_at(metric: Metric, moment: datetime) -> MetricDefinition | None:
    """Return the version of the definition that was in force at a moment: one query."""
    approved = metric.definitions.filter(approved_at__lt=moment)
    return approved.order_by("-approved_at", "-number").first()


def versions(metric: Metric) -> list[MetricDefinition]:
    """Return every version of the definition, newest first: one query."""
    found = VERSIONS.all(metric=metric.pk)
    for version in found:
        version.metric = metric
    return found


def history(metric: Metric) -> "QuerySet[Any]":
    """Return who saved what of the definitions, newest first."""
    rows: QuerySet[Any] = MetricDefinition.history.filter(metric=metric)
    return rows.select_related("history_user", "owner", "steward").order_by("-history_date", "-history_id")


def grants(metric: Metric) -> "QuerySet[MetricUserObjectPermission]":
    """Return who was granted what on the metric: one query."""
    rows = MetricUserObjectPermission.objects.filter(content_object=metric)
    return rows.select_related("user", "permission").order_by("user__username", "permission__codename")


def for_api(metrics: Iterable[Metric], user: User) -> list[dict[str, Any]]:
    """Return metrics in the API's shape, with definition and the latest value that the person may see."""
    metrics = list(metrics)
    newest = _newest(metrics, user)
    successors = {metric.successor.key for metric in metrics if metric.successor}
    unseen = hidden_keys([metric.definition for metric in metrics if metric.definition], user, besides=successors)
    return [_for_api(metric, newest.get(metric.pk), unseen) for metric in metrics]


def _newest(metrics: Sequence[Metric], user: User) -> dict[int, Observation]:
    """Return the newest value of each metric: one query."""
    last = (
        Observation.objects.visible_to(user)
        .filter(metric=OuterRef("pk"), segment="")
        .exclude(value=None)
        .current()
        .order_by("-period_start")
    )
    wanted = Metric.objects.filter(pk__in=[metric.pk for metric in metrics])
    newest = wanted.annotate(newest=Subquery(last.values("pk")[:1])).order_by().values("newest")
    found = Observation.objects.filter(pk__in=newest)
    return {row.metric_id: row for row in found}


def _for_api(metric: Metric, newest: Observation | None, unseen: Collection[str]) -> dict[str, Any]:
    definition = metric.definition
    successor = metric.successor.key if metric.successor else None
    return {
        **{name: getattr(metric, name) for name in ("key", "name", "state", "classification", "family", "category")},
        **{name: getattr(metric, name) for name in ("level", "cadence", "time_zone")},
        "owner": metric.owner.username if metric.owner else None,
        "steward": metric.steward.username if metric.steward else None,
        "successor": UNSEEN if successor in unseen else successor,
        "removal_date": metric.removal_date,
        "definition_version": definition.number if definition else None,
        "definition": frozen_told(_definition(metric, definition), unseen) if definition else None,
        "latest": _latest(newest) if newest else None,
    }


def _definition(metric: Metric, definition: MetricDefinition) -> dict[str, Any]:
    definition.metric = metric
    return content.frozen(definition)


def _latest(row: Observation) -> dict[str, Any]:
    return {
        "period_start": row.period_start,
        "period_end": row.period_end,
        "value": None if row.value is None else decimal_text(row.value),
    }
