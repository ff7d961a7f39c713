"""Triggers that refuse to change or remove what has been written; the hashes show it where somebody lifts them."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("approvals_ledgerentry", "approvals_checkpoint", "approvals_signature")
REFUSAL = "This table is only ever added to."


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the guards on every table that has none; safe to repeat.

    Django's AlterField rebuilds tables on SQLite and silently drops their triggers, so this runs after each migrate.
    """
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in TABLES:
            if table in existing:
                for statement in _statements(connection.vendor, table):
                    cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of guards that should be there and are not, or are switched off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {row[0] for row in cursor.fetchall()}
    return [name for table in TABLES for name in _names(connection.vendor, table) if name not in present]


def lift(connection: BaseDatabaseWrapper) -> None:
    """Remove the guards: for tests, which empty tables and play the tamperer. Nothing in the product calls it."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for name in _names(connection.vendor, table):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def _names(vendor: str, table: str) -> list[str]:
    verbs = ("update", "delete", "truncate") if vendor == "postgresql" else ("update", "delete")
    return [f"{table}_refuses_{verb}" for verb in verbs]


def _statements(vendor: str, table: str) -> list[str]:
    return _postgresql(table) if vendor == "postgresql" else _sqlite(table)


def _postgresql(table: str) -> list[str]:
    function = (
        "CREATE OR REPLACE FUNCTION approvals_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    statements = [function]
    for name in _names("postgresql", table):
        verb = name.rsplit("_", 1)[1].upper()
        each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
        statements.append(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        statements.append(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH {each} EXECUTE FUNCTION approvals_refuse()"
        )
    return statements


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {name.rsplit('_', 1)[1].upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for name in _names("sqlite", table)
    ]
