"""A metric whose values arrive by themselves: pulled from an SQLite file that plays the ticket system.

The file holds no figures but a view that counts by the clock: each day brings one more, and tickets of yesterday that
are entered late bring a revision of it every few hours.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from approvals.models import User
from metrics.models import Metric, Pull
from metrics.services import definitions, pulling, pulls, registry

KEY, FILE = "new_tickets", "tickets.sqlite3"
DAYS = 120  # as the view has it
STATEMENT = "SELECT day, opened\nFROM tickets_by_day\nORDER BY day"
VIEW = """
CREATE VIEW tickets_by_day AS
WITH RECURSIVE days(back) AS (SELECT 120 UNION ALL SELECT back - 1 FROM days WHERE back > 0),
counted(day, number, back) AS (
    SELECT date('now', '-' || back || ' days'), CAST(julianday('now', 'start of day') - back AS integer) % 253, back
    FROM days
)
SELECT
    day,
    168 - CASE CAST(strftime('%w', day) AS integer) WHEN 0 THEN 31 WHEN 6 THEN 24 ELSE 0 END
        + number * number * 31 % 23 + number * number * number % 11
        - CASE back WHEN 0 THEN 40 WHEN 1 THEN (24 - CAST(strftime('%H', 'now') AS integer)) / 4 ELSE 0 END AS opened
FROM counted
"""
DEFINITION: dict[str, Any] = {
    "unit": "tickets",
    "direction": "lower",
    "baseline": Decimal(185),
    "target": Decimal(175),
    "tolerance_low": Decimal(90),
    "tolerance_high": Decimal(215),
    "cadence": "daily",
    "family": "Customer support",
    "category": "Workload",
    "level": "operational",
    "timing": "leading",
    "meaning": "Tickets that customers opened on the day; what is entered late still counts for the day it was opened.",
    "formula": "count(tickets by day of opening)",
    "population": "Tickets of customers; internal ones are left out.",
    "sources": "The ticket system, pulled every five minutes.",
    "outage_fallback": "The number on the wall board; mark the value with a note.",
}


def let_flow(accounts: dict[str, User], *, now: datetime) -> None:
    """Enter the metric and its pull and fetch for the first time, unless it is there or may not be."""
    if "sqlite" not in settings.PULL_SCHEMES or not settings.PULL_FOLDERS:
        return
    _write(Path(settings.PULL_FOLDERS[0]) / FILE)
    if Pull.objects.filter(metric__key=KEY).exists():
        return
    with transaction.atomic():
        metric = Metric.objects.filter(key=KEY).first() or _enter(accounts)
        plan = pulls.Plan(
            kind=Pull.Kind.SQL,
            target=f"sqlite:///{FILE}",
            statement=STATEMENT,
            period_column="day",
            value_column="opened",
            every=Pull.Every.FIVE_MINUTES,
        )
        made = pulls.set_up(metric, name="Ticket system", plan=plan, by=accounts["steward"])
        pulls.start(made, by=accounts["steward"])
    pulling.sweep(now)


def _enter(accounts: dict[str, User]) -> Metric:
    owner, steward = accounts["owner"], accounts["steward"]
    metric = registry.create_metric(key=KEY, name="New tickets", by=steward, owner=owner, steward=steward, **DEFINITION)
    definitions.approve_without_request(metric)
    metric.refresh_from_db()
    return metric


def _write(path: Path) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(VIEW)
