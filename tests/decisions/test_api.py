"""The API of decisions: shapes, filters, what one may see, and bad input."""

from typing import Any

import pytest
from django.test import Client

from approvals.models import User
from approvals.services.people import create_token
from decisions.models import Decision
from decisions.services import drafting, reevaluations, reviews
from metrics.models import Metric
from tests.factories import metrics
from tests.factories.approvals import auditor, owner, person
from tests.factories.decisions import draft, in_force
from tests.factories.learning import held

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var")]


def get(path: str, user: User | None = None, **query: Any) -> Any:
    _, token = create_token(name="reader", scopes=["decisions:read"], user=user)
    return Client().get(f"/api/v1{path}", query, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def questioned(backlog: Metric, kept: Any) -> Decision:
    def decision() -> Decision:
        made = in_force()
        metrics.weekly(backlog, [14])
        reevaluations.receive_signals()
        made.refresh_from_db()
        return made

    return kept(decision)


def test_a_list_has_items_and_a_count(questioned: Decision) -> None:
    draft()
    found = get("/decisions", limit=1).json()
    assert found["count"] == 2
    assert len(found["items"]) == 1
    (row,) = get("/decisions", state="questioned").json()["items"]
    assert (row["reference"], row["state"], row["standing"], row["version"]) == (
        questioned.reference,
        "questioned",
        "questioned",
        1,
    )
    assert row["owner"] == questioned.owner.username


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "draft"}, 0),
        ({"standing": "questioned"}, 1),
        ({"standing": "sound"}, 0),
        ({"metric": "backlog_growth"}, 1),
        ({"metric": "csat"}, 0),
        ({"q": "exceptions"}, 1),
        ({"state": "nonsense"}, 0),
    ],
)
def test_lists_are_filtered(questioned: Decision, query: dict[str, str], count: int) -> None:
    answer = get("/decisions", **query)
    assert (answer.status_code, answer.json()["count"]) == (200, count)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "many"}, {"offset": -1}, {"offset": 10**30}])
def test_nonsense_pages_are_problem_details(query: dict[str, Any]) -> None:
    answer = get("/decisions", **query)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_one_decision_carries_what_is_in_force(questioned: Decision) -> None:
    found = get(f"/decisions/{questioned.reference}").json()
    assert found["dossier"]["background"]["objective"].startswith("Answer nine in ten")
    [condition] = found["conditions"]
    assert condition["sentence"] == "when Backlog growth is above 10 %"
    assert condition["key"] == "a1.c1"
    assert found["digest"] == questioned.versions.get().digest
    assert found["reevaluation"] == questioned.reevaluations.get().pk


def test_a_draft_carries_its_working_content() -> None:
    found = get(f"/decisions/{draft().reference}").json()
    assert (found["version"], found["digest"], found["standing"]) == (0, None, "")
    assert found["dossier"]["recommendation"]["option"] == "b"


def test_a_reevaluation_says_what_broke_what(questioned: Decision) -> None:
    listed = get("/reevaluations", decision=questioned.reference).json()
    assert listed["count"] == 1
    found = get(f"/reevaluations/{listed['items'][0]['id']}").json()
    assert found == listed["items"][0]
    assert (found["decision"], found["metric"], found["state"]) == (questioned.reference, "backlog_growth", "open")
    assert found["opened_at"].endswith("Z")
    assert found["breaches"][0]["value"] == "14"
    assert found["breaches"][0]["condition"] == "a1.c1"
    assert found["response"][0]["fallback"] == "Go back to one queue for all."


@pytest.mark.parametrize(
    "path", ["/decisions/D-0000-0000", "/decisions/%F0%9F%98%80", "/reevaluations/0", f"/reevaluations/{2**70}"]
)
def test_what_is_not_there_is_404(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_what_one_may_not_see_is_neither_listed_nor_counted_nor_found() -> None:
    secret = drafting.create_decision(title="Secret", by=owner(), classification="confidential")
    stranger = person()
    assert get("/decisions", stranger).json() == {"items": [], "count": 0}
    assert get(f"/decisions/{secret.reference}", stranger).status_code == 404
    assert get("/decisions", auditor()).json()["count"] == 1
    assert get("/decisions", secret.owner).json()["count"] == 1


def test_reviews_and_templates_are_listed_as_far_as_the_decision_is_seen(backlog: Metric) -> None:
    decision = in_force()
    held(decision)
    ahead = reviews.open_review(decision, by=decision.owner)
    listed = get(f"/decisions/{decision.reference}/reviews", person()).json()
    assert listed["count"] == 2
    [first] = [each for each in listed["items"] if each["held_at"]]
    assert (first["decision"], first["verdict"], first["held_by"]) == (
        decision.reference,
        "keep",
        decision.owner.username,
    )
    assert first["content"]["reference"] == decision.reference
    assert [each["content"] for each in listed["items"] if each["id"] == ahead.pk] == [None]
    assert len(get(f"/decisions/{decision.reference}/reviews", person(), limit=1, offset=1).json()["items"]) == 1
    secret = drafting.create_decision(title="Secret", by=owner(), classification="confidential")
    assert get(f"/decisions/{secret.reference}/reviews", person()).status_code == 404
    [standard] = get("/templates", person(), key="standard", state="current").json()["items"]
    assert (standard["number"], len(standard["sections"])) == (1, 11)
    assert get("/templates", person(), key="nowhere").json() == {"items": [], "count": 0}


def test_lists_take_a_fixed_number_of_queries(
    questioned: Decision,
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(4):
        draft()
    _, token = create_token(name="reader", scopes=["decisions:read"])
    for path in ("decisions", "reevaluations", "templates", f"decisions/{questioned.reference}/reviews"):
        with django_assert_max_num_queries(9):
            Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
