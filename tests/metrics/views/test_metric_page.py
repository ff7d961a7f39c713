"""One metric: its page, its values and its history, by access, words and number of queries."""

from decimal import Decimal

import pytest
from django.urls import reverse

from metrics import dependants
from metrics.dependants import Dependant
from metrics.services import definitions, registry
from tests.factories.approvals import owner, person, signed_in, steward
from tests.factories.metrics import condition, daily, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
MOST_BYTES = 60 * 1024


@pytest.fixture
def resting(monkeypatch):
    """Let one decision rest on every metric."""
    one = Dependant(
        title="Pool the teams", url="/decisions/D-2026-0001/", state="sound", tone="ok", watcher="D-2026-0001"
    )
    monkeypatch.setattr(dependants, "_finders", [lambda metric, user: [one]])


def test_a_metrics_page_tells_how_it_stands(resting):
    target = metric(
        name="Backlog growth", direction="lower", target=Decimal(5), tolerance_low=None, tolerance_high=Decimal(9)
    )
    condition(target, {"kind": "above", "bound": 10})
    weekly(target, [4, 6, 8])
    page = signed_in(owner()).get(f"/metrics/{target.key}/").content.decode()
    for words in (
        "Backlog growth",
        "within tolerance",
        "Distance to break",
        "Pool the teams",
        "Lower is better",
        "Holds",
    ):
        assert words in page
    assert "Record value" not in page  # an owner of decisions does not record


def test_a_broken_condition_is_red_with_a_word(resting):
    target = metric()
    condition(target, {"kind": "above", "bound": 10})
    weekly(target, [4, 11])
    page = signed_in(steward()).get(f"/metrics/{target.key}/").content.decode()
    assert "Broken" in page
    assert "Beyond the bound by" in page
    assert 'class="shade"' in page
    assert "Record value" in page


def test_conditions_of_unseen_decisions_are_counted_not_named():
    target = metric()
    condition(target, {"kind": "above", "bound": 10}, watcher="D-2026-0099")
    page = signed_in(steward()).get(f"/metrics/{target.key}/").content.decode()
    assert "D-2026-0099" not in page
    assert "1 condition of what you may not see" in page
    assert "of what you may not see" not in signed_in(owner()).get(f"/metrics/{target.key}/").content.decode()


def test_a_metrics_page_takes_as_many_queries_at_any_size(resting, django_assert_max_num_queries):
    client = signed_in(steward())
    small, large = metric(), metric(cadence="daily")
    weekly(small, [1, 2])
    client.get(f"/metrics/{small.key}/")
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get(f"/metrics/{small.key}/")
    daily(large, 3000)
    for number in range(12):
        condition(large, {"kind": "above", "bound": 20 + number})
    with django_assert_max_num_queries(len(few) + 1):
        page = client.get(f"/metrics/{large.key}/")
    assert len(page.content) < MOST_BYTES


@pytest.mark.parametrize("name", ["metric", "metric_definition", "metric_record", "metric_values", "metric_history"])
def test_what_may_not_be_seen_is_not_there(name):
    hidden = metric(classification="confidential")
    assert signed_in(steward()).get(reverse(name, args=[hidden.key])).status_code == 404
    assert signed_in(owner()).get(reverse(name, args=["no_such_key"])).status_code == 404


def test_a_grant_opens_a_confidential_metric_and_its_end_closes_it():
    hidden, who = metric(classification="confidential"), person()
    registry.grant(hidden, to=who, permission="view_metric", by=None)
    assert signed_in(who).get(f"/metrics/{hidden.key}/").status_code == 200
    registry.revoke(hidden, to=who, permission="view_metric", by=None)
    assert signed_in(who).get(f"/metrics/{hidden.key}/").status_code == 404


def test_history_tells_who_changed_which_field():
    who = steward(first_name="Sam", last_name="Steward")
    target = metric(approved=False)
    definitions.save_draft(target, changes={"formula": "new / old"}, expected_version=None, by=who)
    page = signed_in(owner()).get(f"/metrics/{target.key}/history/").content.decode()
    assert "Sam Steward" in page
    assert "new / old" in page


def test_values_list_every_revision_and_export():
    target = metric()
    weekly(target, [-5])
    client = signed_in(steward())
    client.post(
        f"/metrics/{target.key}/record/",
        {"period_start": weeks_ago(1).isoformat(), "value": "-6", "reason": "=Recount"},
    )
    page = client.get(f"/metrics/{target.key}/values/").content.decode()
    assert "=Recount" in page
    body = b"".join(client.get(f"/metrics/{target.key}/values.csv").streaming_content).decode()
    assert ",-6," in body
    assert "'=Recount" in body
