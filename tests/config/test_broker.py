"""The embedded broker's address and start: also from a folder whose path is too long for a socket, or has spaces."""

import os
import subprocess
from pathlib import Path

import pytest
import redis
from kombu import Connection

from config.broker import LONGEST_SOCKET, celery_url, embedded_socket, embedded_url
from config.ops import broker


@pytest.mark.parametrize(
    "given, wanted",
    [
        ("redis://:secret@host:6380/3", "redis://:secret@host:6380/3"),
        ("rediss://host/0", "rediss://host/0"),
        ("unix:///var/run/b.sock?db=2", "redis+socket:///var/run/b.sock?virtual_host=2"),
        ("unix:///var/run/b.sock", "redis+socket:///var/run/b.sock?virtual_host=0"),
    ],
)
def test_celery_writes_addresses_its_own_way(given: str, wanted: str):
    assert celery_url(given) == wanted


def test_the_socket_lies_under_var(tmp_path: Path):
    assert embedded_socket(Path("/srv/premise/var")) == Path("/srv/premise/var/broker.sock")


@pytest.mark.parametrize("length", [LONGEST_SOCKET - 12, LONGEST_SOCKET - 11, 400])
def test_a_socket_is_never_longer_than_the_kernel_takes(length: int):
    var = Path("/" + "v" * (length - 1))
    assert len(os.fsencode(embedded_socket(var))) <= LONGEST_SOCKET
    assert embedded_socket(var) == embedded_socket(var)
    assert embedded_socket(var) != embedded_socket(Path("/" + "w" * (length - 1)))


@pytest.mark.parametrize("name", ["var", "a folder/é 100%", "deep/" * 30])
def test_it_starts_and_celery_and_the_client_reach_it(tmp_path: Path, name: str):
    var = tmp_path / name
    server = subprocess.Popen(broker.server_command(var))
    try:
        assert broker.wait_until_ready(var, alive=lambda: server.poll() is None)
        with redis.Redis.from_url(embedded_url(var)) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            with Connection(celery_url(embedded_url(var))) as connection:
                queue = connection.SimpleQueue("letters")
                queue.put({"a": 1})
                assert client.llen("letters") == 1
                assert queue.get(timeout=5).payload == {"a": 1}
                queue.close()
        assert embedded_socket(var).stat().st_mode & 0o077 == 0
    finally:
        server.terminate()
        assert server.wait(10) == 0


def test_what_was_accepted_survives_a_kill(tmp_path: Path):
    server = subprocess.Popen(broker.server_command(tmp_path))
    assert broker.wait_until_ready(tmp_path)
    with redis.Redis.from_url(embedded_url(tmp_path)) as client:
        for number in range(100):
            client.rpush("kept", number)
        client.execute_command("WAITAOF", 1, 0, 2000)
    server.kill()
    server.wait(5)
    server = subprocess.Popen(broker.server_command(tmp_path))
    try:
        assert broker.wait_until_ready(tmp_path)
        with redis.Redis.from_url(embedded_url(tmp_path)) as client:
            assert client.llen("kept") == 100
    finally:
        server.terminate()
        server.wait(10)


def test_a_server_that_dies_is_not_waited_for(tmp_path: Path):
    assert not broker.wait_until_ready(tmp_path, seconds=30, alive=lambda: False)


def test_without_a_server_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(broker.BrokerMissing, match="install valkey or redis, or set REDIS_URL"):
        broker.server_program()


def test_a_short_folder_that_belongs_to_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker.os, "getuid", lambda: 4242)
    with pytest.raises(broker.BrokerMissing, match="belongs to somebody else"):
        broker.server_command(tmp_path)
