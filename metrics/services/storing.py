"""Put ruled-on values into their table: a few by INSERT, many on PostgreSQL by COPY, in a fifth of the time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from approvals.models import User
from config.kit.prepared import Asked, PreparedInsert
from metrics.domain.intake import Ruling
from metrics.models import Metric, Observation

MANY = 100  # from here on the round trip for the ids is won back
FIELDS = (
    *("metric_id", "segment", "period_start", "period_end", "revision", "value", "sample_size"),
    *("recorded_at", "recorded_by_id", "source", "external_id", "note", "reason"),
)
ONE = PreparedInsert(Observation, FIELDS)


def store(metric: Metric, rulings: Sequence[Ruling], *, by: User | None, now: datetime) -> Asked[list[int]]:
    """Insert what was ruled to be new, and ask for the ids, in the same order. The caller holds the metric's lock."""
    rows = _rows(metric, rulings, by, now)
    if connection.vendor == "postgresql" and len(rulings) >= MANY:
        copied = _copied(rows, len(rulings))
        return Asked(lambda: copied)
    if len(rulings) == 1:
        one = ONE.ask(**dict(zip(FIELDS, next(rows), strict=True)))
        return Asked(lambda: [one.answer])
    made = Observation.objects.bulk_create((Observation(**dict(zip(FIELDS, row, strict=True))) for row in rows), 1000)
    return Asked(lambda: [row.pk for row in made])


def _rows(metric: Metric, rulings: Sequence[Ruling], by: User | None, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield what is stored of each, in the order of FIELDS; a first revision has no reason."""
    person = by.pk if by else None
    for arrival, _, _, revision, _, _ in rulings:
        _, segment, start, end, value, sample_size, source, external_id, note, reason = arrival
        given = (source, external_id, note, reason if revision > 1 else "")
        yield metric.pk, segment, start, end, revision, value, sample_size, now, person, *given


def _copied(rows: Iterator[tuple[Any, ...]], count: int) -> list[int]:
    """Take the ids first, as COPY returns none: each row knows its own before it is there."""
    table = Observation._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(nextval(pg_get_serial_sequence(%s, 'id'))) FROM generate_series(1, %s)", [table, count]
        )
        ids: list[int] = sorted(cursor.fetchone()[0])
        with cursor.copy(f"COPY {table} (id, {', '.join(FIELDS)}) FROM STDIN") as copy:
            for pk, row in zip(ids, rows, strict=True):
                copy.write_row((pk, *row))
    return ids
