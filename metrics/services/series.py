"""Read the values that count of many metrics at once, quickly: the fold is short beside the reading of what it folds.

Driver and ORM convert each date and number for itself, which takes ten times as long as the fold; so both come as plain
text and are converted here, each different one once. The result is the same to the last digit (a test holds it).
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce

from config.kit.among import Among
from config.kit.prepared import ID, TEXT, TIME, Asked, PreparedRows, Slot
from metrics.domain.timeline import Reading
from metrics.models import Observation

Key = tuple[int, str]  # metric, segment
Series = dict[datetime, Reading]  # period start → what counts
PLACES = Decimal("0.000001")
BEFORE = 30  # values before a new one, among which a clear one is to be found
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def series_of(metrics: Collection[int], segments: Collection[str]) -> dict[Key, Series]:
    """Return, per metric and segment, what counts for each period, oldest first: one query."""
    return ask(metrics, segments).answer


def ask(metrics: Collection[int], segments: Collection[str]) -> Asked[dict[Key, Series]]:
    """Ask for the same."""
    rows = VALUES.ask(metrics=metrics, segments=segments)
    return Asked(lambda: _laid_out(rows.answer))


def ask_ending(metric: int, segment: str, since: datetime) -> Asked[dict[Key, Series]]:
    """Ask for what counts from `since` (a period's start) on, and for the last BEFORE values before it."""
    rows = ENDING.ask(metric=metric, segment=segment, since=since)
    return Asked(lambda: _laid_out(rows.answer))


def _laid_out(rows: Sequence[Any]) -> dict[Key, Series]:
    found: dict[Key, Series] = {}
    series: Series = {}
    last: tuple[int, str] | None = None
    for metric, segment, start, end, value, sample_size in rows:
        if (metric, segment) != last:
            last = metric, segment
            series = found[last] = {}
        begin = _moment(start)
        number = None if value is None else _exact(value)
        # What Reading() does, in half the time.
        series[begin] = tuple.__new__(Reading, (begin, _moment(end), number, sample_size))
    return found


def _values(wanted: Q) -> "QuerySet[Observation, Any]":
    """Ask for metric, segment, start, end, value and sample size, dates and numbers as text, oldest first."""
    named = {f"{name}_text": Cast(name, TextField()) for name in ("period_start", "period_end", "value")}
    # Ascending revisions: the last one written into a dictionary is the one that counts.
    ordered = Observation.objects.filter(wanted).order_by("metric_id", "segment", "period_start", "revision")
    return ordered.annotate(**named).values_list("metric_id", "segment", *named, "sample_size")


_ONE = Q(metric_id=Slot("metric", ID), segment=Slot("segment", TEXT))
_BEFORE = Observation.objects.filter(_ONE, period_start__lt=Slot("since", TIME)).order_by("-period_start")
BEGIN = Coalesce(Subquery(_BEFORE.values("period_start")[BEFORE - 1 : BEFORE]), Value(LONG_AGO))
"""Where the end of a series begins, which has the new values `since` a period and the last before them."""
VALUES = PreparedRows(
    lambda: _values(
        Q(Among("metric_id", Slot("metrics", ID, many=True)), Among("segment", Slot("segments", TEXT, many=True)))
    )
)
ENDING = PreparedRows(lambda: _values(_ONE & Q(period_start__gte=BEGIN)))


@lru_cache(maxsize=100_000)
def _moment(text: str) -> datetime:
    """Read a time in UTC; PostgreSQL says so, SQLite does not."""
    return datetime.fromisoformat(text if "+" in text else f"{text}+00:00").astimezone(UTC)


@lru_cache(maxsize=100_000)
def _exact(text: str) -> Decimal:
    """Read a number."""
    return Decimal(text).quantize(PLACES)
