"""HTTP for every app: refusals become answers, lists have pages, CSV cannot act."""

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from config.kit.refusals import BadInput, MoveRefused, Reason, StaleWrite
from config.kit.web import csv_cell, csv_response, page, paginate, problem

REFUSAL = MoveRefused([Reason("Compare at least 3 options; there are 2.", "/options/"), "Name an owner <b>."])
RAISED: dict[str, Exception] = {
    "refused": REFUSAL,
    "stale": StaleWrite("Somebody else saved at 14:05."),
    "bad": BadInput({"value": ["Enter a number."], "": ["Nothing was sent."]}),
    "nul": DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
    "surrogate": UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
}


def raising(request: HttpRequest, name: str) -> HttpResponse:
    raise RAISED[name]


def showing(request: HttpRequest) -> HttpResponse:
    return page(request, "404.html", {})


urlpatterns = [path("raise/<name>/", raising), path("api/raise/<name>/", raising), path("show/", showing)]


@pytest.fixture(autouse=True)
def _own_addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.config.test_web"


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("refused", 409, "Compare at least 3 options; there are 2."),
        ("stale", 409, "Somebody else saved at 14:05."),
        ("bad", 422, "Enter a number."),
        ("surrogate", 422, "half a character"),
        ("nul", 422, "a NUL character"),
    ],
)
def test_a_refusal_is_a_page_a_fragment_or_problem_details(client: Client, name: str, status: int, says: str) -> None:
    whole = client.get(f"/raise/{name}/")
    assert whole.status_code == status
    assert "<html" in whole.text
    assert says in whole.text

    piece = client.get(f"/raise/{name}/", headers={"HX-Request": "true"})
    assert piece.status_code == status
    assert "<html" not in piece.text
    assert says in piece.text
    assert 'role="alert"' in piece.text

    details = client.get(f"/api/raise/{name}/")
    assert details.status_code == status
    assert details["Content-Type"] == "application/problem+json"
    assert says in json.dumps(details.json()["errors"])
    assert details.json()["status"] == status


def test_every_reason_is_listed_escaped_and_linked(client: Client) -> None:
    text = client.get("/raise/refused/").text
    assert '<a href="/options/">Compare at least 3 options; there are 2.</a>' in text
    assert "Name an owner &lt;b&gt;." in text


@pytest.mark.parametrize("name", ["refused", "bad"])
def test_what_was_typed_comes_back_with_the_refusal(client: Client, name: str) -> None:
    sent = {"close-reason": "It has\ndone its <b>work</b>.", "password": "three secret words", "tier": "tactical"}
    text = client.post(f"/raise/{name}/", sent).text
    assert "<dt>Reason</dt><dd>It has<br>done its &lt;b&gt;work&lt;/b&gt;.</dd>" in text
    assert "secret" not in text
    assert "tactical" not in text
    assert "What you typed" not in client.get(f"/raise/{name}/").text


def test_a_nul_in_an_address_is_a_sentence(client: Client) -> None:
    answer = client.get("/show/?q=%00")
    assert answer.status_code == 422
    assert "cannot be stored" in answer.text


def test_htmx_gets_the_main_column_only(client: Client) -> None:
    assert "<html" in client.get("/show/").text
    piece = client.get("/show/", headers={"HX-Request": "true"}).text
    assert "There is no such page" in piece
    assert "<html" not in piece
    boosted = client.get("/show/", headers={"HX-Request": "true", "HX-Boosted": "true"}).text
    assert "<html" in boosted
    assert "HX-Request" in client.get("/show/")["Vary"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 1),
        ("page=2", 2),
        ("page=3", 3),
        ("page=99", 3),
        ("page=0", 1),
        ("page=-1", 1),
        ("page=x", 1),
        ("page=1e400", 1),
        ("page=%D9%A3", 1),
        ("page=" + "9" * 5000, 1),
        ("page=", 1),
    ],
)
def test_a_nonsense_page_number_still_shows_a_page(rf: RequestFactory, query: str, expected: int) -> None:
    listing = paginate(rf.get(f"/?state=draft&{query}"), list(range(25)), per_page=10)
    assert listing.page.number == expected
    assert listing.count == 25
    assert listing.query == "state=draft"


def test_an_empty_list_has_one_empty_page(rf: RequestFactory) -> None:
    listing = paginate(rf.get("/"), [])
    assert list(listing) == []
    assert not listing.page.has_other_pages()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    assert csv_cell(text) == "'" + text


@pytest.mark.parametrize("value", [-5, Decimal("-1.5"), 3, "plain", "a=b"])
def test_numbers_and_plain_text_stay_what_they_are(value: object) -> None:
    assert csv_cell(value) == value


def test_a_csv_download_streams_its_rows() -> None:
    response = csv_response("metrics.csv", ["key", "value"], iter([["=x", None], ['quo"te', Decimal("-1.5")]]))
    body = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    assert body == 'key,value\r\n\'=x,\r\n"quo""te",-1.5\r\n'
    assert response["Content-Disposition"] == 'attachment; filename="metrics.csv"'


def test_problem_details_carry_what_is_known() -> None:
    body: dict[str, Any] = json.loads(problem(400, "Not readable").content)
    assert body == {"type": "about:blank", "title": "Not readable", "status": 400}


def test_a_request_without_htmx_middleware_is_a_whole_page(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = SimpleNamespace(is_authenticated=False)  # type: ignore[assignment]
    assert "<html" in page(request, "404.html").text


def test_an_expired_form_and_an_own_fault_are_pages_too(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    expired = strict.post("/show/")
    assert expired.status_code == 403
    assert "The form has expired" in expired.text

    RAISED["fault"] = RuntimeError("a fault of ours")
    fault = strict.get("/raise/fault/")
    assert fault.status_code == 500
    assert "Something went wrong here" in fault.text
    assert "a fault of ours" not in fault.text
