"""Lock rows, then read them: in two statements.

Once PostgreSQL has waited for a row it returns that row as it is now, but beside it what a join found before the wait,
or nothing: a decision that was given to another owner meanwhile would be read without an owner, or not be found at all
(https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED). So one statement takes the locks,
and the next reads what was locked with all that is joined to it.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from config.kit.prepared import PreparedModels, together

M = TypeVar("M", bound=Model)


def locked(rows: "QuerySet[M]") -> "QuerySet[M]":
    """Lock the rows, in their order, until the transaction ends; returns the same rows, to be read."""
    return rows.filter(pk__in=[row.pk for row in _locking(rows)])


class PreparedLocked(Generic[M]):
    """The same for a query that is built once: both statements go in one message."""

    def __init__(self, build: "Callable[[], QuerySet[M]]") -> None:
        self._lock: PreparedModels[M] = PreparedModels(lambda: _locking(build()))
        self._rows: PreparedModels[M] = PreparedModels(build)

    def all(self, **values: Any) -> list[M]:
        """Lock the rows and return them; none of those that could not be locked."""
        with together():
            held, rows = self._lock.ask(**values), self._rows.ask(**values)
        return rows.answer if held.answer else []


def _locking(rows: "QuerySet[M]") -> "QuerySet[M]":
    return rows.select_related(None).only("pk").select_for_update(no_key=True, of=("self",))
