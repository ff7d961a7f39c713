"""The one command, for real: everything starts, works together, comes back when killed, and ends on Ctrl-C."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.db import connection

from config.ops.serve import listen

BASE = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "config.ops.serve"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def empty_database(db: None) -> Iterator[str]:
    """Return the address of a database that nobody has used, of the kind the suite runs on."""
    if connection.vendor == "sqlite":
        yield ""
        return
    server = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    name = f"serve_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment(var: Path, port: int, database: str = "") -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PREMISE_VAR": str(var),
        "PORT": str(port),
        "DATABASE_URL": database,
        "REDIS_URL": "",
    }


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def await_that(condition: Callable[[], Any], log: Path, seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)
    return found


def ready(port: int) -> bool:
    try:
        return get(port, "/readyz")[0] == 200
    except OSError:
        return False


def programs(process: subprocess.Popen) -> dict[str, int]:
    """Return the process ids of the four programs."""
    words = {"broker": "valkey-server", "web": "gunicorn", "worker": "worker", "beat": "beat"}
    found = {}
    for child in psutil.Process(process.pid).children():
        try:
            line = child.cmdline()
        except psutil.NoSuchProcess:
            continue
        found |= {name: child.pid for name, word in words.items() if any(word in part for part in line)}
    return found


def replaced(before: dict[str, int], now: dict[str, int]) -> bool:
    return set(before) == set(now) and not set(before.values()) & set(now.values())


APPS = ("approvals_", "metrics_", "decisions_")
SCHEMA = """
    SELECT table_name || '.' || column_name, concat_ws(' ', data_type, character_maximum_length, numeric_precision,
        numeric_scale, is_nullable, column_default, is_identity) FROM information_schema.columns
        WHERE table_schema = 'public'
    UNION SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION SELECT tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
"""
"""Columns, constraints, indexes and guards: each a name and what it is."""


def migrations_make_the_tables_of_the_models(migrated: str) -> None:
    """Compare with the test's own tables, which are made from the models; what other packages make is theirs."""

    def ours(rows: list[tuple[str, str]]) -> set[tuple[str, str]]:
        return {row for row in rows if row[0].startswith(APPS)}

    with psycopg.connect(migrated) as served, connection.cursor() as own:
        own.execute(SCHEMA)
        expected = ours(own.fetchall())
        assert len(expected) > 1000
        assert ours(served.execute(SCHEMA).fetchall()) ^ expected == set()


def test_it_serves_comes_back_and_ends(tmp_path: Path, empty_database: str):
    port, log = free_port(), tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            COMMAND,
            cwd=BASE,
            env=environment(tmp_path / "var", port, empty_database),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        await_that(lambda: ready(port) or process.poll() is not None, log, seconds=240)
        assert process.poll() is None, log.read_text()[-3000:]
        assert get(port, "/healthz") == (200, "ok\n")
        status, page = get(port, "/accounts/login/")
        assert status == 200
        assert "Premise" in page

        before = programs(process)
        assert set(before) == {"broker", "web", "worker", "beat"}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        await_that(lambda: replaced(before, programs(process)), log)
        await_that(lambda: ready(port), log)

        everyone = psutil.Process(process.pid).children(recursive=True)
        begun = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
        assert time.monotonic() - begun < 10
        assert not [child for child in everyone if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        if empty_database:
            migrations_make_the_tables_of_the_models(empty_database)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(5)


def serve_and_fail(var: Path, port: object) -> str:
    done = subprocess.run(
        COMMAND,
        cwd=BASE,
        env=environment(var, 1) | {"PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = f"premise: Port {port} is taken by another program: choose another, as in PORT={port + 1}.\n"
        assert serve_and_fail(tmp_path, port) == sentence


@pytest.mark.parametrize("port", ["0", "99999", "http", "-1"])
def test_a_nonsense_port_is_said_in_one_sentence(tmp_path: Path, port: str):
    assert serve_and_fail(tmp_path, port) == f"premise: PORT must be a number from 1 to 65535, not {port!r}.\n"


def test_a_second_start_on_the_same_data_is_refused(tmp_path: Path):
    with (tmp_path / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert serve_and_fail(tmp_path, free_port()).startswith(f"premise: Premise is already running on {tmp_path}:")


def test_no_answer_waits_for_the_packet_before_it_to_be_confirmed():
    """Connections that are accepted have the options of the socket they came in by."""
    with listen(0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
