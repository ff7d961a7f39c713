"""The blast radius of a metric, a version and a value; what a correction would change, before it is made."""

import pytest
from django.test import Client
from django.urls import reverse

from approvals.services.people import create_token
from metrics import dependants
from metrics.dependants import Dependant, Told
from metrics.models import Metric, Observation
from tests.factories.approvals import owner, person, steward
from tests.factories.metrics import condition, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
SEEN, UNSEEN = "D-2026-0001", "D-2026-0002"
KINDS = ["decision", "condition"]


@pytest.fixture(autouse=True)
def watchers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody above rests on every metric: one decision that people may see, one that they may not."""
    decision = Dependant(title="D-2026-0001 Hire", url="/there/", state="In force", watcher=SEEN)
    monkeypatch.setattr(dependants, "_finders", [lambda metric, user: [decision]])
    told = Told({(SEEN, "a1.c1"): "The backlog stays small."}, {SEEN: {1}})
    monkeypatch.setattr(dependants, "_tellers", [lambda metric, watchers: told])


@pytest.fixture
def watched() -> Metric:
    made = metric(steward=steward())
    weekly(made, [50, 60, 120, 130, 70])
    for watcher in (SEEN, UNSEEN):
        condition(made, {"kind": "above", "bound": 100}, watcher=watcher, key="a1.c1")
    return made


def page(user, made, **asked):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(reverse("metric_radius", args=[made.key]), asked)


def names(answer):
    return {title: [each.title for each in items] for title, items in answer.context["radius"].groups}


def test_everything_that_may_be_seen_is_named_with_its_assumption(watched):
    metric(key="opposite", counter_metrics=[watched.key])
    metric(key="apart", counter_metrics=["opposite"])
    answer = page(steward(), watched)
    found = names(answer)
    assert found["Decisions"] == ["D-2026-0001 Hire"]
    [shown] = found["Break conditions"]
    assert shown.startswith(SEEN)
    assert found["Metrics and reports"] == ["Opposite"]
    assert "Breaks “The backlog stays small”" in answer.content.decode()


def test_how_much_is_hidden_is_told_only_to_those_who_may_change_something(watched):
    assert "1 condition or metric rests there that you may not see" in page(steward(), watched).content.decode()
    answer = page(person(), watched)
    assert answer.context["radius"].hidden is None
    assert UNSEEN not in answer.content.decode()
    assert "may not see." not in answer.content.decode().replace("None that you may see.", "")


@pytest.mark.parametrize(("scopes", "kinds"), [(["metrics:read"], []), (["metrics:read", "decisions:read"], KINDS)])
def test_a_token_for_metrics_alone_names_no_decision(watched, scopes, kinds):
    _, token = create_token(user=steward(), name="test", scopes=scopes, by=None)
    address = f"/api/v1/metrics/{watched.key}/dependants"
    answer = Client().get(address, headers={"authorization": f"Bearer {token}"}).json()
    assert [each["kind"] for each in answer["items"]] == kinds


def test_a_version_is_rested_on_by_those_who_were_approved_on_it(watched):
    assert names(page(steward(), watched, version=1))["Decisions"] == ["D-2026-0001 Hire"]
    watched.definitions.create(number=2, name=watched.name, state="superseded")
    assert names(page(steward(), watched, version=2))["Decisions"] == []


def test_a_value_says_which_breach_it_is_part_of(watched):
    part = page(steward(), watched, period=weeks_ago(3)).content.decode()
    assert "a breach rests on this value" in part
    assert "120" in part
    assert "a breach rests" not in page(steward(), watched, period=weeks_ago(5)).content.decode()
    assert names(page(steward(), watched, period=weeks_ago(3), segment="north"))["Break conditions"] == []


@pytest.mark.parametrize(
    "asked",
    [{"version": "9"}, {"version": "x"}, {"version": "٣"}, {"period": "yesterday"}, {"period": "0001-01-01"}],
)
def test_what_there_is_not_is_not_found(watched, asked):
    assert page(steward(), watched, **asked).status_code == 404


def record(made, **typed):
    client = Client()
    client.force_login(steward(), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("metric_record", args=[made.key])
    return client.post(address, {"period_start": weeks_ago(1), "value": "130"} | typed)


def test_before_a_correction_is_made_it_says_what_would_change_and_stores_nothing(watched):
    before = Observation.objects.count()
    looked = record(watched, look="1")
    assert looked.status_code == 200
    [(each, change)] = looked.context["effects"]
    assert each.watcher == SEEN
    assert change.endswith("the last breach goes on, then it is broken")
    assert UNSEEN not in looked.content.decode()
    assert "see would change" not in looked.content.decode()  # nor how many others, which would betray their bounds
    assert looked.context["radius"].groups[0][1]
    [(_, earlier)] = record(watched, look="1", period_start=weeks_ago(5), value="130").context["effects"]
    assert f"fires in the period from {weeks_ago(5).day} " in earlier
    assert earlier.endswith("then it holds")
    assert record(watched, look="1", value="71").context["effects"] == []
    assert Observation.objects.count() == before


def test_the_form_begins_with_the_value_to_correct(watched):
    client = Client()
    client.force_login(steward(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("metric_record", args=[watched.key]), {"period": weeks_ago(2).isoformat()})
    assert answer.context["form"]["value"].value() == "130"
    assert "a breach rests on this value" in answer.content.decode()


def test_every_value_links_to_what_rests_on_it(watched):
    client = Client()
    client.force_login(owner(), backend="django.contrib.auth.backends.ModelBackend")
    listed = client.get(reverse("metric_values", args=[watched.key])).content.decode()
    assert f"{reverse('metric_radius', args=[watched.key])}?period={weeks_ago(3).isoformat()}" in listed
