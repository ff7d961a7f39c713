"""The registry: what its list and its CSV show to whom, at what cost, and how a metric is entered."""

import re

import pytest
from django.urls import reverse

from metrics import dependants
from metrics.models import Metric
from tests.factories.approvals import auditor, owner, signed_in, steward
from tests.factories.metrics import condition, metric, weekly

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
MOST_BYTES = 60 * 1024


def test_the_registry_lists_what_may_be_seen():
    metric(key="open_one", name="Open one")
    metric(key="secret_one", name="Secret one", classification="confidential")
    seen = signed_in(owner()).get("/metrics/").content.decode()
    assert "Open one" in seen
    assert "Secret one" not in seen
    body = signed_in(auditor()).get("/metrics/").content.decode()
    assert "Secret one" in body
    assert reverse("metric_import") not in body, "an auditor changes nothing"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("find=backlog", {"backlog_growth"}),
        ("find=BACKLOG+growth", {"backlog_growth"}),
        ("state=draft", {"raw_idea"}),
        ("level=strategic", {"backlog_growth"}),
        ("category=Support", {"backlog_growth"}),
        ("family=-", {"backlog_growth", "raw_idea"}),
        ("timing=lagging", {"backlog_growth"}),
        ("measures=output", set()),
        ("calculated=no", {"backlog_growth", "raw_idea"}),
        ("personal_data=yes", set()),
        ("doubt=no&steward=", {"backlog_growth", "raw_idea"}),
        ("doubt=nonsense", set()),
        ("owner=nobody", set()),
        ("state=nonsense", set()),
        ("find=%00", None),
        ("page=nonsense", {"backlog_growth", "raw_idea"}),
    ],
)
def test_filters_live_in_the_address(query, found):
    metric(key="backlog_growth", level="strategic", category="Support")
    metric(key="raw_idea", approved=False)
    answer = signed_in(owner()).get(f"/metrics/?{query}")
    if found is None:
        assert answer.status_code == 422
    else:
        assert set(re.findall(r'class="title"><a href="/metrics/(\w+)/"', answer.content.decode())) == found


def test_the_registry_takes_as_many_queries_for_30_metrics_as_for_3(django_assert_max_num_queries):
    client = signed_in(steward())
    for _ in range(3):
        weekly(metric(owner=owner(), steward=steward()), [1, 2, 3])
    client.get("/metrics/")
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get("/metrics/")
    for _ in range(27):
        target = metric(owner=owner(), steward=steward())
        weekly(target, [1, 2, 3])
        condition(target)
    with django_assert_max_num_queries(len(few)):
        page = client.get("/metrics/")
    assert len(page.content) < MOST_BYTES


def test_the_csv_takes_as_many_queries_at_any_size(django_assert_max_num_queries):
    client = signed_in(steward())
    weekly(metric(owner=owner()), [1])
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        b"".join(client.get("/metrics.csv").streaming_content)
    for _ in range(9):
        weekly(metric(owner=owner()), [1])
    with django_assert_max_num_queries(len(few)):
        b"".join(client.get("/metrics.csv").streaming_content)


def test_the_registry_as_csv_guards_against_formulas():
    weekly(metric(key="one", name="=1+1"), [-5])
    body = b"".join(signed_in(owner()).get("/metrics.csv").streaming_content).decode()
    assert "'=1+1" in body
    assert ",-5" in body


def test_the_registry_says_that_a_decision_breaks_only_to_those_who_may_see_it(monkeypatch):
    target = metric()
    condition(target, {"kind": "above", "bound": 10}, watcher="D-2026-0099")
    weekly(target, [4, 11])
    assert "breaks a decision" not in signed_in(steward()).get("/metrics/").content.decode()
    monkeypatch.setattr(dependants, "_seers", [lambda user, watchers: watchers])
    assert "breaks a decision" in signed_in(steward()).get("/metrics/").content.decode()


class TestNew:
    def test_a_steward_creates_and_goes_on_to_define(self):
        data = {"name": "Queue age", "key": "queue_age", "unit": "days", "direction": "lower", "cadence": "weekly",
                "level": "operational", "classification": "internal"}  # fmt: skip
        answer = signed_in(steward()).post("/metrics/new/", data)
        assert answer.url == "/metrics/queue_age/definition/"
        made = Metric.objects.get(key="queue_age")
        assert (made.state, made.definitions.get().unit) == ("draft", "days")

    @pytest.mark.parametrize(
        ("key", "sentence"),
        [
            ("Queue Age", "lower-case letters"),
            ("new", "a word of the registry"),
            ("taken", "is taken"),
            ("x" * 65, "at most 64 characters"),
            ("a\x00b", "NUL"),
            ("", "required"),
        ],
    )
    def test_a_bad_key_comes_back_with_a_sentence_and_what_was_typed(self, key, sentence):
        metric(key="taken")
        data = {"name": "Kept name", "key": key, "direction": "lower", "cadence": "weekly", "level": "operational",
                "classification": "internal"}  # fmt: skip
        answer = signed_in(steward()).post("/metrics/new/", data)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in page
        assert "Kept name" in page

    def test_others_may_not(self):
        assert signed_in(owner()).get("/metrics/new/").status_code == 403
