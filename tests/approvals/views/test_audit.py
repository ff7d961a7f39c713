"""The audit page, its export and the ledger's API."""

import csv
import json

import pytest
from django.db import connection
from django.test import Client

from approvals import guards
from approvals.models import LedgerEntry
from approvals.services import checking, checkpoints, ledger
from approvals.services.people import create_token
from tests.approvals.limits import LARGEST_PAGE, MOST_QUERIES
from tests.factories.approvals import auditor, owner, signed_in

pytestmark = pytest.mark.django_db


def write(number: int, **payload) -> None:
    who = owner(first_name="Ada", last_name="Writer")
    with ledger.gathered():
        for turn in range(number):
            by = who if turn % 2 else None
            content = {"turn": turn, "reason": "Because the queue grew. " * 5} | payload
            ledger.append(f"decision:D-{turn % 5}", "decision.edited", by=by, subject=f"D-{turn % 5}", payload=content)


@pytest.fixture
def reader() -> Client:
    return signed_in(auditor())


@pytest.mark.parametrize("many", [2, 300])
def test_the_page_stays_small(reader, many, django_assert_max_num_queries):
    write(many)
    reader.get("/audit/")
    with django_assert_max_num_queries(MOST_QUERIES):
        answer = reader.get("/audit/")
    assert len(answer.content) <= LARGEST_PAGE
    assert "Ada Writer" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("stream=D-1", 2),
        ("verb=edited", 10),
        ("verb=nothing", 0),
        ("who=writer", 5),
        ("who=nobody", 0),
        ("text=queue", 10),
        ("start=2020-01-01&end=2099-01-01", 10),
        ("start=2099-01-01", 0),
        ("end=2020-01-01", 0),
        ("stream=D-1&who=writer", 1),
    ],
)
def test_filters_find(reader, query, count):
    write(10)
    body = reader.get(f"/audit/?{query}").content.decode()
    assert body.count("decision.edited</td>") == count


@pytest.mark.parametrize(
    "query",
    ["start=nonsense", "start=0001-01-01", "page=nonsense", f"page={9**99}", f"text={'x' * 5000}", "stream=%ED%A0%80"],
)
def test_nonsense_in_the_address_is_answered_with_a_page(reader, query):
    write(2)
    assert reader.get(f"/audit/?{query}").status_code == 200


def test_a_nul_in_the_address_is_refused(reader):
    assert reader.get("/audit/?text=%00").status_code == 422


def test_the_integrity_check_says_that_all_holds_or_names_the_first_bad_entry(reader):
    write(6)
    assert "All holds" in reader.post("/audit/verify/").content.decode()
    guards.lift(connection)
    LedgerEntry.objects.filter(seq=3).update(verb="decision.forged")
    guards.install(connection)
    body = reader.post("/audit/verify/").content.decode()
    assert "The first bad entry is 3." in body


def test_the_export_is_complete_and_harmless(reader):
    write(700)
    ledger.append("s", "=HYPERLINK", by=None, subject="+1", payload={})
    rows = list(csv.DictReader(b"".join(reader.get("/audit.csv").streaming_content).decode().splitlines()))
    assert len(rows) == 701
    assert (rows[0]["verb"], rows[0]["subject"]) == ("'=HYPERLINK", "'+1")
    assert {row["who"] for row in rows} == {"Premise", "Ada Writer"}


def test_the_export_obeys_the_filters(reader):
    write(10)
    rows = b"".join(reader.get("/audit.csv?stream=D-1").streaming_content).decode().splitlines()
    assert len(rows) == 3


@pytest.fixture
def call(client):
    _, text = create_token(name="reader", scopes=["audit:read"])

    def get(path: str):
        return client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {text}"})

    return get


def test_the_api_lists_with_limit_offset_and_since(call):
    write(10)
    first = LedgerEntry.objects.filter(verb="decision.edited").order_by("seq").first().seq
    answer = call(f"ledger?limit=3&offset=2&verb=edited&since={first}").json()
    assert answer["count"] == 9
    assert [item["seq"] for item in answer["items"]] == [first + 3, first + 4, first + 5]
    assert json.loads(answer["items"][0]["payload"])["turn"] == 3


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=99999", "offset=-1", "limit=NaN", "start=yesterday", f"since={10**30}", "verb=" + "x" * 999],
)
def test_the_api_refuses_nonsense_with_problem_details(call, query):
    answer = call(f"ledger?{query}")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 422


def test_the_api_proves_an_entry(call):
    write(5)
    checkpoints.write()
    assert call("ledger/3").json()["seq"] == 3
    assert len(call("ledger/3/proof").json()["path"]) == 3
    for path in ("ledger/999", "ledger/999/proof", f"ledger/{2**70}"):
        assert call(path).status_code == 404


@pytest.mark.parametrize("query", ["start=0001-01-01", "end=9999-12-31", "start=1989-12-31", "end=tomorrow"])
def test_the_api_refuses_days_out_of_range(client, query):
    _, text = create_token(name="reader", scopes=["audit:read"])
    answer = client.get(f"/api/v1/ledger?{query}", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("query.")


def test_a_long_ledger_is_checked_in_the_background_and_shows_how_far(reader, monkeypatch):
    """The limit is set low instead of writing 50,000 entries."""
    monkeypatch.setattr(checking, "AT_ONCE", 5)
    write(10)
    assert "0 of 10 entries checked" in reader.post("/audit/verify/").content.decode()
    assert "Checking the ledger" in reader.post("/audit/verify/").content.decode(), "one check serves both"
    assert checking.check_ledger()
    assert not checking.check_ledger()
    fragment = reader.get("/audit/verify/", headers={"HX-Request": "true"}).content.decode()
    assert "All holds" in fragment
    assert "<html" not in fragment


def test_a_check_whose_worker_keeps_dying_is_given_up_with_a_sentence(reader, monkeypatch):
    monkeypatch.setattr(checking, "AT_ONCE", 5)
    write(10)
    check = checking.ask(by=auditor())
    check.claims = checking.MOST_TURNS
    check.save()
    assert checking.check_ledger()
    check.refresh_from_db()
    assert not check.holds
    assert "never came to its end" in check.report["problems"][0]
