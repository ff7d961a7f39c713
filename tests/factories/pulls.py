"""Pulls for tests, and SQLite files that they read."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from metrics.models import Metric, Pull
from tests.factories.metrics import metric

_numbers = count(1)


def source_file(rows: Sequence[tuple[Any, ...]], *, name: str = "") -> str:
    """Write rows of (day, value, region, cases) into the table `figures` of a new file; returns its address."""
    name = name or f"figures-{next(_numbers)}.sqlite3"
    folder = Path(settings.PULL_FOLDERS[0])
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / name)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS figures (day, value, region, cases)")
        connection.execute("DELETE FROM figures")
        connection.executemany("INSERT INTO figures VALUES (?, ?, ?, ?)", [(*row, None, None)[:4] for row in rows])
        connection.commit()
    return f"sqlite:///{name}"


def pull(of: Metric | None = None, **fields: Any) -> Pull:
    """A pull of an SQLite file, as rows: it does not run unless told so."""
    values: dict[str, Any] = {
        "name": f"Figures {next(_numbers)}",
        "kind": Pull.Kind.SQL,
        "statement": "SELECT day, value FROM figures",
        "period_column": "day",
        "value_column": "value",
    }
    if fields.get("state") == Pull.State.ON:
        values["next_run_at"] = timezone.now()
    if "target" not in fields:
        values["target"] = source_file([])
    return Pull.objects.create(metric=of or metric(), **(values | fields))
