"""Every request has a number, a log line without addresses, a limit on its size, and headers that close doors."""

import json
import logging
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config.logs import JsonFormatter, request_id
from config.middleware import ApiProblems, BodyLimit


def test_a_request_gets_a_number(client: Client):
    first, second = (client.get("/accounts/login/").headers["X-Request-ID"] for _ in range(2))
    assert len(first) == 32
    assert first != second


@pytest.mark.parametrize(
    "given, kept", [("proxy-0123456789", True), ("a\u00e9" * 8, False), ("x" * 65, False), ("a b" * 5, False)]
)
def test_the_proxys_number_is_kept_when_it_is_harmless(client: Client, given: str, kept: bool):
    answer = client.get("/accounts/login/", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is kept


@pytest.mark.django_db
def test_the_log_names_the_route_and_no_address(client: Client, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="premise.request"):
        answer = client.get("/accounts/password/reset/key/1-secret/?search=salary")
    record = next(record for record in caplog.records if record.name == "premise.request")
    line = json.loads(JsonFormatter().format(record))
    assert line["status"] == answer.status_code
    assert line["method"] == "GET"
    assert "reset/key" in line["route"]
    assert "secret" not in json.dumps(line)
    assert "salary" not in json.dumps(line)


def test_a_line_written_during_a_request_carries_its_number():
    token = request_id.set("abc")
    try:
        line = json.loads(
            JsonFormatter().format(logging.makeLogRecord({"msg": "a %s", "args": ("b",), "levelname": "INFO"}))
        )
    finally:
        request_id.reset(token)
    assert line["request"] == "abc"
    assert line["message"] == "a b"


def test_a_traceback_stays_in_one_line():
    try:
        raise LookupError("gone")
    except LookupError as error:
        record = logging.makeLogRecord({"msg": "x", "exc_info": (type(error), error, error.__traceback__)})
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert "LookupError: gone" in json.loads(text)["error"]


def test_doors_are_closed_on_every_page(client: Client):
    headers = client.get("/accounts/login/").headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_body_above_the_limit_is_413_with_a_sentence(client: Client, settings: Any):
    settings.MAX_BODY_BYTES = 1024 * 1024
    answer = client.post("/accounts/login/", {"login": "x" * (1024 * 1024)})
    assert answer.status_code == 413
    assert "at most 1 MB" in answer.content.decode()


def test_a_program_gets_a_problem_for_it(client: Client, settings: Any):
    settings.MAX_BODY_BYTES = 10
    answer = client.post("/api/v1/metrics/x/observations", b"[" + b"1," * 20, content_type="application/json")
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Too large"


def test_a_body_within_the_limit_is_passed_on():
    request = RequestFactory().post("/", {"text": "x" * 1000})
    assert BodyLimit(lambda _: HttpResponse("in"))(request).content == b"in"


def test_a_nonsense_length_is_passed_on():
    request = RequestFactory().post("/", {}, CONTENT_LENGTH="many")
    assert BodyLimit(lambda _: HttpResponse("in"))(request).content == b"in"


def test_what_the_framework_answers_a_program_becomes_a_problem():
    request = RequestFactory().delete("/api/v1/metrics")
    answer = ApiProblems(lambda _: HttpResponse("no", status=405, headers={"Allow": "GET"}))(request)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Allow"] == "GET"
    assert json.loads(answer.content)["status"] == 405


def test_a_persons_errors_stay_pages():
    request = RequestFactory().delete("/metrics/")
    assert ApiProblems(lambda _: HttpResponse("no", status=405))(request).content == b"no"
