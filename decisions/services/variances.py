"""Gather what came beside what was expected, as of now, from the version in force, the registry and the conditions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from approvals.models import User
from decisions.domain.breaking import conditions_of, key_of
from decisions.domain.dossier import Dossier, Estimate, SuccessMetric
from decisions.domain.variance import AssumptionVariance, Breach, MetricVariance, Observed, broke, metric_variance
from decisions.models import CommitmentRecord, Decision
from decisions.services import versions
from metrics.domain.periods import zone_named
from metrics.models import Condition, Episode, Metric, MetricDefinition, MetricSegment, Observation


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """A decision as it stands since its last review: figures to judge it by."""

    dossier: Dossier
    since: date
    until: date
    metrics: tuple[MetricVariance, ...]
    assumptions: tuple[AssumptionVariance, ...]
    commitments: tuple[CommitmentRecord, ...]


def gather(decision: Decision, *, by: User, now: datetime) -> Gathered:
    """Return the figures, of metrics that the person may see; the decision has a version in force."""
    dossier = versions.dossier_in_force(decision)
    since = last_look(decision)
    return Gathered(
        dossier=dossier,
        since=since.date(),
        until=now.date(),
        metrics=tuple(_metrics(decision, dossier, by=by, now=now)),
        assumptions=tuple(_assumptions(decision, dossier, since=since)),
        commitments=tuple(decision.commitments.select_related("owner")),
    )


def last_look(decision: Decision) -> datetime:
    """Return when the decision was last reviewed, else since when it is in force."""
    last = decision.reviews.filter(held_at__isnull=False).order_by("-held_at").first()
    found = last.held_at if last is not None else decision.in_force_since
    return found or decision.created_at


def _metrics(decision: Decision, dossier: Dossier, *, by: User, now: datetime) -> Iterable[MetricVariance]:
    goals = dossier.metrics.success_metrics
    keys = {goal.metric for goal in goals}
    rows = _definitions(keys, by)
    pins = {(row.metric.key, row.number): row for row in rows}
    metrics = {row.metric.key: row.metric for row in rows if row.shown}
    values = _values(metrics.values(), decision.in_force_since or decision.created_at)
    chosen = dossier.recommendation.option
    expected = {i.success_metric: i.estimate for i in dossier.impacts.impacts if i.option == chosen}
    for goal in goals:
        metric = metrics.get(goal.metric)
        definition = pins.get((goal.metric, goal.definition_version or 0))
        seen = Observed() if metric is None else _observed(metric, definition, values[metric.pk], now)
        yield _variance(goal, definition, expected.get(goal.id, Estimate()), seen)


def _definitions(keys: set[str], by: User) -> Sequence[Any]:
    """Return the definitions of the metrics, each with its metric, and `shown`: whether the person sees that whole."""
    seen = Metric.objects.with_whole_visible_to(by).filter(pk=OuterRef("metric"))
    rows = MetricDefinition.objects.filter(metric__key__in=keys).select_related("metric")
    return list(rows.annotate(shown=Exists(seen)))


def _values(metrics: Iterable[Metric], since: datetime) -> Mapping[int, list[Observation]]:
    found: dict[int, list[Observation]] = defaultdict(list)
    rows = Observation.objects.filter(metric__in=list(metrics), segment="", period_end__gt=since).current()
    for row in rows.exclude(value=None).order_by("period_start"):
        found[row.metric_id].append(row)
    return found


def _observed(
    metric: Metric, definition: MetricDefinition | None, rows: Iterable[Observation], now: datetime
) -> Observed:
    """Return the newest settled value and the mean; a value from too small a sample does not count."""
    least = definition.minimum_sample if definition else None
    counted = [
        row
        for row in rows
        if row.period_end <= now - metric.settle_after
        and not (least is not None and row.sample_size is not None and row.sample_size < least)
    ]
    if not counted:
        return Observed()
    last = counted[-1]
    total = sum((row.value for row in counted if row.value is not None), Decimal(0))
    return Observed(
        value=last.value,
        until=metric.local_day(last.period_end),
        mean=round(total / len(counted), 3),
        count=len(counted),
    )


def _variance(
    goal: SuccessMetric, definition: MetricDefinition | None, expected: Estimate, observed: Observed
) -> MetricVariance:
    own = {name: getattr(definition, name, None) for name in ("baseline", "target")}
    return metric_variance(
        metric=goal.metric,
        name=definition.name if definition else goal.metric,
        unit=definition.unit if definition else "",
        direction=definition.direction if definition else "",
        definition_version=goal.definition_version,
        baseline=own["baseline"] if goal.baseline is None else goal.baseline,
        target=own["target"] if goal.target is None else goal.target,
        expected=expected,
        observed=observed,
    )


def _assumptions(decision: Decision, dossier: Dossier, *, since: datetime) -> Iterable[AssumptionVariance]:
    conditions = {row.key: row for row in Condition.objects.filter(watcher=decision.reference).select_related("metric")}
    episodes = _episodes(conditions.values(), since)
    wanted: dict[str, list[Any]] = defaultdict(list)
    for assumption, condition in conditions_of(dossier):
        wanted[assumption.id].append(conditions.get(key_of(assumption, condition)))
    for assumption in dossier.criteria.assumptions:
        watching = [row for row in wanted[assumption.id] if row is not None]
        breaches = tuple(breach for row in watching for breach in episodes[row.pk])
        yield AssumptionVariance(
            key=assumption.id,
            statement=assumption.statement,
            owner=assumption.owner,
            probability=assumption.probability,
            broke=broke(breaches, watched=bool(watching)),
            breaches=breaches,
        )


def _restricted(conditions: Iterable[Condition]) -> set[int]:
    """Return the conditions on restricted segments, whose values a review does not tell: one query, or none."""
    segmented = [row for row in conditions if row.metric.segmented]
    if not segmented:
        return set()
    closed = MetricSegment.objects.filter(metric__in={row.metric_id for row in segmented}, restricted=True)
    places = set(closed.values_list("metric_id", "name"))
    return {row.pk for row in segmented if (row.metric_id, row.segment) in places}


def _episodes(conditions: Iterable[Condition], since: datetime) -> Mapping[int, list[Breach]]:
    """Return the breaches of the conditions' present versions that went on after a moment, oldest first."""
    rows = {row.pk: row for row in conditions}
    untold = _restricted(rows.values())
    found: dict[int, list[Breach]] = defaultdict(list)
    for episode in Episode.objects.filter(condition__in=rows, retracted_at=None).order_by("start"):
        condition = rows[episode.condition_id]
        if episode.version != condition.version or (episode.end is not None and episode.end <= since):
            continue
        zone = zone_named(condition.metric.time_zone)
        found[condition.pk].append(
            Breach(
                sentence=condition.label,
                start=episode.start.astimezone(zone).date(),
                until=episode.end.astimezone(zone).date() if episode.end else None,
                value=None if condition.pk in untold else episode.value,
            )
        )
    return found
