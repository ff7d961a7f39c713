"""The pages of retention: what is due, letting erasures begin, holds, CSV."""

from typing import Any

import pytest
from django.test import Client

from approvals.models import Notice
from metrics.models import LegalHold, Metric, Retention
from metrics.queries import desk
from metrics.services import holds, observations
from tests.factories import metrics as factory
from tests.factories.approvals import administrator, auditor, signed_in, steward

pytestmark = pytest.mark.django_db
PAGE = "/metrics/retention/"


def personal(by: Any, key: str = "sick_days", **fields: Any) -> Metric:
    made = factory.metric(key=key, personal_data=True, retention_days=70, steward=by, **fields)
    rows = [factory.entry(factory.weeks_ago(week), week, note="Ms Smith.") for week in (20, 15, 2)]
    observations.record(made, rows, by=by, source="test")
    return made


@pytest.fixture
def keeper() -> Any:
    return steward()


@pytest.fixture
def client(keeper: Any) -> Client:
    return signed_in(keeper)


def test_the_first_erasure_is_looked_at_before_it_begins(client, keeper):
    target = personal(keeper)
    page = client.get(f"/metrics/{target.key}/retention/").content.decode()
    assert "What the first erasure would take" in page
    assert "Let erasures begin" in page
    answer = client.post(f"/metrics/{target.key}/retention/", follow=True).content.decode()
    assert "let erasures begin on" in answer
    assert Retention.objects.get().started_by == keeper


def test_the_list_names_what_is_due_and_goes_out_as_csv(client, keeper):
    personal(keeper)
    factory.metric(key="endless", personal_data=True, steward=keeper)
    page = client.get(PAGE).content.decode()
    assert "Not begun" in page
    assert "No retention" in page
    lines = b"".join(client.get("/metrics/retention.csv").streaming_content).decode().splitlines()
    assert next(line for line in lines if line.startswith("sick_days")).split(",")[2:5] == ["no", "70", "2"]
    told = {chore.metric: chore.url for chore in desk.waiting_for(keeper, factory.timezone.now())}
    assert told["endless"] == "/metrics/endless/definition/"
    assert told["sick_days"] == "/metrics/sick_days/retention/"


def test_what_premise_fills_is_said_to_be_kept_with_its_decisions(client):
    factory.metric(key="premise_decision_latency", personal_data=True)
    page = client.get(PAGE).content.decode()
    assert "Kept with its decisions" in page
    assert "No retention" not in page
    assert "as long as those" in client.get("/metrics/premise_decision_latency/retention/").content.decode()
    assert "personal data, kept with its decisions" in client.get("/metrics/premise_decision_latency/").content.decode()


def test_a_hold_is_placed_and_lifted(client, keeper):
    target = personal(keeper)
    typed = {"scope": "metric", "metric": target.key, "reference": "LG-9", "reason": "A claim was filed."}
    refused = client.post(PAGE, typed | {"metric": "no_such"})
    assert refused.status_code == 422
    assert "A claim was filed." in refused.content.decode()
    assert client.post(PAGE, typed | {"scope": "person"}).status_code == 422
    client.post(PAGE, typed)
    hold = LegalHold.objects.get()
    assert (hold.metric, hold.placed_by) == (target, keeper)
    assert "Legal hold LG-9: nothing is erased." in client.get(f"/metrics/{target.key}/retention/").content.decode()
    assert client.post(f"{PAGE}holds/{hold.pk}/lift/", {"why": ""}).status_code == 422
    client.post(f"{PAGE}holds/{hold.pk}/lift/", {"why": "Settled."})
    hold.refresh_from_db()
    assert hold.lifted_why == "Settled."


def test_auditors_read_the_holds_and_others_do_not(keeper):
    personal(keeper)
    holds.place(by=administrator(), reason="A claim was filed.", reference="LG-9")
    assert "A claim was filed." in signed_in(auditor()).get(PAGE).content.decode()
    page = signed_in(factory.User.objects.create(username="somebody")).get(PAGE).content.decode()
    assert "A claim was filed." not in page
    assert "Legal hold" in page


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_asks_the_same_few_questions_at_any_size(client, keeper, count, django_assert_max_num_queries):
    for number in range(count):
        personal(keeper, key=f"kept_{number}")
    client.get(PAGE)
    with django_assert_max_num_queries(15):
        client.get(PAGE)
    with django_assert_max_num_queries(15):
        client.get("/metrics/kept_0/retention/")


def test_a_hold_on_a_metric_is_told_to_those_who_see_the_metric(keeper, client):
    other, head = steward(), administrator()
    target = personal(other, key="hush", classification="confidential")
    hold = holds.place(by=other, metric=target, reason="A claim was filed.", reference="LG-7")
    assert "LG-7" in signed_in(other).get(PAGE).content.decode()
    assert "LG-7" in signed_in(auditor()).get(PAGE).content.decode()
    for who in (client, signed_in(head)):
        assert "LG-7" not in who.get(PAGE).content.decode()
        assert who.post(f"{PAGE}holds/{hold.pk}/lift/", {"why": "Settled."}).status_code == 404
    assert not Notice.objects.filter(to=head).exists()
