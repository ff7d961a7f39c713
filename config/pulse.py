"""Heartbeats of the background: what /readyz asks to learn whether worker and beat are alive."""

import time

import redis
from celery import shared_task
from celery.signals import before_task_publish, heartbeat_sent, worker_ready
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

WORKER = "premise:pulse:worker"
BEAT = "premise:pulse:beat"
TASK = "premise:pulse:task"
# Long enough for /readyz to say how old a heartbeat is, short enough to leave nothing behind.
KEPT_SECONDS = 86_400


def client(timeout: float = 1.0) -> redis.Redis:
    """Return a client of the broker's server; one connection, seconds to wait at most."""
    # The client's own retries would take six seconds.
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=timeout, socket_connect_timeout=timeout, retry=once)


def mark(name: str) -> None:
    """Note that something was alive just now; a broker that is away is not an error here."""
    try:
        with client() as server:
            server.set(name, repr(time.time()), ex=KEPT_SECONDS)
    except redis.RedisError:
        return


def ages() -> dict[str, float | None]:
    """Return the seconds since each heartbeat, None where there is none; raises RedisError when the broker is away."""
    with client() as server:
        stored = server.mget([WORKER, BEAT, TASK])
    now = time.time()
    found = [None if text is None else max(0.0, now - float(text)) for text in stored]
    return dict(zip(("worker", "beat", "task"), found, strict=True))


@shared_task(name="config.pulse", ignore_result=True)
def pulse() -> None:
    """Prove that a task goes the whole way: beat, broker, worker."""
    mark(TASK)


@heartbeat_sent.connect
@worker_ready.connect
def _worker_lives(**_: object) -> None:
    mark(WORKER)


@before_task_publish.connect(sender="config.pulse")
def _beat_lives(**_: object) -> None:
    # Only beat publishes this task, so publishing it is beat's heartbeat.
    mark(BEAT)
