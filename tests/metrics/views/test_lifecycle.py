"""The pages of a metric's course and of freezes: what they show, to whom, and by how many queries."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import ApprovalRequest
from approvals.services.people import create_token
from metrics.domain.freezing import Window
from metrics.models import FreezeWindow, Metric
from metrics.services import definitions, ending, forecasting, freezes
from metrics.services.freezes import Scope
from tests.factories.approvals import approver, owner, person, sign, signed_in, steward
from tests.factories.metrics import entry, metric, observations, weekly, weeks_ago

pytestmark = pytest.mark.django_db
MOST_QUERIES, MOST_BYTES = 15, 60 * 1024


def day(offset: int) -> str:
    return (timezone.localdate() + timedelta(days=offset)).isoformat()


def window(reason: str = "The evaluation.") -> Window:
    today = timezone.localdate()
    days = {"begins_on": today, "ends_on": today + timedelta(days=5)}
    return Window(first_day=weeks_ago(9), last_day=weeks_ago(1), reason=reason, **days)


@pytest.fixture
def keeper():
    approver()
    return steward()


@pytest.fixture
def old(keeper):
    return metric(key="old", name="Old", owner=owner(), steward=keeper)


@pytest.fixture
def ended(old, keeper):
    """A metric whose end is announced, with a successor."""
    plan = {"announce_on": timezone.localdate(), "remove_on": timezone.localdate() + timedelta(days=30)}
    successor = metric(key="fresh", name="Fresh")
    sign(ending.propose(old, successor=successor, reason="Nobody reads it.", by=keeper, **plan), approver())
    old.refresh_from_db()
    return old


def test_an_end_is_proposed_and_what_was_typed_is_kept_when_it_is_bad(old, keeper):
    client = signed_in(keeper)
    typed = {"announce_on": day(0), "remove_on": day(-3), "successor": "none_such", "reason": "Nobody reads it."}
    answer = client.post("/metrics/old/lifecycle/", typed)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "There is no metric with that key." in body
    assert "Nobody reads it." in body
    answer = client.post("/metrics/old/lifecycle/", typed | {"successor": ""})
    assert "The removal date lies before the announcement" in answer.content.decode()
    answer = client.post("/metrics/old/lifecycle/", typed | {"successor": "", "remove_on": day(9)})
    assert answer.status_code == 302
    assert "End of Old waits for approval" in client.get("/metrics/old/lifecycle/").content.decode()


def test_a_plan_is_withdrawn_and_an_announced_end_taken_back(old, keeper):
    client = signed_in(keeper)
    client.post("/metrics/old/lifecycle/", {"announce_on": day(3), "remove_on": day(9), "reason": "Unread."})
    sign(ApprovalRequest.objects.get(), approver())
    assert client.post("/metrics/old/lifecycle/", {"withdraw": "1"}).status_code == 422
    assert client.post("/metrics/old/lifecycle/", {"withdraw": "1", "reason": "Read after all."}).status_code == 302
    assert old.deprecations.get().state == "withdrawn"
    assert client.post("/metrics/old/lifecycle/", {"keep": "1", "reason": "It stays."}).status_code == 409


def test_a_draft_is_discarded_and_every_page_of_it_goes_on(keeper):
    metric(key="mistake", name="Mistake", approved=False, steward=keeper)
    client = signed_in(keeper)
    assert client.post("/metrics/mistake/lifecycle/", {"discard": "1", "reason": ""}).status_code == 422
    answer = client.post("/metrics/mistake/lifecycle/", {"discard": "1", "reason": "Entered twice."}, follow=True)
    assert "Entered twice." in answer.content.decode()
    for page in ("", "definition/", "history/", "relevance/", "disputes/", "values/", "radius/"):
        assert client.get(f"/metrics/mistake/{page}").status_code in {200, 409}
    shown = client.get("/metrics/mistake/").content.decode()
    assert "Record the first value" not in shown
    assert "nothing planned" not in shown
    assert "Discard it" not in client.get("/metrics/mistake/lifecycle/").content.decode()


def test_the_state_is_shown_wherever_the_metric_is(ended, keeper):
    client = signed_in(keeper)
    seen = {path: client.get(path).content.decode() for path in ("/metrics/old/", "/metrics/", "/metrics/old/record/")}
    assert "deprecated and takes no values from" in seen["/metrics/old/"]
    assert "→ Fresh" in seen["/metrics/"]
    assert "Use <a" in seen["/metrics/old/record/"]
    told = b"".join(client.get("/metrics.csv").streaming_content).decode()
    assert f",fresh,{day(30)}" in told


def test_the_api_says_it_too(ended, client):
    _, token = create_token(name="reader", scopes=["metrics:read"])
    answer = client.get("/api/v1/metrics/old", headers={"authorization": f"Bearer {token}"}).json()
    assert (answer["state"], answer["successor"], answer["removal_date"]) == ("deprecated", "fresh", day(30))


def test_a_retired_metric_leads_to_its_successor_and_nothing_is_foretold_of_it(ended, keeper):
    weekly(ended, range(1, 30))
    forecasting.compute()
    client = signed_in(keeper)
    assert 'id="forecast"' in client.get("/metrics/old/").content.decode()
    ending.sweep(timezone.now() + timedelta(days=31))
    assert 'id="forecast"' not in client.get("/metrics/old/").content.decode()
    answer = client.get("/metrics/old/record/")
    assert answer.status_code == 409
    assert "record Fresh instead" in answer.content.decode()
    assert "It takes no more values" in client.get("/metrics/old/lifecycle/").content.decode()


def test_a_correction_that_waits_is_said_by_form_and_api_and_shown_with_the_values(old, keeper, client):
    weekly(old, [1, 2])
    freezes.declare(Scope(metric=old), window(), by=keeper)
    browser = signed_in(keeper)
    typed = {"period_start": weeks_ago(1).isoformat(), "value": "9", "reason": "Counted anew."}
    answer = browser.post("/metrics/old/record/", typed, follow=True).content.decode()
    assert "is not recorded yet. Waits for approval" in answer
    shown = browser.get("/metrics/old/values/").content.decode()
    assert "1 correction waits for approval" in shown
    _, token = create_token(name="writer", scopes=["metrics:write"])
    row = json.dumps({"period_start": weeks_ago(2).isoformat(), "value": 8})
    answer = client.post(
        "/api/v1/metrics/old/observations",
        row,
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    ).json()
    assert (answer["waiting"], answer["items"][0]["status"]) == (1, "waiting")


def test_a_segment_that_is_hidden_is_not_told_of_by_what_waits(old, keeper):
    observations.record(old, [entry(weeks_ago(1), 5, segment="North")], by=None)
    old.segments.filter(name="North").update(restricted=True)
    Metric.objects.filter(pk=old.pk).update(segmented=True)
    freezes.declare(Scope(metric=old), window(), by=keeper)
    observations.record(old, [entry(weeks_ago(1), 9, segment="North", reason="Secret.")], by=None)
    request = ApprovalRequest.objects.get(kind="metric_correction")
    stranger = signed_in(person())
    assert "Secret." not in stranger.get("/metrics/old/values/").content.decode()
    assert stranger.get(f"/approvals/{request.pk}/").status_code == 404


def test_a_freeze_is_declared_and_ended_early(old, keeper):
    client = signed_in(keeper)
    days = {"begins_on": day(0), "ends_on": day(7), "first_day": day(-90), "last_day": day(-1)}
    assert client.post("/metrics/freezes/", days | {"metric": "none", "reason": "x"}).status_code == 422
    assert client.post("/metrics/freezes/", days | {"metric": "old", "reason": "The evaluation."}).status_code == 302
    freeze = FreezeWindow.objects.get()
    assert freeze.metric == old
    assert client.post(f"/metrics/freezes/{freeze.pk}/end/", {"reason": ""}).status_code == 422
    client.post(f"/metrics/freezes/{freeze.pk}/end/", {"reason": "Handed in."})
    body = client.get("/metrics/freezes/").content.decode()
    assert "Ended early" in body
    assert "Handed in." in b"".join(client.get("/metrics/freezes.csv").streaming_content).decode()


def test_what_is_frozen_is_said_and_never_read_from_an_empty_field(old, keeper):
    days = {"begins_on": day(0), "ends_on": day(7), "first_day": day(-90), "last_day": day(-1), "reason": "Why."}
    for by in (keeper, old.owner):
        answer = signed_in(by).post("/metrics/freezes/", days)
        assert (answer.status_code, "Say what is to be frozen." in answer.content.decode()) == (422, True)
    Metric.objects.filter(pk=old.pk).update(family="all")
    client = signed_in(keeper)
    for several in ("family:all", "all"):
        assert client.post("/metrics/freezes/", days | {"family": several}).status_code == 302
    assert set(FreezeWindow.objects.values_list("family", flat=True)) == {"all", ""}


def test_only_who_may_end_a_freeze_is_offered_to(old, keeper):
    freezes.declare(Scope(metric=old), window(), by=keeper)
    assert "End it early" in signed_in(keeper).get("/metrics/freezes/").content.decode()
    assert "End it early" not in signed_in(old.owner).get("/metrics/freezes/").content.decode()


def test_an_emergency_passes_a_freeze_and_says_so(old, keeper):
    freezes.declare(Scope(metric=old), window(), by=keeper)
    definitions.save_draft(old, changes={"meaning": "Other."}, expected_version=None, by=keeper)
    client = signed_in(keeper)
    assert "Until then only an emergency comes in force." in client.get("/metrics/old/definition/").content.decode()
    sent = {"change-reason": "It was wrong."}
    assert client.post("/metrics/old/submit/", sent).status_code == 409
    answer = client.post("/metrics/old/submit/", sent | {"change-class": "emergency"}, follow=True).content.decode()
    assert "in force at once, although definitions are frozen until" in answer


def test_a_freeze_over_what_one_may_not_see_is_not_told(keeper):
    secret = metric(name="Secret", classification="confidential", steward=keeper, family="Hidden family")
    freezes.declare(Scope(metric=secret), window("A secret reason."), by=keeper)
    freezes.declare(Scope(family="Hidden family"), window("Another one."), by=keeper)
    freezes.declare(Scope(), window("For everybody."), by=keeper)
    body = signed_in(person()).get("/metrics/freezes/").content.decode()
    assert "For everybody." in body
    assert "secret reason" not in body
    assert "Another one" not in body


@pytest.mark.parametrize("size", [2, 20])
def test_the_pages_take_a_fixed_number_of_queries(old, keeper, size, django_assert_max_num_queries):
    weekly(old, range(1, size + 1))
    for number in range(size):
        freezes.declare(Scope(metric=old), window(f"Evaluation {number}."), by=keeper)
    wide = Window(**{**window().__dict__, "first_day": weeks_ago(60)})
    freezes.declare(Scope(), wide, by=keeper)
    rows = [entry(weeks_ago(number), 99, reason="Anew.") for number in range(1, size + 1)]
    observations.record(old, rows, by=keeper)
    client = signed_in(keeper)
    for path in ("/metrics/old/lifecycle/", "/metrics/freezes/", "/metrics/old/values/"):
        with django_assert_max_num_queries(MOST_QUERIES):
            answer = client.get(path)
        assert len(answer.content) < MOST_BYTES
    assert client.get(f"/approvals/{ApprovalRequest.objects.get().pk}/").status_code == 200
