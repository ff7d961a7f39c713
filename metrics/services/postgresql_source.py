"""Ask a PostgreSQL server: at an address that was judged, in a session that can only read, cut off in time."""

import math
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from metrics.domain.answers import NoAnswer, Row
from metrics.domain.destinations import Destination
from metrics.services.reaching import Deadline, Reach, cut_off, deadline, judged
from metrics.services.sql_questions import TOO_LONG, WRITES, Question

Connection = psycopg.Connection[tuple[Any, ...]]

CELL = 400  # characters of a cell that are fetched; no period, number or segment is longer
SESSION = "-c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO -c statement_timeout={}"
# The server repeats what the steward wrote; whatever else it says stays unsaid.
ABOUT_THE_STATEMENT = {"42601", "42P01", "42703", "42883"}
KNOWN_STATES = {
    "57014": TOO_LONG,
    "25006": WRITES,
    "42501": "The role of the pull may not read this.",
    "22012": "The statement divides by zero.",
}


def rows(wanted: Destination, password: str, question: Question, reach: Reach) -> list[Row]:
    """Return the rows that the statement answers with; Forbidden or NoAnswer, with a sentence, otherwise."""
    if not password:
        # Without one libpq would look for some password of its own, in the environment and in files.
        raise NoAnswer("A database wants the password of a role that may only read; give it as the credential.")
    with deadline(reach.limits.seconds) as until, _connected(wanted, password, reach, until) as connection:
        try:
            return question.rows(_asked(connection, question))
        except psycopg.Error as error:
            raise NoAnswer(_told(error)) from error


def _asked(connection: Connection, question: Question) -> list[tuple[Any, ...]]:
    # Prepared: the server then takes one statement, whatever a semicolon in it would begin.
    names = question.spelt(connection.execute(_words(question.heading), prepare=True).description)
    cells = [sql.SQL("left({}::text, {})").format(sql.Identifier(name), sql.Literal(CELL)) for name in names]
    rest = _words(f" {question.table} LIMIT {question.most}")
    statement = sql.SQL("SELECT ") + sql.SQL(", ").join(cells) + rest
    return connection.execute(statement, prepare=True).fetchall()


def _words(text: str) -> sql.SQL:
    """Pass the steward's statement on as it is: to read what it says is what the pull is for."""
    return sql.SQL(text)


@contextmanager
def _connected(wanted: Destination, password: str, reach: Reach, until: Deadline) -> Iterator[Connection]:
    addresses = judged(wanted, reach, until)
    private = wanted.host in reach.allowed.private_hosts
    limit = int(until.left() * 1000)
    try:
        connection = psycopg.connect(
            # One host for each address: libpq tries them in turn, and asks for no name itself.
            host=",".join([wanted.host] * len(addresses)),
            hostaddr=",".join(addresses),
            port=wanted.port,
            user=wanted.user,
            password=password,
            dbname=wanted.path,
            passfile=os.devnull,
            gssencmode="disable",
            sslcertmode="disable",
            sslmode="prefer" if private else "verify-full",
            sslrootcert=None if private else _authorities(),
            connect_timeout=math.ceil(until.left() / len(addresses)),  # for each of them
            application_name="Premise",
            options=SESSION.format(limit),
        )
    except psycopg.Error as error:
        where = f"No connection to the database at {wanted.host} came about"
        raise NoAnswer(f"{where}: check port, database, user and password.") from error
    with cut_off(connection.fileno(), until):
        try:
            connection.read_only = True
            yield connection
        finally:
            connection.close()


def _authorities() -> str:
    """Return the certificates that this machine trusts; libpq has a word for them, but not everywhere their place."""
    return ssl.get_default_verify_paths().cafile or "system"


def _told(error: psycopg.Error) -> str:
    state = error.sqlstate or ""
    if state in ABOUT_THE_STATEMENT and error.diag.message_primary:
        return f"The database does not understand the statement: {error.diag.message_primary[:120]}."
    return KNOWN_STATES.get(state, f"The database refused the statement (SQLSTATE {state or 'unknown'}).")
