"""System checks: the ledger's guards are in place."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from approvals import guards


@register(Tags.database)
def ledger_is_guarded(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Name every missing trigger; runs with `migrate` and `check --database default`."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if "approvals_ledgerentry" not in connection.introspection.table_names():
            continue
        for name in guards.missing(connection):
            hint = "Run manage.py migrate, which puts the guards back; then manage.py verify_ledger."
            messages.append(Error(f"The guard {name} is missing from the database.", hint=hint, id="approvals.E001"))
    return messages
