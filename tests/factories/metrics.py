"""Metrics, values and conditions for tests; every argument has a sensible default."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from approvals.models import User
from metrics.models import Condition, Metric
from metrics.services import conditions, definitions, observations, registry
from metrics.services.observations import RowResult

_numbers = count(1)

COMPLETE: dict[str, Any] = {
    "meaning": "Share of support requests resolved within two working days.",
    "formula": "resolved within two working days / all requests × 100",
    "unit": "%",
    "direction": "higher",
    "population": "All requests by customers.",
    "sources": "The ticket system.",
    "outage_fallback": "The last value of the paper log.",
    "baseline": Decimal(70),
    "target": Decimal(85),
    "tolerance_low": Decimal(75),
    "tolerance_high": Decimal(95),
}
"""All that a definition needs before it may be submitted, but for its owner and steward."""


def metric(*, key: str = "", approved: bool = True, by: User | None = None, **fields: Any) -> Metric:
    """A weekly metric of the registry; its definition is in force unless told otherwise."""
    key = key or f"metric_{next(_numbers)}"
    values = {"name": key.replace("_", " ").capitalize()} | COMPLETE | fields
    made = registry.create_metric(key=key, by=by, **values)
    if approved:
        definitions.approve_without_request(made)
    made.refresh_from_db()
    return made


def weeks_ago(number: int) -> date:
    """The Monday of the week that many weeks before the present one (0: the open week)."""
    today = timezone.now().date()
    return today - timedelta(days=today.weekday(), weeks=number)


def weekly(target: Metric, values: Sequence[Any], *, until: int = 1, by: User | None = None) -> list[RowResult]:
    """Record a run of weekly values; the last one is for the week `until` weeks ago."""
    first = until + len(values) - 1
    pairs = [(weeks_ago(first - position), value) for position, value in enumerate(values)]
    return observations.record_series(target, pairs, by=by, source="test")


def entry(day: date | datetime | str, value: Any, **fields: Any) -> observations.Entry:
    """One row."""
    return observations.Entry(period_start=day, value=value, **fields)


def condition(
    target: Metric, spec: dict[str, Any] | None = None, *, watcher: str = "D-2026-0001", **fields: Any
) -> Condition:
    """An armed condition; above 100 unless told otherwise."""
    key = fields.pop("key", f"a{next(_numbers)}.c1")
    return conditions.arm(
        watcher=watcher,
        key=key,
        metric_key=target.key,
        spec=spec or {"kind": "above", "bound": 100},
        by=fields.pop("by", None),
        **fields,
    )


def daily(target: Metric, count: int, value: Any = 5) -> None:
    """Record a run of daily values up to yesterday."""
    today = timezone.now().date()
    rows = [entry(today - timedelta(days=number), value) for number in range(count, 0, -1)]
    observations.record(target, rows, by=None, source="test")
