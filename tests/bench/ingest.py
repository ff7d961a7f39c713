"""100,000 values in a file, read, ruled on, judged and on the ledger; beside PostgreSQL taking in the bare rows."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from metrics.domain.intake import Status
from metrics.models import Metric
from metrics.services.importing import import_csv
from tests.bench.rows import Row, best_of_both
from tests.factories import metrics

SERIES, VALUES, ROUNDS = 20, 5_000, 3
LEAST_SHARE = 0.3
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
COLUMNS = (
    "metric_id, segment, period_start, period_end, revision, value, recorded_at, source, external_id, note, reason"
)
WATCHED = {"kind": "above", "bound": 95, "sustained": 3}


def measure() -> Iterator[Row]:
    """The import of a file, beside COPY into a temporary table and INSERT … ON CONFLICT from there."""
    if connection.vendor != "postgresql":
        return
    files = [_file(_series("watched", number, condition=True)) for number in range(ROUNDS)]
    tables = [_table(_series("bare", number, condition=False)) for number in range(ROUNDS)]

    def imported() -> None:
        stored = sum(row.status is Status.STORED for row in import_csv(files.pop(), by=None))
        assert stored == SERIES * VALUES, stored

    seconds, peer = best_of_both(imported, lambda: _copied(tables.pop()), times=ROUNDS)
    name = f"{SERIES * VALUES:,} values imported and judged, against COPY and INSERT … ON CONFLICT"
    yield Row(name, seconds, "s", peer, 1 / LEAST_SHARE)


def _series(word: str, number: int, *, condition: bool) -> list[Metric]:
    """Make metrics of hourly values, with an armed condition each or without."""
    made = [metrics.metric(key=f"{word}_{number}_{each}", cadence="PT1H") for each in range(SERIES)]
    for each in made if condition else []:
        metrics.condition(each, WATCHED)
    return made


def _value(number: int, hour: int) -> str:
    return f"{40 + (hour * 7 + number * 13) % 57}.{(hour * 31) % 9 + 1}"


def _file(made: list[Metric]) -> io.BytesIO:
    lines = ["metric,period_start,value,sample_size,external_id"]
    for number, metric in enumerate(made):
        for hour in range(VALUES):
            moment = FIRST + timedelta(hours=hour)
            lines.append(f"{metric.key},{moment:%Y-%m-%dT%H:%MZ},{_value(number, hour)},{hour % 90},{number}-{hour}")
    return io.BytesIO("\n".join(lines).encode())


def _table(made: list[Metric]) -> str:
    now = datetime.now(UTC).isoformat()
    lines = []
    for number, metric in enumerate(made):
        for hour in range(VALUES):
            start = FIRST + timedelta(hours=hour)
            end = start + timedelta(hours=1)
            cells = (metric.pk, "", start.isoformat(), end.isoformat(), 1, _value(number, hour), now, "csv")
            lines.append("\t".join(map(str, (*cells, f"{number}-{hour}", "", ""))))
    return "\n".join(lines) + "\n"


def _copied(rows: str) -> None:
    """Take the rows in as fast as PostgreSQL does, those that are there already left alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE arriving ON COMMIT DROP AS SELECT {COLUMNS} FROM metrics_observation WITH NO DATA"
        )
        with cursor.copy(f"COPY arriving ({COLUMNS}) FROM STDIN") as copy:
            copy.write(rows)
        cursor.execute(
            f"INSERT INTO metrics_observation ({COLUMNS}) SELECT {COLUMNS} FROM arriving "
            "ON CONFLICT (metric_id, segment, period_start, revision) DO NOTHING"
        )
        assert cursor.rowcount == SERIES * VALUES
