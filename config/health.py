"""Is it alive, is it ready: /healthz asks nothing of anybody, /readyz asks everything that work depends on."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import redis
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import pulse

logger = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS = 1.8
# Worker and beat give a sign every few seconds; many missed ones in a row are a fault.
LONGEST_SILENCE_SECONDS = 30.0
# A task waits behind others, each of which may take its full time: only then is the way blocked.
LONGEST_TASK_SILENCE_SECONDS = 330.0

# Each check returns what it found and whether that is good. Apps add theirs with `register`.
Check = Callable[[], tuple[bool, dict[str, Any]]]
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Add a check to /readyz, as an app does for the age of its outbox: → (good, figures)."""
    _checks[name] = check


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer as long as the process can."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything needed for work is there, else 503; always within two seconds."""
    results = _run_all()
    ready = all(result["ok"] for result in results.values())
    return JsonResponse({"ready": ready, "checks": results}, status=200 if ready else 503)


def _run_all() -> dict[str, dict[str, Any]]:
    # Beside each other and not waited for: one that hangs on a lost network must not take the answer with it.
    pool = ThreadPoolExecutor(max_workers=len(_checks), thread_name_prefix="readyz")
    started: dict[str, Future[dict[str, Any]]] = {name: pool.submit(_run, check) for name, check in _checks.items()}
    wait(started.values(), timeout=ANSWER_WITHIN_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return {name: _result(future) for name, future in started.items()}


def _result(future: Future[dict[str, Any]]) -> dict[str, Any]:
    if future.done() and not future.cancelled():
        return future.result()
    return {"ok": False, "problem": "no answer in time"}


def _run(check: Check) -> dict[str, Any]:
    begun = time.monotonic()
    try:
        good, figures = check()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        logger.warning("A readiness check failed: %s", error)
        good, figures = False, {"problem": type(error).__name__}
    finally:
        # The thread ends here, and nobody else would close what it opened.
        connections.close_all()
    return {"ok": good, **figures, "seconds": round(time.monotonic() - begun, 3)}


def _database() -> tuple[bool, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,), {"engine": connection.vendor}


def _migrations() -> tuple[bool, dict[str, Any]]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return not missing, {"missing": len(missing)}


def _broker() -> tuple[bool, dict[str, Any]]:
    with pulse.client() as server:
        return bool(server.ping()), {}


def _silence(name: str, longest: float) -> Check:
    def check() -> tuple[bool, dict[str, Any]]:
        try:
            age = pulse.ages()[name]
        except redis.RedisError:
            return False, {"problem": "the broker is away"}
        if age is None:
            return False, {"problem": "never seen"}
        return age <= longest, {"age": round(age, 1)}

    return check


register("database", _database)
register("migrations", _migrations)
register("broker", _broker)
register("worker", _silence("worker", LONGEST_SILENCE_SECONDS))
register("beat", _silence("beat", LONGEST_SILENCE_SECONDS))
register("tasks", _silence("task", LONGEST_TASK_SILENCE_SECONDS))
