"""Replay a condition over a metric's stored values, without storing anything: for backtests and previews."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from metrics.domain.backtesting import Tried, tried
from metrics.domain.conditions import Condition as Predicate
from metrics.domain.conditions import watched, watches_definition
from metrics.domain.fold import Context, Folded, Reading, Series, fold
from metrics.models import Metric, MetricDefinition, MetricSegment, Observation
from metrics.services.entries import cadence_of

Versions = list[tuple[datetime, int | None]]


def replay(metric: Metric, condition: Predicate, *, as_of: datetime, segment: str = "") -> Folded:
    """Fold a condition over the values that the metric's segment has now."""
    context = completed(context_of(metric), metric, condition, segment=segment)
    return fold(condition, readings_of(metric, segment=segment), as_of, cadence_of(metric), context)


def context_of(metric: Metric) -> Context:
    """Return what the metric's definition tells every fold."""
    definition = metric.definition
    if definition is None:
        return Context()
    return Context(minimum_sample=definition.minimum_sample, baseline=definition.baseline)


def completed(context: Context, metric: Metric, condition: Predicate, *, segment: str) -> Context:
    """Add what only some kinds need: the definition's versions, and the data of other metrics that parts watch.

    A metric that does not exist stays out, which the fold reports as an error.
    """
    if watches_definition(condition):
        approved = metric.definitions.exclude(approved_at=None).order_by("approved_at")
        versions = approved.values_list("approved_at", "number")
        context = replace(context, versions=[(at, number) for at, number in versions if at is not None])
    if names := watched(condition):
        others = {other.key: _series(other, segment) for other in Metric.objects.filter(key__in=names)}
        context = replace(context, others=others)
    return context


def _series(metric: Metric, segment: str) -> Series:
    readings = readings_of(metric, segment=segment)
    return Series(readings=readings, cadence=cadence_of(metric), context=context_of(metric))


def readings_of(metric: Metric, *, segment: str) -> list[Reading]:
    """Return the newest revision of each period."""
    rows = metric.observations.current().filter(segment=segment)
    return [Reading(*row) for row in rows.values_list("period_start", "period_end", "value", "sample_size")]


@dataclass(frozen=True)
class Past:
    """One metric's values as they count now, in order, and what its definition tells every fold."""

    metric: Metric
    readings: list[Reading]
    versions: Versions
    open: bool = True  # everybody who signs in may see the values

    @cached_property
    def series(self) -> Series:
        """Return the values as a part of another metric's composite reads them."""
        return Series(readings=self.readings, cadence=cadence_of(self.metric), context=context_of(self.metric))

    def day(self, moment: datetime) -> date:
        """Return the local day of a moment."""
        return self.metric.local_day(moment)

    def tried(self, condition: Predicate, others: Mapping[str, "Past"], *, as_of: datetime) -> Tried:
        """Try a condition on these values; `others` holds the pasts of the metrics that its parts watch."""
        known = {key: others[key].series for key in watched(condition) if key in others}
        context = replace(self.series.context, versions=self.versions, others=known)
        return tried(condition, self.readings, as_of, self.series.cadence, context)


Place = tuple[str, str]
"""The key of a metric, and the name of one of its segments ("" for the whole)."""


def pasts(
    metrics: Iterable[Metric], *, until: datetime, segments: Collection[str] = ("",), sorted_out: bool = False
) -> dict[Place, Past]:
    """Return the pasts of some metrics (with their definitions selected) in some segments, in two queries.

    Periods that end after `until` are left out: they were still running. `sorted_out`: the caller knows what of them
    may be shown to whom, and does not ask it of `Past.open`.
    """
    chosen, names = list(metrics), {"", *segments}
    restricted = set() if sorted_out else _restricted(chosen, names)
    readings: dict[tuple[int, str], list[Reading]] = defaultdict(list)
    versions: dict[int, Versions] = defaultdict(list)
    if chosen:
        rows = Observation.objects.filter(metric__in=chosen, segment__in=names, period_end__lte=until)
        rows = rows.current().order_by("period_start")
        for pk, name, start, end, value, sample in rows.values_list(
            "metric", "segment", "period_start", "period_end", "value", "sample_size"
        ):
            readings[pk, name].append(Reading(start, end, value, sample))
        approved = MetricDefinition.objects.filter(metric__in=chosen).exclude(approved_at=None).order_by("approved_at")
        for pk, at, number in approved.values_list("metric", "approved_at", "number"):
            versions[pk] += [(at, number)] if at else []
    return {
        (metric.key, name): Past(
            metric,
            readings[metric.pk, name],
            versions[metric.pk],
            metric.classification == Metric.Classification.INTERNAL and (metric.pk, name) not in restricted,
        )
        for metric in chosen
        for name in names
    }


def _restricted(metrics: Iterable[Metric], names: Collection[str]) -> set[tuple[int, str]]:
    """Return which of the metrics' segments (or wholes) are restricted: one query where any has segments."""
    wanted = [metric.pk for metric in metrics if metric.segmented]
    rows = MetricSegment.objects.filter(metric__in=wanted, name__in=names, restricted=True)
    return set(rows.values_list("metric_id", "name")) if wanted else set()


def revisions(keys: Iterable[str]) -> dict[str, str]:
    """Return what identifies the data of metrics as they are now, by key: it changes with any value or definition."""
    rows = with_revision(Metric.objects.filter(key__in=set(keys)).select_related("definition"))
    return {metric.key: revision_of(metric) for metric in rows}


def with_revision(rows: "QuerySet[Metric]") -> "QuerySet[Any]":
    """Add to metrics, read with their definition, what `revision_of` tells."""
    newest = Observation.objects.filter(metric=OuterRef("pk")).order_by("-pk")
    return rows.annotate(newest=Subquery(newest.values("pk")[:1]))


def revision_of(metric: Any) -> str:
    """Return what identifies the data of a metric that was read `with_revision`."""
    number = metric.definition.number if metric.definition else 0
    return f"{metric.key} definition {number} revision {metric.newest or 0}"
