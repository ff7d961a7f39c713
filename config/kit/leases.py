"""Rows that one worker at a time takes in hand: by a conditional UPDATE with a lease, free again once that ran out.

A row has `leased_until` and a counter of its turns, which tells a worker that was slower than its lease that it lost
the row.
"""

from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F, Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def free(rows: "QuerySet[Row]", now: datetime) -> "QuerySet[Row]":
    """Return those that nobody holds."""
    return rows.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))


def first(rows: "QuerySet[Row]") -> Row | None:
    """Return the first row that nobody is taking just now, locked until the transaction ends."""
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return rows.first()


def take(rows: "QuerySet[Row]", found: Row, *, until: datetime, counter: str) -> bool:
    """Hold a row that is still among `rows`, as it was found, until a moment; False when somebody was quicker."""
    turn: dict[str, Any] = {counter: F(counter) + 1}
    mine = rows.order_by().filter(pk=found.pk, **{counter: getattr(found, counter)})
    return bool(mine.update(leased_until=until, **turn))
