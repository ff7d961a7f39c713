"""The shapes of the API's answers; numbers are exact decimals as strings."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field

from config.kit.canonical import decimal_text
from metrics.domain.intake import Status
from metrics.services.observations import RowResult

Row = TypeVar("Row")


class Page(Schema):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10_000_000)

    def cut(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Return the rows of this part."""
        return rows[self.offset : self.offset + self.limit]


class LatestOut(Schema):
    """The newest value."""

    period_start: datetime
    period_end: datetime
    value: str | None


class MetricOut(Schema):
    """One metric of the registry."""

    key: str
    name: str
    state: str
    classification: str
    family: str
    category: str
    level: str
    owner: str | None
    steward: str | None
    cadence: str
    time_zone: str
    successor: str | None
    removal_date: date | None
    definition_version: int | None
    definition: dict[str, Any] | None
    latest: LatestOut | None


class MetricList(Schema):
    """A part of the registry."""

    items: list[MetricOut]
    count: int


class DependantOut(Schema):
    """One thing that rests on a metric: a decision, a condition or a report, with its state in a word."""

    kind: str
    title: str
    url: str
    state: str
    detail: str


class DependantList(Schema):
    """What rests on a metric, as far as the holder of the token may see it."""

    items: list[DependantOut]
    count: int
    hidden: int | None


class ObservationOut(Schema):
    """One revision of one period's value."""

    period_start: datetime
    period_end: datetime
    segment: str
    revision: int
    value: str | None
    sample_size: int | None
    recorded_at: datetime
    source: str
    external_id: str
    note: str
    reason: str

    @staticmethod
    def resolve_value(row: Any) -> str | None:
        """Write the number exactly."""
        return written(row.value)


class ObservationList(Schema):
    """A part of a metric's values."""

    items: list[ObservationOut]
    count: int


class RowOut(Schema):
    """What became of one row; `row` counts from 1."""

    row: int
    status: str
    detail: str
    period_start: datetime | None
    period_end: datetime | None
    revision: int | None


class Recorded(Schema):
    """What became of a batch."""

    items: list[RowOut]
    count: int
    stored: int
    unchanged: int
    revised: int
    waiting: int
    refused: int


class CheckOut(Schema):
    """What a check last said of one segment; `verdict` is pass, fail or unknown, which is not enough to say."""

    check: str
    segment: str
    severity: str
    verdict: str
    sentence: str
    since: datetime
    at: datetime


class IncidentOut(Schema):
    """A failing check of one segment."""

    id: int
    check: str
    segment: str
    severity: str
    state: str
    sentence: str
    opened_at: datetime
    since: datetime
    last_seen_at: datetime
    failures: int
    reopened: int


class ScoreLineOut(Schema):
    """What a check adds to the score."""

    check: str
    severity: str
    weight: int
    verdict: str


class QualityOut(Schema):
    """How a metric's data stand: the score (null: nothing can be judged yet) and how it is made."""

    metric: str
    score: int | None
    looked_at: datetime | None
    in_doubt: bool
    lines: list[ScoreLineOut]
    checks: list[CheckOut]
    incidents: list[IncidentOut]


def written(value: Decimal | None) -> str | None:
    """Return a decimal as the API writes it."""
    return None if value is None else decimal_text(value)


def rows_of(results: Sequence[RowResult]) -> dict[str, Any]:
    """Answer for a batch, row by row."""
    counts = {str(status): sum(result.status is status for result in results) for status in Status}
    items = [
        {
            "row": each.row,
            "status": str(each.status),
            "detail": each.sentence,
            "period_start": each.period_start,
            "period_end": each.period_end,
            "revision": each.revision,
        }
        for each in results
    ]
    return {"items": items, "count": len(items)} | counts
