"""Read the values that count of many metrics at once, quickly: the fold is short beside the reading of what it folds.

On SQLite the driver and the ORM convert each date and number in Python, which takes ten times as long as the fold;
so both come as plain text there and are converted here, each different one once. The result is the same to the last
digit (a test holds it): a stored number has at most 15 digits, and SQLite writes as many.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from metrics.domain.timeline import Reading
from metrics.models import Observation

Key = tuple[int, str]  # metric, segment
Series = dict[datetime, Reading]  # period start → what counts
COLUMNS = ("metric_id", "segment", "period_start", "period_end", "value", "sample_size")
PLACES = Decimal("0.000001")


def series_of(metrics: Collection[int], segments: Collection[str]) -> dict[Key, Series]:
    """Return, per metric and segment, what counts for each period, oldest first: one query."""
    found: dict[Key, Series] = {}
    # Ascending revisions: the last one written into the dictionary is the one that counts.
    rows = Observation.objects.filter(metric__in=metrics, segment__in=segments)
    rows = rows.order_by("metric_id", "segment", "period_start", "revision")
    key, series = (0, ""), dict[datetime, Reading]()
    for metric, segment, start, end, value, sample_size in _tuples(rows):
        if key != (metric, segment):
            key = metric, segment
            series = found[key] = {}
        series[start] = Reading(start, end, value, sample_size)
    return found


def _tuples(rows: "QuerySet[Observation]") -> Iterable[tuple[Any, ...]]:
    """Return the columns; times in UTC."""
    if connection.vendor != "sqlite":
        return rows.values_list(*COLUMNS).iterator(chunk_size=5000)
    plain = rows.annotate(
        start_text=Cast("period_start", TextField()),
        end_text=Cast("period_end", TextField()),
        number=Cast("value", TextField()),
    ).values_list("metric_id", "segment", "start_text", "end_text", "number", "sample_size")
    return (
        (metric, segment, _moment(start), _moment(end), None if number is None else _exact(number), sample_size)
        for metric, segment, start, end, number, sample_size in plain.iterator(chunk_size=5000)
    )


@lru_cache(maxsize=100_000)
def _moment(text: str) -> datetime:
    """Read a time as SQLite keeps it: in UTC, without saying so."""
    return datetime.fromisoformat(f"{text}+00:00").astimezone(UTC)


@lru_cache(maxsize=100_000)
def _exact(text: str) -> Decimal:
    """Read a number as SQLite keeps it."""
    return Decimal(text).quantize(PLACES)
