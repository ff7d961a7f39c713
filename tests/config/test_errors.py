"""Wrong requests and our own faults: a page for people, problem details for programs, never a bare traceback."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.factories.approvals import owner

__all__ = ["handler400", "handler403", "handler404", "handler500"]

RAISED = {
    "gone": Http404("secret table"),
    "forbidden": PermissionDenied("Only stewards may."),
    "odd": SuspiciousOperation("odd"),
    "broken": LookupError("a secret"),
}


def fail(_request: HttpRequest, kind: str) -> HttpResponse:
    raise RAISED[kind]


urlpatterns = [path("fail/<kind>", fail), path("api/fail/<kind>", fail), *urlpatterns]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("kind, status", [("gone", 404), ("forbidden", 403), ("odd", 400), ("broken", 500)])
def test_a_person_gets_a_page(client: Client, kind: str, status: int):
    answer = client.get(f"/fail/{kind}")
    assert answer.status_code == status
    page = answer.content.decode()
    assert "<h1>" in page
    assert "Premise" in page
    assert "secret" not in page


@pytest.mark.parametrize("kind, status", [("gone", 404), ("forbidden", 403), ("odd", 400), ("broken", 500)])
def test_a_program_gets_problem_details(client: Client, kind: str, status: int):
    answer = client.get(f"/api/fail/{kind}")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code == status
    assert "secret" not in answer.content.decode()


def test_a_fault_of_ours_names_the_request(client: Client):
    answer = client.get("/api/fail/broken", headers={"X-Request-ID": "number-of-this"})
    assert "number-of-this" in answer.json()["detail"]


def test_the_refusals_own_sentence_is_shown(client: Client):
    assert "Only stewards may." in client.get("/fail/forbidden").content.decode()


def test_an_unknown_address_of_the_api_is_a_problem(client: Client):
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_old_form_is_told_what_to_do(settings: Any):
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()


@pytest.mark.parametrize("charset", ["utf-16", "latin-1"])
def test_a_form_in_another_encoding_is_a_400(charset: str):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.get("/accounts/login/")
    body = f"application/x-www-form-urlencoded; charset={charset}"
    answer = client.generic("POST", "/accounts/login/", b"login=a", content_type=body)
    assert answer.status_code == 400
    assert "could not be read" in answer.text


def test_a_wrong_method_gets_a_page_and_says_which_is_right(client: Client):
    client.force_login(owner())
    answer = client.put("/search/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "<h1>" in answer.text
