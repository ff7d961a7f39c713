"""Liveness asks nothing; readiness asks everything, within two seconds, whatever is broken."""

import socket
import time
from typing import Any

import pytest
import redis
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config import health, pulse


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> dict[str, health.Check]:
    """Return the checks, to be changed in a test only."""
    checks = dict(health._checks)
    monkeypatch.setattr(health, "_checks", checks)
    return checks


@pytest.fixture
def all_alive(valkey: redis.Redis) -> redis.Redis:
    for name in (pulse.WORKER, pulse.BEAT, pulse.TASK):
        pulse.mark(name)
    return valkey


def ask(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def test_liveness_asks_nothing_of_the_database(client: Client):
    # Without the django_db mark any query fails the test.
    client.cookies["sessionid"] = "x" * 32
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_ready_when_everything_answers(client: Client, all_alive: redis.Redis):
    status, body = ask(client)
    assert status == 200, body
    assert body["ready"] is True
    assert {"database", "migrations", "broker", "worker", "beat", "tasks"} <= set(body["checks"])
    assert body["checks"]["database"]["engine"] == connection.vendor


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key, name", [(pulse.WORKER, "worker"), (pulse.BEAT, "beat"), (pulse.TASK, "tasks")])
def test_not_ready_when_one_has_never_been_seen(client: Client, all_alive: redis.Redis, key: str, name: str):
    all_alive.delete(key)
    status, body = ask(client)
    assert status == 503
    assert [check for check, result in body["checks"].items() if not result["ok"]] == [name]
    assert body["checks"][name]["problem"] == "never seen"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "age, good", [(health.LONGEST_SILENCE_SECONDS - 5, True), (health.LONGEST_SILENCE_SECONDS + 5, False)]
)
def test_a_silence_is_a_fault_when_it_is_long(client: Client, all_alive: redis.Redis, age: float, good: bool):
    all_alive.set(pulse.BEAT, repr(time.time() - age))
    _, body = ask(client)
    assert body["checks"]["beat"]["ok"] is good
    assert body["checks"]["beat"]["age"] == pytest.approx(age, abs=2)


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_a_broker(client: Client, settings: Any):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    begun = time.monotonic()
    status, body = ask(client)
    assert time.monotonic() - begun < 2
    assert status == 503
    assert body["checks"]["database"]["ok"] is True
    assert {"broker", "worker", "beat", "tasks"} <= {
        name for name, result in body["checks"].items() if not result["ok"]
    }


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_silent_delays_the_answer_by_less_than_two_seconds(client: Client, settings: Any):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        begun = time.monotonic()
        status, body = ask(client)
    assert time.monotonic() - begun < 2
    assert status == 503
    assert body["checks"]["database"]["ok"] is True


@pytest.mark.django_db(transaction=True)
def test_a_check_that_hangs_is_not_waited_for(client: Client, registered: dict[str, health.Check]):
    registered["outbox"] = lambda: (time.sleep(3), (True, {}))[1]  # type: ignore[func-returns-value]
    begun = time.monotonic()
    _, body = ask(client)
    assert time.monotonic() - begun < 2
    assert body["checks"]["outbox"] == {"ok": False, "problem": "no answer in time"}


@pytest.mark.django_db(transaction=True)
def test_apps_add_checks_and_a_failing_one_says_only_its_kind(
    client: Client, registered: dict[str, health.Check], all_alive: redis.Redis
):
    def outbox() -> tuple[bool, dict[str, Any]]:
        raise LookupError("password in here")

    health.register("outbox", outbox)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["outbox"]["problem"] == "LookupError"
    assert b"password" not in answer.content


@pytest.mark.django_db(transaction=True)
def test_not_ready_with_a_migration_missing(client: Client, all_alive: redis.Redis):
    applied = MigrationRecorder(connection)
    [last] = MigrationLoader(connection).graph.leaf_nodes("decisions")
    applied.record_unapplied(*last)
    try:
        status, body = ask(client)
    finally:
        applied.record_applied(*last)
    assert status == 503
    assert body["checks"]["migrations"]["missing"] >= 1


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_only_reading_is_answered(client: Client, address: str):
    assert client.post(address).status_code == 405
