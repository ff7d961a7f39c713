"""A confidential metric that others name: its key, name and values are on no page of theirs to who may not see it."""

from decimal import Decimal

import pytest

from approvals.services.people import create_token
from metrics.models import Metric
from metrics.queries.veiling import UNSEEN, veiled
from metrics.services import disputes, observations
from tests.factories.approvals import auditor, owner, person
from tests.factories.metrics import entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
SECRET = "takeover_cost"


@pytest.fixture
def named(client):
    """A confidential metric that a formula, a ratio, a counter-metric and a successor name; each has values."""
    region = {"aggregation": "ratio", "aggregation_over": "region", "aggregation_denominator": "heads"}
    hidden = metric(key=SECRET, name="Cost of the takeover", classification="confidential", unit="EUR")
    heads = metric(key="heads", unit="person")
    half = metric(key="half", expression=f"{SECRET} / 2", formula="-", unit="EUR", counter_metrics=[SECRET])
    each = metric(key="each", unit="EUR/person", aggregation_numerator=SECRET, **region)
    for part, whole, north in ((hidden, Decimal("7131.25"), Decimal("4242.75")), (heads, 8, 3)):
        weekly(part, [whole, whole + 1])
        observations.record(part, [entry(weeks_ago(1), north, segment="North")], by=None)
    observations.record(hidden, [entry(weeks_ago(2), None, reason="Wrong.")], by=None)
    Metric.objects.filter(pk=heads.pk).update(state="deprecated", successor=hidden, removal_date=weeks_ago(-9))
    return half, each, heads


def pages(client, who, dispute):
    client.force_login(who)
    found = [f"/metrics/{key}/{rest}" for key in ("half", "each", "heads") for rest in ("", "values/", "values.csv")]
    found += [f"/metrics/{key}/{rest}" for key in ("half", "each", "heads") for rest in ("history/", "lifecycle/")]
    found += ["/metrics/each/segments/", "/metrics/", "/metrics.csv", f"/metrics/half/disputes/{dispute.pk}/"]
    found += [f"/metrics/half/values/?known={weeks_ago(0)}"]
    token = create_token(user=who, name="t", scopes=["metrics:read"], by=None)[1]
    api = [f"/api/v1/metrics/{key}" for key in ("half", "each", "heads")] + ["/api/v1/metrics"]
    api += [f"/api/v1/metrics/{key}/observations?revisions=true" for key in ("half", "each")]
    for address in [*found, *api]:
        answer = client.get(address, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200, address
        yield address, (answer.getvalue() if answer.streaming else answer.content).decode()


def test_who_may_not_see_it_reads_neither_key_nor_name_nor_value(client, named):
    dispute = disputes.dispute_definition(named[0], version=1, reason="It is not half.", by=owner())
    shown = dict(pages(client, person(), dispute))
    words = (SECRET, "Cost of the takeover", "7131.25", "4242.75")
    told = {address: word for address, text in shown.items() for word in words if word in text}
    assert told == {}
    assert f"<code>{UNSEEN} / 2</code>" in shown["/metrics/half/values/"]
    assert f"{UNSEEN} / 2" in shown["/metrics/half/"]
    assert "Use a confidential metric instead" in shown["/metrics/heads/"]


def test_who_may_see_it_reads_all_of_it(client, named):
    dispute = disputes.dispute_definition(named[0], version=1, reason="It is not half.", by=owner())
    shown = dict(pages(client, auditor(), dispute))
    assert UNSEEN not in "".join(shown.values())
    assert "4242.75" in shown["/metrics/each/segments/"]
    assert f"<code>{SECRET} / 2</code>" in shown["/metrics/half/values/"]


@pytest.mark.parametrize("text, shown", [
    ("cost / hours", f"{UNSEEN} / hours"),
    ("cost_of_sales + 1", "cost_of_sales + 1"),
    ('"net-cost" - cost*2', f"{UNSEEN} - {UNSEEN}*2"),
    ("hours-cost", f"hours-{UNSEEN}"),
])  # fmt: skip
def test_only_whole_keys_are_taken_out(text, shown):
    assert veiled(text, {"cost", "net-cost"}) == shown
