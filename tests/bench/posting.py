"""One value over HTTP, from the request's bytes to the answer's, beside a plain Django view that inserts one row."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from approvals.services.people import create_token
from metrics.models import Metric
from tests.bench.rows import Row, best_of_both, flush_commits
from tests.factories import metrics

TIMES, PERIODS = 40, 2_000
LEAST_SHARE = 0.4
PLAIN = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""The middleware of a new Django project."""


def measure() -> Iterator[Row]:
    """Token, scopes, rights, validation, condition and ledger, through every middleware; nothing on SQLite."""
    if connection.vendor != "postgresql":
        return
    target = metrics.metric(key="bench_posted", cadence="PT1H")
    metrics.condition(target, {"kind": "above", "bound": 95, "sustained": 3})
    _, text = create_token(name="bench", scopes=["metrics:write"])
    with override_settings(ROOT_URLCONF="tests.bench.bare"):
        whole = WSGIHandler()
        with override_settings(MIDDLEWARE=PLAIN):
            plain = WSGIHandler()
        flush_commits("on")
        yield _row(whole, plain, target, text)
        flush_commits("off")


def _row(whole: WSGIHandler, plain: WSGIHandler, target: Metric, text: str) -> Row:
    hours = count(1)
    first = timezone.now() - timedelta(hours=PERIODS)

    def posted() -> None:
        body = {"period_start": (first + timedelta(hours=next(hours))).isoformat(), "value": "41.5"}
        answer = _asked(whole, f"/api/v1/metrics/{target.key}/observations", body, text)
        assert answer.startswith("200"), answer

    def inserted() -> None:
        assert _asked(plain, "/bare/insert/", {"value": "41.5", "metric": target.pk}, "").startswith("200")

    seconds, peer = best_of_both(posted, inserted, times=TIMES)
    return Row("value posted over HTTP, against a plain view that inserts a row", seconds, "s", peer, 1 / LEAST_SHARE)


def _asked(handler: Callable[..., Any], path: str, body: dict[str, Any], token: str) -> str:
    """Send a POST as a server would and read the answer to its end; returns the status line."""
    content = json.dumps(body).encode()
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    response = handler(environ, lambda status, headers: said.append(status))
    for _ in response:
        pass
    response.close()
    return said[0]
