"""A metric whose values arrive by themselves: pulled from an SQLite file that plays the ticket system.

The file holds no figures but a view that counts by the clock, so that every five minutes there is one more to fetch,
and what was counted once is counted alike for ever.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction

from approvals.models import User
from metrics.models import Metric, Pull
from metrics.services import definitions, pulling, pulls, registry

KEY, FILE = "open_tickets", "tickets.sqlite3"
STATEMENT = "SELECT counted_at, open, cases\nFROM open_tickets\nORDER BY counted_at"
VIEW = """
CREATE VIEW open_tickets AS
WITH RECURSIVE slot(at) AS (
    SELECT strftime('%s', 'now') / 300 * 300 - 144 * 300
    UNION ALL
    SELECT at + 300 FROM slot WHERE at + 300 <= CAST(strftime('%s', 'now') AS integer)
)
SELECT
    strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') AS counted_at,
    33 + (720 - abs(at / 60 % 1440 - 720)) / 40 + at / 300 * 7919 % 5 + at / 900 * 104729 % 4 AS open,
    210 + at / 300 * 31 % 40 AS cases
FROM slot
"""
DEFINITION = {
    "unit": "tickets",
    "direction": "lower",
    "baseline": Decimal(48),
    "target": Decimal(45),
    "tolerance_low": Decimal(20),
    "tolerance_high": Decimal(62),
    "cadence": "PT5M",
    "family": "Customer support",
    "category": "Workload",
    "level": "operational",
    "timing": "leading",
    "meaning": "Tickets that nobody has closed, counted every five minutes.",
    "formula": "count(tickets without closing time)",
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
            period_column="counted_at",
            value_column="open",
            sample_column="cases",
            every=Pull.Every.FIVE_MINUTES,
        )
        made = pulls.set_up(metric, name="Ticket system", plan=plan, by=accounts["steward"])
        pulls.start(made, by=accounts["steward"])
    pulling.sweep(now)


def _enter(accounts: dict[str, User]) -> Metric:
    people = {"owner": accounts["owner"], "steward": accounts["steward"]}
    metric = registry.create_metric(key=KEY, name="Open tickets", by=accounts["steward"], **people, **DEFINITION)
    definitions.approve_without_request(metric)
    metric.refresh_from_db()
    return metric


def _write(path: Path) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(VIEW)
