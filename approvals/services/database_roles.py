"""What a role of PostgreSQL may do: the application adds to the ledger and cannot change it; auditors only read.

The tables belong to the role that migrates. A second role, which the application runs as, gets no more than it
needs: it can neither change what is written nor lift the guards, since it owns nothing.
"""

from dataclasses import dataclass

from django.db import connection, transaction

from approvals import subjects
from approvals.guards import TABLES
from approvals.models import ApprovalRequest, Identity, LedgerHead, SignatureCondition
from config.kit.refusals import MoveRefused

AUDITED = (*TABLES, *(model._meta.db_table for model in (LedgerHead, ApprovalRequest, SignatureCondition, Identity)))
"""What `verify_ledger` reads, besides the contents that apps keep."""


def audited() -> tuple[str, ...]:
    """Return every table that `verify_ledger` reads."""
    return (*AUDITED, *(kind.kept.table for kind in subjects.kinds() if kind.kept))


@dataclass(frozen=True)
class Granted:
    """What a role may do now, by the names of tables."""

    append_only: tuple[str, ...]
    writable: tuple[str, ...]
    readable: tuple[str, ...]


@transaction.atomic
def limit(role: str, *, reads_only: bool = False) -> Granted:
    """Give a role what the application (or, with `reads_only`, `verify_ledger`) needs and take away the rest.

    Safe to repeat, and to be repeated after a release that brings new tables. MoveRefused when the database is not
    PostgreSQL, when there is no such role, or when the role could not be limited: it is a superuser or owns tables.
    """
    if connection.vendor != "postgresql":
        raise MoveRefused(["Roles are a matter of PostgreSQL; SQLite has none."])
    with connection.cursor() as cursor:
        _refuse_the_mighty(cursor, role)
        tables = sorted(connection.introspection.table_names(cursor))
        name = connection.ops.quote_name(role)
        for statement in _statements(name, tables, reads_only=reads_only):
            cursor.execute(statement)
    if reads_only:
        return Granted((), (), audited())
    return Granted(TABLES, tuple(table for table in tables if table not in TABLES), ())


def _refuse_the_mighty(cursor: object, role: str) -> None:
    execute, fetch = cursor.execute, cursor.fetchone  # type: ignore[attr-defined]
    execute("SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role])
    found = fetch()
    if found is None:
        raise MoveRefused([f"There is no role {role}; create it first: CREATE ROLE {role} LOGIN PASSWORD '…'."])
    execute("SELECT tablename FROM pg_tables WHERE tableowner = %s AND tablename = ANY(%s)", [role, list(TABLES)])
    if found[0] or fetch() is not None:
        raise MoveRefused([f"{role} is a superuser, may make roles, or owns the ledger: no grant would limit it."])


def _statements(role: str, tables: list[str], *, reads_only: bool) -> list[str]:
    quoted = ", ".join(connection.ops.quote_name(table) for table in tables)
    guarded = ", ".join(connection.ops.quote_name(table) for table in TABLES)
    head = connection.ops.quote_name(LedgerHead._meta.db_table)
    clean = [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"REVOKE ALL ON {quoted} FROM {role}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}",
    ]
    if reads_only:
        return [*clean, f"GRANT SELECT ON {', '.join(map(connection.ops.quote_name, audited()))} TO {role}"]
    return [
        *clean,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {quoted} TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE ON {guarded} FROM {role}",
        # The head is written anew with each entry, and there is one for ever.
        f"REVOKE INSERT, DELETE ON {head} FROM {role}",
    ]
