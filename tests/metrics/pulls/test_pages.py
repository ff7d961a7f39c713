"""The pages of pulls: set one up, try it, start it, see its runs; a credential is written once and never shown."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import User
from metrics.models import Metric, Observation, Pull, PullRun
from metrics.services import pulling
from tests.factories.approvals import auditor, owner, signed_in, steward
from tests.factories.metrics import metric, weeks_ago
from tests.factories.pulls import pull, source_file

pytestmark = pytest.mark.django_db

SECRET = "Bearer s3cr3t"


@pytest.fixture
def who() -> User:
    return steward()


@pytest.fixture
def client(who: User) -> Iterator[Client]:
    browser = signed_in(who)
    with override_settings(PULL_HOSTS=["a.example"]):
        yield browser


def _typed(**more: str) -> dict[str, str]:
    address = source_file([(weeks_ago(2).isoformat(), 5), (weeks_ago(1).isoformat(), 6), (weeks_ago(0).isoformat(), 7)])
    typed = {"name": "Ticket system", "every": "60", "target": address, "statement": "SELECT day, value FROM figures"}
    return typed | {"period_column": "day", "value_column": "value"} | more


def test_a_steward_sets_up_tries_and_starts_a_pull_and_sees_what_came(client: Client):
    of = metric()
    base = f"/metrics/{of.key}/pulls/"
    assert b"Set up a pull" in client.get(base).content
    made = client.post(f"{base}new/?kind=sql", _typed())
    pk = Pull.objects.get().pk
    assert made.headers["Location"] == f"{base}{pk}/"
    tried = client.post(f"{base}{pk}/try/").content.decode()
    assert "2 values." in tried
    assert "1 more waits for their period to end" in tried
    assert not Observation.objects.exists()
    client.post(f"{base}{pk}/start/")
    assert pulling.run_due() == {"made": 1}
    page = client.get(f"{base}{pk}/").content.decode()
    assert "Good" in page
    assert '<td data-label="Stored" class="num">2</td>' in page
    assert "Running" in page
    lines = b"".join(client.get(f"{base}{pk}/runs.csv").streaming_content).decode().splitlines()
    assert lines[0].startswith("metric,pull,started,finished,seconds,outcome,rows,stored")
    assert ",good,3,2,0,0,0,1,," in lines[1]
    assert "running" in client.get(f"/metrics/{of.key}/").content.decode()
    assert "Ticket system" in client.get("/metrics/pulls/").content.decode()
    assert b"Ticket system" in b"".join(client.get("/metrics/pulls.csv").streaming_content)


def test_a_credential_is_shown_to_nobody_again(client: Client):
    of = metric()
    typed = {"name": "API", "every": "60", "target": "https://a.example/x", "value_column": "v", "credential": SECRET}
    wrong = client.post(f"/metrics/{of.key}/pulls/new/?kind=json", typed | {"value_column": "$["})
    assert wrong.status_code == 422
    assert "s3cr3t" not in wrong.content.decode()
    client.post(f"/metrics/{of.key}/pulls/new/?kind=json", typed)
    made = Pull.objects.get()
    base = f"/metrics/{of.key}/pulls/{made.pk}/"
    for address in (
        base,
        f"{base}edit/",
        f"/metrics/{of.key}/pulls/",
        f"/metrics/{of.key}/history/",
        "/metrics/pulls/",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "s3cr3t" not in answer.content.decode()
        assert made.sealed not in answer.content.decode()
    assert "kept, encrypted" in client.get(base).content.decode()
    kept = client.post(f"{base}edit/", typed | {"credential": "", "version": made.version, "every": "15"})
    assert kept.status_code == 302
    made.refresh_from_db()
    assert (made.every, made.has_credential) == (15, True)


def test_a_stale_or_refused_form_does_not_say_the_credential_back(client: Client):
    made = pull(target="https://a.example/x", kind=Pull.Kind.JSON, statement="", period_column="", value_column="v")
    typed = {"every": "15", "target": made.target, "value_column": "v", "credential": SECRET, "version": "7"}
    answer = client.post(f"/metrics/{made.metric.key}/pulls/{made.pk}/edit/", typed)
    assert answer.status_code == 409
    assert "s3cr3t" not in answer.content.decode()
    assert ("How often", "Every hour", "Every 15 minutes") in answer.context["differences"]
    assert 'value="v"' in answer.content.decode()
    assert "Give it again" in answer.content.decode()
    again = typed | {"version": answer.context["form"]["version"].value()}
    assert client.post(f"/metrics/{made.metric.key}/pulls/{made.pk}/edit/", again).status_code != 409


def test_the_reason_that_nothing_can_be_reached_names_the_setting(client: Client):
    of = metric()
    typed = {"name": "API", "every": "60", "target": "https://b.example/x", "value_column": "v"}
    answer = client.post(f"/metrics/{of.key}/pulls/new/?kind=json", typed)
    assert answer.status_code == 422
    assert "PULL_HOSTS" in answer.content.decode()
    assert "https://b.example/x" in answer.content.decode()  # what was typed is not lost


def test_bad_numbers_in_a_form_are_told_and_never_break_it(client: Client):
    of = metric()
    for kind in ("sql", "json", "prometheus", "nonsense"):
        answer = client.post(
            f"/metrics/{of.key}/pulls/new/?kind={kind}",
            {"name": "x\x00", "every": "7", "target": "\ufffd", "look_back": "1e9", "statement": "$" * 20_000},
        )
        assert answer.status_code == 422


def test_where_values_come_from_is_for_those_who_manage_the_metric(client: Client):
    made = pull(metric(owner=owner()), error="The server answered with the status 500.", failures=2)
    stranger, reader = signed_in(owner()), signed_in(auditor())
    listed = stranger.get(f"/metrics/{made.metric.key}/pulls/").content.decode()
    assert made.name in listed
    assert "status 500" not in listed
    assert made.name not in stranger.get("/metrics/pulls/").content.decode()
    assert made.name in reader.get("/metrics/pulls/").content.decode()
    page = reader.get(f"/metrics/{made.metric.key}/pulls/{made.pk}/").content.decode()
    assert made.target in page
    assert "Try it" not in page


@pytest.mark.parametrize("size", [1, 30])
def test_lists_ask_the_same_number_of_questions_at_any_size(client: Client, size: int):
    of = metric()
    address = source_file([])
    made = [pull(of, target=address) for _ in range(size)]
    now = timezone.now()
    PullRun.objects.bulk_create(
        PullRun(pull=made[0], turn=turn, started_at=now, finished_at=now, outcome="good") for turn in range(1, size + 1)
    )
    for path, most in (
        ("/metrics/pulls/", 9),
        (f"/metrics/{of.key}/pulls/", 9),
        (f"/metrics/{of.key}/pulls/{made[0].pk}/", 10),
    ):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = client.get(path)
        assert len(asked) <= most, [query["sql"] for query in asked]
        assert len(answer.content) < 60_000


def test_calculated_metrics_offer_no_pull(client: Client):
    metric(key="tickets")
    of: Metric = metric(expression="tickets * 2")
    assert b"Set up a pull" not in client.get(f"/metrics/{of.key}/pulls/").content
