"""The API as a whole: its document, its rate, and problem details for every refusal."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from ninja.errors import AuthenticationError, HttpError, Throttled

from config.api import TokenRate, api
from config.kit.refusals import BadInput, MoveRefused, StaleWrite


class Token:
    """What the throttle needs of a token."""

    def __init__(self, pk: int) -> None:
        self.pk = pk


def request(token: Token | None = None) -> HttpRequest:
    made = RequestFactory().get("/api/v1/metrics")
    made.auth = token  # type: ignore[attr-defined]
    return made


@pytest.fixture(autouse=True)
def _counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_the_document_is_public_and_names_the_paths(client: Client):
    document = client.get("/api/v1/openapi.json").json()
    assert document["info"]["title"] == "Premise"
    assert "/api/v1/metrics/{key}/observations" in document["paths"]


@pytest.mark.parametrize(
    "error, status",
    [
        (Http404("x"), 404),
        (PermissionDenied("Only stewards may."), 403),
        (MoveRefused(["Add a third option.", "Name an owner."]), 409),
        (StaleWrite("Saved by another."), 409),
        (BadInput({"value": ["Not a number."]}), 422),
        (AuthenticationError(), 401),
        (HttpError(400, "Cannot parse request body"), 400),
        (Throttled(wait=7), 429),
        (OperationalError("terminating connection due to administrator command"), 503),
        (InterfaceError("connection already closed"), 503),
    ],
)
def test_every_refusal_is_a_problem(error: Exception, status: int):
    answer: HttpResponse = api.on_exception(request(), error)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_program_without_a_token_is_told_how(client: Client):
    answer = client.get("/api/v1/metrics")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.json()["detail"]


def test_a_wrong_method_is_a_problem(client: Client):
    answer = client.delete("/api/v1/metrics")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "GET" in answer.headers["Allow"]


def test_a_token_has_its_own_rate(settings: Any):
    settings.API_CALLS_PER_MINUTE = 3
    rate = TokenRate()
    assert [rate.allow_request(request(Token(1))) for _ in range(5)] == [True, True, True, False, False]
    assert rate.allow_request(request(Token(2)))
    assert 0 < rate.wait() <= 60


def test_without_a_token_nothing_is_counted(settings: Any):
    settings.API_CALLS_PER_MINUTE = 0
    assert TokenRate().allow_request(request())
