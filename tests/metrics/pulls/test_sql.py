"""Asking databases: real ones, by the same questions, on whichever the suite runs on."""

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from metrics.domain.answers import NoAnswer, Row
from metrics.domain.destinations import Allowed, Destination, Forbidden, destination
from metrics.services import postgresql_source, sqlite_source
from metrics.services.reaching import Limits, Reach
from metrics.services.sql_questions import Question, plain

ROOMY = Limits(seconds=20, size=100_000, rows=50)
ROWS = [("2026-11-02", 61.5, "north", 120), ("2026-11-09", 62, 'it\'s "south"', None)]
TABLE = "pulled_figures"
WHOLE = {"period": "day", "value": "value", "segment": "region", "sample_size": "cases"}
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x > 0) SELECT count(*) AS value FROM n"

Ask = Callable[..., list[Row]]


@pytest.fixture
def ask(db: None, tmp_path: Path) -> Iterator[Ask]:
    """Ask a database with the table of figures, as a pull would."""
    yield from _server() if connection.vendor == "postgresql" else _file(tmp_path)


def _question(statement: str, columns: dict[str, str], limits: Limits) -> Question:
    return Question(statement=statement, columns=columns, limits=limits)


def _file(folder: Path) -> Iterator[Ask]:
    with closing(sqlite3.connect(folder / "figures.db")) as opened:
        opened.execute(f"CREATE TABLE {TABLE} (day TEXT, value REAL, region TEXT, cases INTEGER)")
        opened.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?)", ROWS)
        opened.commit()

    def asking(statement: str, columns: dict[str, str], limits: Limits = ROOMY) -> list[Row]:
        reach = Reach(allowed=Allowed(schemes={"sqlite"}, folders=[str(folder)]), limits=limits)
        return sqlite_source.rows(destination("sqlite:///figures.db"), _question(statement, columns, limits), reach)

    yield asking


def _server() -> Iterator[Ask]:
    """The suite's own server, which listens on a socket file: a relay gives it a port to be pulled from."""
    known = connection.get_connection_params()
    with psycopg.connect(**_login(known), autocommit=True) as opened, Relay(known) as port:
        opened.execute(f"CREATE TABLE {TABLE} (day date, value numeric, region text, cases bigint)")
        opened.cursor().executemany(f"INSERT INTO {TABLE} VALUES (%s, %s, %s, %s)", ROWS)
        wanted = Destination(
            scheme="postgresql", host="localhost", port=port, user=str(known["user"]), path=str(known["dbname"])
        )

        def asking(statement: str, columns: dict[str, str], limits: Limits = ROOMY) -> list[Row]:
            allowed = Allowed(schemes={"postgresql"}, private_hosts={"localhost"}, ports={port})
            question = _question(statement, columns, limits)
            return postgresql_source.rows(wanted, "any", question, Reach(allowed=allowed, limits=limits))

        try:
            yield asking
        finally:
            opened.execute(f"DROP TABLE {TABLE}")


