"""Find out which metrics move together: once a day a cadence, by one worker at a time, never for a page.

What is compared is the whole of each metric (no segment), by the numbers of its periods, so that time zones do not
matter. More than MOST_COMPARED metrics of one cadence are not compared; how many were left out is kept and said.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet

from config.kit import leases
from metrics.domain.likeness import LEAST_IN_COMMON, PERIODS, Alike, Numbers, alike, strongest
from metrics.domain.meaning import OWN
from metrics.domain.periods import Cadence
from metrics.models import Comparison, Likeness, Metric, Observation
from metrics.services.entries import cadence_of

EVERY = timedelta(days=1)
LEASE = timedelta(minutes=5)
MOST_COMPARED = 1500
MOST_PAIRS = 1000


def sweep(now: datetime) -> dict[str, int]:
    """Compare the metrics of one cadence whose last comparison is a day old; returns how many were, and the pairs."""
    _enter()
    due = Comparison.objects.filter(Q(compared_at__isnull=True) | Q(compared_at__lte=now - EVERY))
    with transaction.atomic():
        free = leases.free(due, now).order_by("compared_at", "pk")
        found = leases.first(free)
        if found is None or not leases.take(due, found, until=now + LEASE, counter="turns"):
            return {}
    return _compare(found, now)


def _enter() -> None:
    """Enter each cadence that two metrics are kept in."""
    cadences = set(_compared().order_by().values_list("cadence", flat=True).distinct())
    known = set(Comparison.objects.values_list("cadence", flat=True))
    rows = [Comparison(cadence=cadence) for cadence in sorted(cadences - known)]
    Comparison.objects.bulk_create(rows, ignore_conflicts=True)


def _compared() -> "QuerySet[Metric]":
    """Metrics that may be like others: defined, in use, and not filled by Premise itself."""
    return Metric.objects.in_use().filter(definition__isnull=False).exclude(key__startswith=OWN)


def _compare(comparison: Comparison, now: datetime) -> dict[str, int]:
    metrics = list(_compared().filter(cadence=comparison.cadence).order_by("pk")[: MOST_COMPARED + 1])
    left_out = 0
    if len(metrics) > MOST_COMPARED:
        left_out = _compared().filter(cadence=comparison.cadence).count() - MOST_COMPARED
        metrics = metrics[:MOST_COMPARED]
    kept, rows = _series(metrics, now)
    pairs = strongest(list(alike(rows)), MOST_PAIRS) if len(kept) > 1 else []
    _store(comparison, [_row(comparison, kept, pair) for pair in pairs], compared=len(kept), left_out=left_out, now=now)
    return {"compared": len(kept), "pairs": len(pairs)}


def _row(comparison: Comparison, metrics: list[Metric], pair: Alike) -> Likeness:
    return Likeness(
        comparison=comparison,
        first=metrics[pair.first],
        second=metrics[pair.second],
        periods=pair.periods,
        of_values=pair.of_values,
        of_changes=pair.of_changes,
    )


@transaction.atomic
def _store(comparison: Comparison, rows: list[Likeness], *, compared: int, left_out: int, now: datetime) -> None:
    Likeness.objects.filter(comparison=comparison).delete()
    # A metric whose cadence changed may still stand in the comparison that it was in before.
    Likeness.objects.bulk_create(rows, 500, ignore_conflicts=True)
    fresh = {"compared_at": now, "compared": compared, "left_out": left_out, "leased_until": None}
    Comparison.objects.filter(pk=comparison.pk).update(**fresh)


def _series(metrics: list[Metric], now: datetime) -> tuple[list[Metric], Numbers]:
    """Return the metrics with enough values, and their newest settled periods side by side, NaN for none."""
    cadences = {metric.pk: cadence_of(metric) for metric in metrics}
    if not cadences:
        return [], np.empty((0, PERIODS))
    last = {pk: cadence.last_settled(now) for pk, cadence in cadences.items()}
    newest = max(last.values())
    series = np.full((len(metrics), PERIODS), np.nan)
    place = {metric.pk: row for row, metric in enumerate(metrics)}
    for pk, start, value in _values(cadences, newest):
        index = cadences[pk].index(start)
        if value is not None and newest - PERIODS < index <= last[pk]:
            series[place[pk], index - newest + PERIODS - 1] = float(value)
    enough = np.isfinite(series).sum(axis=1) >= LEAST_IN_COMMON
    return [metric for metric, kept in zip(metrics, enough, strict=True) if kept], series[enough]


def _values(cadences: Mapping[int, Cadence], newest: int) -> Iterator[tuple[int, datetime, Decimal | None]]:
    """Return (metric, period start, value) of what counts since the oldest period that is compared."""
    since = min(cadence.start_of(newest - PERIODS) for cadence in cadences.values())
    rows = Observation.objects.filter(metric__in=list(cadences), segment="", period_start__gte=since).current()
    return rows.order_by().values_list("metric_id", "period_start", "value").iterator(5000)
