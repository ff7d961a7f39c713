"""One value over HTTP, beside a plain Django view that inserts one row: two real servers, one client, in turn.

Premise is served as it is in production, with its broker beside it. The peer is a view that stores what it was sent,
with the middleware of a new Django project, behind the same server on the same database. Both keep their connections.
"""

import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from approvals.services.people import create_token
from config.ops.serve import listen, web_command
from metrics.models import Metric
from tests import stage
from tests.background import environment
from tests.bench.rows import Row, best_of_both, flush_commits
from tests.factories import metrics

BASE = Path(__file__).resolve().parents[2]
TIMES, WARM, PERIODS = 300, 40, 2_000
LEAST_SHARE = 0.4
READY_SECONDS = 60


def measure() -> Iterator[Row]:
    """Token, scopes, rights, validation, condition and ledger, through every middleware; nothing on SQLite."""
    if connection.vendor != "postgresql":
        return
    target = metrics.metric(key="bench_posted", cadence="PT1H")
    metrics.condition(target, {"kind": "above", "bound": 95, "sustained": 3})
    _, token = create_token(name="bench", scopes=["metrics:write"])
    flush_commits("on")
    with ExitStack() as stack:
        broker = stage.Broker()
        stack.callback(broker.kill)
        whole = stack.enter_context(_served("config.settings", API_CALLS_PER_MINUTE="1000000"))
        plain = stack.enter_context(_served("tests.bench.plain"))
        yield _row(whole, plain, target, token)
    flush_commits("off")


@contextmanager
def _served(module: str, **more: str) -> Iterator[http.client.HTTPConnection]:
    """Serve with these settings as production does; yields a connection to it that stays open."""
    with listen(0) as listener:
        server = subprocess.Popen(
            web_command(listener),
            cwd=BASE,
            env=environment() | {"DJANGO_SETTINGS_MODULE": module, "LOG_LEVEL": "WARNING", "DEBUG": "0"} | more,
            pass_fds=[listener.fileno()],
        )
        client = http.client.HTTPConnection(*listener.getsockname(), timeout=READY_SECONDS)
        try:
            client.connect()
            yield client
        finally:
            client.close()
            server.terminate()
            server.wait(10)


def _row(whole: http.client.HTTPConnection, plain: http.client.HTTPConnection, target: Metric, token: str) -> Row:
    hours = count(1)
    first = timezone.now() - timedelta(hours=PERIODS)

    def posted() -> None:
        body = {"period_start": (first + timedelta(hours=next(hours))).isoformat(), "value": "41.5"}
        answer = _asked(whole, f"/api/v1/metrics/{target.key}/observations", body, token)
        assert answer["stored"] == 1, answer

    def inserted() -> None:
        assert _asked(plain, "/bare/insert/", {"value": "41.5", "metric": target.pk}, "")["id"]

    best_of_both(posted, inserted, times=WARM)
    seconds, peer = best_of_both(posted, inserted, times=TIMES)
    return Row("value posted over HTTP, against a plain view that inserts a row", seconds, "s", peer, 1 / LEAST_SHARE)


def _asked(client: http.client.HTTPConnection, path: str, body: dict[str, Any], token: str) -> Any:
    """Send a POST and read the answer to its end."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    client.request("POST", path, json.dumps(body), headers)
    response = client.getresponse()
    content = response.read()
    assert response.status == 200, content[:500]
    return json.loads(content)