def _login(known: dict[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in ("host", "port", "user", "password", "dbname") if known.get(name)}


class Relay:
    """Passes bytes between a port on this machine and the server's socket."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known
        self.listening = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self.listening.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listening.accept()
                far = self._far()
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _far(self) -> socket.socket:
        host, port = str(self.known.get("host") or ""), int(self.known.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        far = socket.socket(socket.AF_UNIX)
        far.connect(os.path.join(host, f".s.PGSQL.{port}"))
        return far

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(65_536):
                sink.sendall(chunk)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


def test_rows_come_with_the_columns_that_were_named(ask: Ask):
    rows = ask(f"SELECT day, value, region, cases FROM {TABLE} ORDER BY day -- all of them", WHOLE)
    assert [(str(row.period), float(row.value), row.segment) for row in rows] == [row[:3] for row in ROWS]
    assert [row.sample_size and int(row.sample_size) for row in rows] == [120, None]
    assert len(ask(f"SELECT day FROM {TABLE};", {"period": "day"})) == 2


def test_a_column_is_found_in_any_case_and_one_that_is_not_there_is_named(ask: Ask):
    assert len(ask(f"WITH f AS (SELECT * FROM {TABLE}) SELECT * FROM f", {"period": "DAY", "value": "Value"})) == 2
    with pytest.raises(NoAnswer, match="no single column amount; its columns are day, value"):
        ask(f"SELECT day, value FROM {TABLE}", {"period": "day", "value": "amount"})
    odd = 'a "b" {c} %s'
    assert ask("SELECT 1 AS " + '"' + odd.replace('"', '""') + '"', {"value": odd})[0].value is not None


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT 1 AS value) AS a; DELETE FROM {TABLE}; SELECT * FROM (SELECT 1 AS value",
        f"SELECT 1 AS value; DELETE FROM {TABLE}",
        f"WITH gone AS (DELETE FROM {TABLE} RETURNING value) SELECT value FROM gone",
        "SELECT 1 AS value) AS a; COMMIT; DROP TABLE " + TABLE + " --",
    ],
)
def test_a_statement_that_does_more_than_read_is_refused_and_does_nothing(ask: Ask, statement: str):
    with pytest.raises(NoAnswer):
        ask(statement, {"value": "value"})
    assert len(ask(f"SELECT value FROM {TABLE}", {"value": "value"})) == 2


@pytest.mark.parametrize(
    "statement", ["DELETE FROM x", "PRAGMA table_info(x)", "ATTACH 'x' AS y", "", "EXPLAIN SELECT 1"]
)
def test_what_is_plainly_no_select_is_refused_before_it_is_asked(statement: str):
    with pytest.raises(ValueError, match="one SELECT"):
        plain(statement)


def test_a_statement_that_takes_too_long_is_cut_off(ask: Ask):
    with pytest.raises(NoAnswer, match=r"took too long|no whole answer"):
        ask(ENDLESS, {"value": "value"}, replace(ROOMY, seconds=0.5))


def test_one_step_of_sqlite_takes_no_time_limit_over(tmp_path: Path):
    """instr() of two long texts is one step, and takes the product of their lengths: minutes, had they millions."""
    for reach in _file(tmp_path):
        with pytest.raises(NoAnswer, match="more than 50,000 characters"):
            reach("SELECT instr(hex(zeroblob(900000)), hex(zeroblob(400000)) || 'b') AS value", {"value": "value"},
                  Limits(seconds=0.5))  # fmt: skip
        long = "WITH t(x) AS (SELECT replace(hex(zeroblob(12000)), '0', 'a'))"
        many = f"{long}, n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0) "
        began = time.monotonic()
        with pytest.raises(NoAnswer, match="took too long"):
            reach(f"{many} SELECT sum(instr(x || i, x || 'b' || i)) AS value FROM n, t", {"value": "value"},
                  Limits(seconds=0.3))  # fmt: skip
        assert time.monotonic() - began < 5


def test_too_many_rows_are_refused_as_they_come(ask: Ask):
    many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT x AS value FROM n"
    with pytest.raises(NoAnswer, match="more than 50 rows"):
        ask(many, {"value": "value"})


def test_a_word_of_the_statement_is_said_back_and_nothing_else(ask: Ask):
    for statement in ("SELECT FROM WHERE", "SELECT value FROM nowhere_at_all", "SELECT nothing_such FROM " + TABLE):
        with pytest.raises(NoAnswer, match="does not understand the statement"):
            ask(statement, {"value": "value"})
    if connection.vendor == "postgresql":
        with pytest.raises(NoAnswer) as refusal:
            ask(f"SELECT CAST(region AS integer) AS value FROM {TABLE}", {"value": "value"})
        assert "north" not in str(refusal.value)


def test_a_cell_is_not_fetched_beyond_reason(ask: Ask):
    wide = f"SELECT replace(value, 'x', 'y') AS value FROM ({_long_text()}) AS long"
    if connection.vendor == "postgresql":
        assert len(ask(wide, {"value": "value"})[0].value) == 400
    else:
        with pytest.raises(NoAnswer):
            ask(wide, {"value": "value"})


def _long_text() -> str:
    if connection.vendor == "postgresql":
        return "SELECT repeat('x', 10000000) AS value"
    return "SELECT hex(zeroblob(10000000)) AS value"


def _reading(folder: Path, path: str) -> list[Row]:
    reach = Reach(allowed=Allowed(schemes={"sqlite"}, folders=[str(folder / "in")]), limits=ROOMY)
    return sqlite_source.rows(
        destination(path), _question("SELECT count(*) AS value FROM sqlite_master", {"value": "value"}, ROOMY), reach
    )


def test_only_files_in_an_allowed_folder_are_read_whatever_leads_to_them(tmp_path: Path):
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
        with closing(sqlite3.connect(tmp_path / name / "a.db")) as opened:
            opened.execute("CREATE TABLE t (x)")
    (tmp_path / "in" / "link.db").symlink_to(tmp_path / "out" / "a.db")
    (tmp_path / "in" / "words.db").write_text("secret words " * 100)
    os.mkfifo(tmp_path / "in" / "pipe.db")
    assert _reading(tmp_path, "sqlite:///a.db")[0].value == 1
    assert _reading(tmp_path, f"sqlite:///{tmp_path}/in/a.db")[0].value == 1
    for path in ("sqlite:///../out/a.db", f"sqlite:///{tmp_path}/out/a.db", "sqlite:///link.db", "sqlite:///no.db",
                 "sqlite:///pipe.db", "sqlite:///."):  # fmt: skip
        with pytest.raises(Forbidden, match="PULL_FOLDERS"):
            _reading(tmp_path, path)
    with pytest.raises(NoAnswer, match="cannot be read") as refusal:
        _reading(tmp_path, "sqlite:///words.db")
    assert "secret" not in str(refusal.value)


def test_a_host_with_several_addresses_is_tried_at_each(ask: Ask, monkeypatch: pytest.MonkeyPatch):
    """As localhost is where ::1 comes first and the server listens on 127.0.0.1 alone."""
    if connection.vendor != "postgresql":
        tried: list[dict[str, Any]] = []
        monkeypatch.setattr(psycopg, "connect", lambda **given: tried.append(given) or _unreachable())
        with pytest.raises(NoAnswer, match="No connection"):
            _asked_at(["::1", "127.0.0.1"])
        assert (tried[0]["host"], tried[0]["hostaddr"]) == ("localhost,localhost", "::1,127.0.0.1")
        assert tried[0]["connect_timeout"] == 10
        return
    known = connection.get_connection_params()
    with Relay(known) as port:
        found = _asked_at(["127.0.0.2", "127.0.0.1"], port=port, user=known["user"], name=known["dbname"])
    assert str(found[0].value) == "1"


def _unreachable() -> Any:
    raise psycopg.OperationalError


def _asked_at(addresses: list[str], *, port: int = 1, user: str = "u", name: str = "d") -> list[Row]:
    allowed = Allowed(schemes={"postgresql"}, private_hosts={"localhost"}, ports={port})
    found = [(0, 0, 0, "", (address, port)) for address in addresses]
    reach = Reach(allowed=allowed, limits=ROOMY, resolve=lambda *_, **__: found)
    wanted = Destination(scheme="postgresql", host="localhost", port=port, user=user, path=name)
    return postgresql_source.rows(wanted, "any", _question("SELECT 1 AS value", {"value": "value"}, ROOMY), reach)


def test_a_server_wants_a_password_and_one_that_is_none_is_said():
    port = 1
    allowed = Allowed(schemes={"postgresql"}, private_hosts={"localhost"}, ports={port})
    wanted = Destination(scheme="postgresql", host="localhost", port=port, user="reader", path="facts")
    question = _question("SELECT 1 AS value", {"value": "value"}, ROOMY)
    for password, words in (("", "wants the password"), ("secret", "No connection to the database")):
        with pytest.raises(NoAnswer, match=words) as refusal:
            postgresql_source.rows(wanted, password, question, Reach(allowed=allowed, limits=ROOMY))
        assert "secret" not in str(refusal.value)
