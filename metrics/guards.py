"""Triggers that refuse to change or remove a value, unless an erasure of its metric is under way in that transaction.

They cost nothing where values are only added. `Erasure.finished_at` is empty from the first statement of an erasure to
its last, all in one transaction: nobody else ever sees the door open.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE, DOOR = "metrics_observation", "metrics_erasure"
VERBS = ("update", "delete")
REFUSAL = "Values are only ever added; a correction is a new revision."
OPEN = f"EXISTS (SELECT 1 FROM {DOOR} WHERE metric_id = OLD.metric_id AND finished_at IS NULL)"  # noqa: S608 constants
FUNCTION = f"""
CREATE OR REPLACE FUNCTION metrics_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT {OPEN} THEN
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$
"""


def after_migrate(*, using: str, **kwargs: Any) -> None:
    """Put the guards back: on SQLite, a migration that rebuilds the table drops them without a word."""
    install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the guards on the table of values; safe to repeat."""
    if not {TABLE, DOOR} <= set(connection.introspection.table_names()):
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
        for verb in VERBS:
            for statement in _statements(connection.vendor, verb):
                cursor.execute(statement)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Remove the guards: for tests, which empty tables. Nothing in the product calls it."""
    on = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for verb in VERBS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {_name(verb)}{on}")


def _name(verb: str) -> str:
    return f"{TABLE}_refuses_{verb}"


def _statements(vendor: str, verb: str) -> list[str]:
    if vendor == "postgresql":
        return [
            f"DROP TRIGGER IF EXISTS {_name(verb)} ON {TABLE}",
            f"CREATE TRIGGER {_name(verb)} BEFORE {verb.upper()} ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION metrics_keep()",
        ]
    return [
        f"CREATE TRIGGER IF NOT EXISTS {_name(verb)} BEFORE {verb.upper()} ON {TABLE} "
        f"WHEN NOT {OPEN} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    ]
