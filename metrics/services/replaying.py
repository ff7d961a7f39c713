"""Replay a condition over a metric's stored values, without storing anything: for backtests and previews."""

from dataclasses import replace
from datetime import datetime

from metrics.domain.conditions import Condition as Predicate
from metrics.domain.conditions import watched, watches_definition
from metrics.domain.fold import Context, Folded, Reading, Series, fold
from metrics.models import Metric
from metrics.services.entries import cadence_of


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
