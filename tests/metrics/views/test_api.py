"""The API of metrics: exact, idempotent, answered row by row, and a sentence for whatever comes in."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from approvals.roles import AUDITORS
from approvals.services.people import create_token
from metrics.models import MetricSignal, Observation
from tests.factories.approvals import owner, person, steward
from tests.factories.metrics import condition, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db


class Api:
    """A program with a token."""

    def __init__(self, client, user):
        token = create_token(user=user, name="test", scopes=["metrics:read", "metrics:write"], by=None)
        self.token = token if isinstance(token, str) else token[1]
        self.client = client

    def get(self, address):
        return self.client.get(f"/api/v1{address}", headers={"authorization": f"Bearer {self.token}"})

    def post(self, key, body):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(
            f"/api/v1/metrics/{key}/observations",
            text,
            content_type="application/json",
            headers={"authorization": f"Bearer {self.token}"},
        )


@pytest.fixture
def api(client):
    return Api(client, steward())


def problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    return body


class TestPost:
    def test_one_value(self, api):
        target = metric()
        answer = api.post(target.key, {"period_start": weeks_ago(1).isoformat(), "value": 12.5})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["count"], body["stored"]) == (1, 1)
        assert body["items"][0]["status"] == "stored"
        assert target.observations.get().source == "api"

    def test_numbers_are_read_exactly(self, api):
        target = metric()
        assert api.post(target.key, '{"period_start": "2026-01-05", "value": 123456789.012345}').json()["stored"] == 1
        assert target.observations.get().value == Decimal("123456789.012345")

    def test_a_list_is_answered_row_by_row(self, api):
        target = metric()
        rows = [
            {"period_start": "2026-01-05", "value": 1},
            {"period_start": "never", "value": 1},
            {"period_start": "2026-01-12", "value": 2, "colour": "red"},
            "nonsense",
            {"period_start": "2026-01-19", "value": 3, "external_id": "x", "source": "crm", "sample_size": 9},
        ]
        body = api.post(target.key, rows).json()
        assert [item["status"] for item in body["items"]] == ["stored", "refused", "refused", "refused", "stored"]
        assert [item["row"] for item in body["items"]] == [1, 2, 3, 4, 5]
        assert "year-month-day" in body["items"][1]["detail"]
        assert "colour" in body["items"][2]["detail"]

    def test_the_same_again_is_unchanged(self, api):
        target = metric()
        rows = [{"period_start": "2026-01-05", "value": 1}, {"period_start": "2026-01-12", "value": "2,5"}]
        assert api.post(target.key, rows).json()["stored"] == 2
        again = api.post(target.key, rows).json()
        assert (again["unchanged"], again["stored"]) == (2, 0)
        assert Observation.objects.count() == 2

    def test_another_value_is_a_revision(self, api):
        target = metric()
        api.post(target.key, {"period_start": "2026-01-05", "value": 1})
        [item] = api.post(target.key, {"period_start": "2026-01-05", "value": 2, "reason": "Late."}).json()["items"]
        assert (item["status"], item["revision"]) == ("revised", 2)

    def test_ten_thousand_land_and_one_more_does_not(self, api):
        target = metric(cadence="PT1H")
        start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=10_001)
        rows = [{"period_start": (start + timedelta(hours=n)).isoformat(), "value": n % 97} for n in range(10_001)]
        problem(api.post(target.key, rows), 422)
        assert api.post(target.key, rows[:-1]).json()["stored"] == 10_000

    def test_a_breaking_value_gives_a_signal(self, api):
        target = metric()
        condition(target, {"kind": "above", "bound": 10})
        api.post(target.key, {"period_start": weeks_ago(1).isoformat(), "value": 11})
        assert MetricSignal.objects.count() == 1

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "{",
            "nonsense",
            "[]",
            "5",
            "null",
            '"text"',
            "[" * 100_000,
            b"\xff\xfe",
            '{"period_start": "2026-01-05", "value": NaN}',
            '{"period_start": "2026-01-05", "value": Infinity}',
            '{"period_start": "2026-01-05", "value": 1e400}',
            '{"period_start": "2026-01-05", "value": -1e400}',
            '{"period_start": "2026-01-05", "value": ' + "9" * 5000 + "}",
            '{"period_start": "2026-01-05", "value": "5\\u0000"}',
            '{"period_start": "2026-01-05", "value": "\\ud800"}',
            '{"period_start": "2026-01-05", "value": true}',
            '{"period_start": "2026-01-05", "value": {}}',
            '{"period_start": "2026-01-05", "value": null}',
            '{"period_start": "2026-01-05"}',
            '{"value": 5}',
            "{}",
            '{"period_start": "0001-01-01", "value": 5}',
            '{"period_start": "9999-12-31T23:59:59+14:00", "value": 5}',
            '{"period_start": "2026-01-05", "value": 5, "note": "\\ud800"}',
            '{"period_start": "2026-01-05", "value": 5, "note": "\\u0000"}',
            '{"period_start": "2026-01-05", "value": 5, "note": ["a"]}',
            '{"period_start": "2026-01-05", "value": 5, "\\ud800": 1}',
            '{"period_start": "2026-01-05", "value": 5, "sample_size": 1e300}',
            '{"period_start": "2026-01-05", "value": 5, "segment": {"a": 1}}',
            '{"period_start": "2026-01-05", "value": 5, "note": "' + "x" * 1_000_000 + '"}',
            '{"period_start": ["2026-01-05"], "value": 5}',
            '{"period_start": "2026-01-05", "period_end": {}, "value": 5}',
        ],
    )
    def test_whatever_comes_in_is_a_sentence(self, api, body):
        target = metric()
        body = problem(api.post(target.key, body), 422)
        assert body["detail"]
        assert not target.observations.exists()

    def test_a_body_beyond_the_limit_is_a_413(self, api, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        problem(api.post(metric().key, "x" * 2000), 413)

    def test_a_retired_metric_is_a_409(self, api):
        target = metric()
        target.state = "retired"
        target.save()
        assert "retired" in problem(api.post(target.key, {"period_start": "2026-01-05", "value": 1}), 409)["detail"]

    def test_a_token_from_before_somebody_became_an_auditor_records_nothing(self, client):
        target, who = metric(), steward()
        program = Api(client, who)
        who.groups.add(Group.objects.get(name=AUDITORS))
        problem(program.post(target.key, {"period_start": "2026-01-05", "value": 1}), 403)

    @pytest.mark.parametrize("who", [owner, person])
    def test_who_may_not_record_gets_a_403(self, client, who):
        target = metric()
        program, value = Api(client, who()), {"period_start": "2026-01-05", "value": 1}
        for body in (value, "nonsense", [value] * 10_001):
            problem(program.post(target.key, body), 403)

    @pytest.mark.parametrize("key", ["none", "closed", "n%C3%B6", "a%20b"])
    def test_what_may_not_be_seen_is_a_404(self, api, key):
        metric(key="closed", classification="confidential")
        value = {"period_start": "2026-01-05", "value": 1}
        for body in (value, "nonsense", [value] * 10_001):
            problem(api.post(key, body), 404)


class TestGet:
    def test_metrics_are_a_list_with_its_count(self, api):
        for number in range(3):
            weekly(metric(key=f"m{number}"), [number])
        metric(key="closed", classification="confidential")
        body = api.get("/metrics?limit=2&offset=1").json()
        assert body["count"] == 3
        assert [item["key"] for item in body["items"]] == ["m1", "m2"]
        assert body["items"][0]["latest"]["value"] == "1"
        assert body["items"][0]["definition"]["unit"] == "%"

    def test_a_list_takes_as_many_queries_at_any_size(self, api, django_assert_max_num_queries):
        weekly(metric(owner=owner(), steward=steward()), [1])
        with django_assert_max_num_queries(8) as few:
            api.get("/metrics")
        for _ in range(20):
            weekly(metric(owner=owner(), steward=steward()), [1, 2])
        with django_assert_max_num_queries(len(few)):
            api.get("/metrics")

    def test_one_metric(self, api):
        target = metric(owner=owner(username="olga"))
        body = api.get(f"/metrics/{target.key}").json()
        assert (body["key"], body["state"], body["owner"], body["definition_version"]) == (
            target.key,
            "approved",
            "olga",
            1,
        )

    def test_values_are_what_counts_unless_revisions_are_asked_for(self, api):
        target = metric()
        weekly(target, [1, 2])
        weekly(target, [3])
        now = api.get(f"/metrics/{target.key}/observations").json()
        assert [item["value"] for item in now["items"]] == ["1", "3"]
        assert now["count"] == 2
        every = api.get(f"/metrics/{target.key}/observations?revisions=true&limit=1&offset=2").json()
        assert (every["count"], [item["value"] for item in every["items"]]) == (3, ["3"])

    @pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=100000", "offset=-1", "offset=99999999999"])
    def test_a_nonsense_page_is_a_422(self, api, query):
        problem(api.get(f"/metrics?{query}"), 422)

    @pytest.mark.parametrize("query", ["q=%00", "state=%00"])
    def test_a_nul_is_a_422(self, api, query):
        problem(api.get(f"/metrics?{query}"), 422)
