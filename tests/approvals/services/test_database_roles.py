"""What PostgreSQL itself keeps the application from doing to the ledger."""

import json
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from approvals.models import LedgerEntry
from approvals.services import checkpoints, ledger
from approvals.services.verification import verify
from tests.factories.approvals import Thing, approver, policy, request_for, sign
from tests.factories.approvals import owner as person

pytestmark = pytest.mark.django_db
ROLE = "premise_limited_in_tests"
FORBIDDEN = [
    "UPDATE approvals_ledgerentry SET verb = 'x'",
    "DELETE FROM approvals_ledgerentry",
    "TRUNCATE approvals_ledgerentry CASCADE",
    "DELETE FROM approvals_checkpoint",
    "UPDATE approvals_signature SET verdict = 'approve'",
    "DELETE FROM approvals_ledgerhead",
    "ALTER TABLE approvals_ledgerentry DISABLE TRIGGER ALL",
    "DROP TRIGGER approvals_ledgerentry_refuses_update ON approvals_ledgerentry",
    "SET session_replication_role = replica",
    "DROP TABLE approvals_ledgerentry CASCADE",
]


@pytest.fixture
def role() -> Iterator[str]:
    """A role of its own on PostgreSQL, gone with the test's transaction; nothing on SQLite, which has none."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE ROLE {ROLE}")
        yield ROLE
        if connection.vendor == "postgresql":
            cursor.execute("RESET ROLE")


def run(*words: str) -> None:
    with connection.cursor() as cursor:
        for statement in words:
            cursor.execute(statement)


def refused(statement: str) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        run(statement)
    return str(error.value)


def test_the_application_adds_to_the_ledger_and_cannot_change_it(role, capsys):
    if connection.vendor != "postgresql":
        with pytest.raises(CommandError, match="SQLite has none"):
            call_command("limit_role", role)
        return
    call_command("limit_role", role)
    assert "approvals_ledgerentry" in json.loads(capsys.readouterr().out)["append_only"]
    Thing().register()
    policy()
    signer = approver()
    run(f"SET ROLE {role}")
    request = request_for(Thing(), by=person())
    sign(request, signer)
    checkpoints.write()
    assert LedgerEntry.objects.filter(verb="signature.given").exists()
    for statement in FORBIDDEN:
        said = refused(statement)
        assert "permission denied" in said or "must be owner" in said, statement


def test_an_auditor_verifies_and_changes_nothing(role):
    if connection.vendor != "postgresql":
        with pytest.raises(CommandError, match="SQLite has none"):
            call_command("limit_role", role, "--reads-only")
        return
    ledger.append("here", "thing.done", by=person(), subject="thing", payload={})
    call_command("limit_role", role, "--reads-only")
    run(f"SET ROLE {role}")
    assert verify().ok
    for statement in (*FORBIDDEN, "INSERT INTO approvals_ledgerhead (id) VALUES (2)", "SELECT * FROM approvals_user"):
        assert "permission denied" in (said := refused(statement)) or "must be owner" in said, statement


@pytest.mark.parametrize(
    "name, sentence", [("nobody_at_all", "There is no role nobody_at_all"), ("postgres", "no grant would limit it")]
)
def test_a_role_that_no_grant_would_limit_is_refused(name, sentence):
    with pytest.raises(CommandError, match=sentence if connection.vendor == "postgresql" else "SQLite has none"):
        call_command("limit_role", name)
