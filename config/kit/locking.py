"""Lock rows, then read them: in two statements.

Once PostgreSQL has waited for a row it returns that row as it is now, but beside it what a join found before the wait,
or nothing: a decision that was given to another owner meanwhile would be read without an owner, or not be found at all
(https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED). So one statement takes the locks,
and the next reads what was locked with all that is joined to it.
"""

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def locked(rows: "QuerySet[M]") -> "QuerySet[M]":
    """Lock the rows, in their order, until the transaction ends; returns the same rows, to be read."""
    bare = rows.select_related(None).only("pk").select_for_update(no_key=True, of=("self",))
    return rows.filter(pk__in=[row.pk for row in bare])
