"""A real broker and a real worker, for tests that need the background to be what it is in service."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection

from config.kit import wake
from config.ops import broker
from config.ops.supervisor import LIBC, PR_SET_PDEATHSIG

BASE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """Run the embedded broker where this session's settings expect it; yields its address."""
    server = subprocess.Popen(broker.server_command(settings.VAR), preexec_fn=_die_with_parent)
    try:
        assert broker.wait_until_ready(settings.VAR, alive=lambda: server.poll() is None)
        yield settings.REDIS_URL
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def valkey(valkey_server: str) -> Iterator[redis.Redis]:
    """A client of the session's broker, which is empty before and after, and has not been away lately."""
    wake._paused_until = 0.0
    wake._sent.clear()
    with redis.Redis.from_url(valkey_server) as client:
        client.flushall()
        yield client
        client.flushall()


class Process:
    """A background process of the product on the test's database."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.log = settings.VAR / f"{words[0]}-{time.monotonic_ns()}.log"
        self._start()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app", "config", *self.words],
                cwd=BASE,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def kill(self) -> None:
        """Kill the whole group at once, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def start_again(self) -> None:
        """Start it anew after a kill."""
        self._start()

    def stop(self) -> None:
        """Ask it to end, then insist."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()


def environment() -> dict[str, str]:
    """Return the environment in which a process of the product works on this test's database and broker."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "PREMISE_VAR": str(settings.VAR),
        "REDIS_URL": settings.REDIS_URL,
        "LOG_LEVEL": "INFO",
    }


def database_url() -> str:
    """Return the address of the test database itself, not of the one it was made beside."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{name}"


@pytest.fixture
def celery_worker_process(transactional_db: None, valkey: redis.Redis) -> Iterator[Process]:
    """Run a real Celery worker on the test's database; it takes tasks when the test begins."""
    process = Process("worker", "--loglevel", "info", "--concurrency", "1", "--hostname", f"test-{os.getpid()}@%h")
    try:
        wait_for(lambda: b" ready." in process.log.read_bytes(), seconds=30, process=process)
        yield process
    finally:
        process.stop()


@pytest.fixture
def celery_beat_process(celery_worker_process: Process) -> Iterator[Process]:
    """Run a real beat beside the worker."""
    schedule = settings.VAR / f"beat-{time.monotonic_ns()}"
    process = Process("beat", "--loglevel", "info", "--pidfile=", "--schedule", str(schedule))
    try:
        yield process
    finally:
        process.stop()


def wait_for(condition: Callable[[], object], *, seconds: float = 15, process: Process | None = None) -> None:
    """Wait until the condition holds; fails with the process's log when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            log = process.log.read_text(errors="replace")[-4000:] if process else ""
            pytest.fail(f"It did not happen within {seconds} s. {log}")
        time.sleep(0.05)


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
