"""The pages of experiments: from plan to verdict by hand, the list and its CSV, what a metric's page says of noise."""

import pytest

from metrics.models import Experiment
from metrics.services import judging, observations, registry
from tests.factories.approvals import auditor, owner, person, steward
from tests.factories.experiments import looked, planned, running
from tests.factories.metrics import entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15

FORM = {
    "title": "Shorter form",
    "hypothesis": "A shorter form is finished more often.",
    "variants": "Long\nShort",
    "measured": "share",
    "expects": "rise",
    "base": "40",
    "effect": "10",
    "alpha": "5",
    "power": "80",
}


def text(answer):
    return answer.content.decode().replace("\u202f", " ")


def test_an_experiment_goes_from_plan_to_verdict(client):
    by, on = owner(), metric(key="form_rate")
    client.force_login(by)
    sent = FORM | {"metric": "form_rate", "owner": by.pk}
    page = client.post("/metrics/experiments/new/", sent | {"effect": "none", "hypothesis": ""})
    assert page.status_code == 422
    assert "Shorter form" in text(page), "what was typed is kept"
    client.post("/metrics/experiments/new/", sent)
    made = Experiment.objects.get()
    place = f"/metrics/experiments/{made.pk}/"
    assert "388" in text(client.get(place))
    assert client.post(place + "edit/", FORM | {"owner": by.pk, "version": 1, "title": "Short form"}).status_code == 302
    heir = owner(first_name="Una", last_name="Heir")
    stale = client.post(place + "edit/", FORM | {"owner": heir.pk, "version": 1, "title": "Shortest form"})
    assert stale.status_code == 409
    assert {("Title", "Short form", "Shortest form"), ("Owner", str(by), "Una Heir")} <= {*stale.context["differences"]}
    client.post(place + "start/")
    figures = {"m0v0_cases": "100", "m0v0_count": "40", "m0v1_cases": "100"}
    assert "more than there are cases" in text(client.post(place + "figures/", figures | {"m0v1_count": "101"}))
    client.post(place + "figures/", figures | {"m0v1_count": "62"})
    page = text(client.get(place))
    assert "Not yet the planned sample: 100 of 388" in page
    assert "Early" in page
    refused = client.post(place + "judge/", {"verdict": "supported", "reason": "It works."})
    assert refused.status_code == 422
    assert "before its time" in text(refused)
    told = {"verdict": "supported", "reason": "It works.", "despite": "The season ends today."}
    client.post(place + "judge/", told)
    page = text(client.get(place))
    assert "Verdict: supported" in page
    assert "The season ends today." in page
    assert "Experiments" in text(client.get(f"/metrics/{on.key}/"))


def test_the_list_shows_the_share_of_each_verdict_and_keeps_what_failed(client, django_assert_max_num_queries):
    by, on = owner(), metric()
    failed = looked(running(on, by=by, title="Shorter form"), (200, 400), (160, 400))
    judging.judge(failed, verdict="not_supported", reason="Fewer finished.", by=by)
    stopped = planned(on, by=by, title="=Longer form")
    judging.judge(stopped, verdict="stopped", reason="Never mind.", by=by)
    planned(by=by, title="Another metric")
    client.force_login(auditor())
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        page = text(client.get("/metrics/experiments/"))
    asked = len(few)
    assert page.count("50 %") == 2
    assert "Plan an experiment" not in page, "an auditor changes nothing"
    narrowed = text(client.get(f"/metrics/experiments/?verdict=stopped&metric={on.key}"))
    assert "Longer form" in narrowed
    assert "Shorter form" not in narrowed
    assert "Nothing fits" in text(client.get("/metrics/experiments/?find=nowhere"))
    assert "Another metric" in text(client.get("/metrics/experiments/?state=nonsense"))
    csv = b"".join(client.get("/metrics/experiments.csv?verdict=not_supported").streaming_content).decode()
    assert "Fewer finished." in csv
    assert "a difference of −10 percentage points" in csv
    assert failed.plan_digest in csv
    assert "'=Longer form" in b"".join(client.get("/metrics/experiments.csv").streaming_content).decode()
    for number in range(12):
        running(on, by=by, title=f"More {number}")
    with django_assert_max_num_queries(asked):
        client.get("/metrics/experiments/")


def test_a_plan_on_a_metric_one_may_not_see_or_add_to_is_refused_beside_the_field(client):
    secret, on = metric(classification="confidential", owner=owner()), metric()
    stranger = person()
    client.force_login(stranger)
    for key, words in ((secret.key, "Choose a metric of the registry"), (on.key, "owners and stewards plan")):
        page = client.post("/metrics/experiments/new/", FORM | {"metric": key, "owner": stranger.pk})
        assert page.status_code == 422
        assert words in text(page)
    page = client.post(
        "/metrics/experiments/new/", FORM | {"metric": on.key, "further": secret.key, "owner": stranger.pk}
    )
    assert f"There is no metric with the key {secret.key}." in text(page)
    registry.grant(on, to=stranger, permission="contribute_metric", by=None)
    assert client.get(f"/metrics/experiments/new/?metric={on.key}").status_code == 200
    made = client.post("/metrics/experiments/new/", FORM | {"metric": on.key, "owner": stranger.pk})
    assert made.status_code == 302


def shares(*pairs, **fields):
    """A metric of shares with these values and sample sizes, the last one of last week."""
    on = metric(**fields)
    rows = [entry(weeks_ago(len(pairs) - at), value, sample_size=cases) for at, (value, cases) in enumerate(pairs)]
    observations.record(on, rows, by=None, source="test")
    return on


@pytest.mark.parametrize(
    "pairs, fields, words",
    [
        (
            [(81, 400), (78, 412)],
            {"baseline": None},
            "78 % of 412: between 74 % and 82 %, with 95 % confidence; the fall from 81 % is within what chance does.",
        ),
        ([(81, 400), (70, 412)], {"baseline": None}, "the fall from 81 % is more than chance does."),
        ([(81, 400), (70, 412)], {}, "the fall from 81 % is more than chance does. Two comparisons"),
        ([(81, 400), (78, 12)], {"minimum_sample": 30}, "12 cases, fewer than the 30 asked for by the definition"),
        ([(81, 9), (78, 412)], {"minimum_sample": 30, "baseline": None}, "with 95 % confidence."),
        ([(81, 400), (78, 12)], {"minimum_sample": 30, "unit": "points"}, "78 points comes from 12 cases, fewer than"),
    ],
)
def test_a_share_of_so_many_cases_is_told_between_its_bounds(client, pairs, fields, words):
    on = shares(*pairs, **fields)
    client.force_login(owner())
    assert words in text(client.get(f"/metrics/{on.key}/"))
    values = text(client.get(f"/metrics/{on.key}/values/"))
    assert ("Likely between" in values) == (fields.get("unit") is None)


def test_what_is_worked_out_from_others_has_no_interval_of_its_own(client):
    one, two = (shares(*[(50 + week % 3, 400) for week in range(10)]) for _ in range(2))
    both = metric(expression=f"({one.key} + {two.key}) / 2", baseline=None)
    observations.record(one, [entry(weeks_ago(1), 44, sample_size=400, reason="Counted anew.")], by=None, source="test")
    assert both.observations.filter(sample_size=400, value__gt=0).count() > 9
    client.force_login(owner())
    page = text(client.get(f"/metrics/{both.key}/"))
    assert "with 95 % confidence" not in page
    assert "Likely between" not in text(client.get(f"/metrics/{both.key}/values/"))


def test_the_calculator_opens_with_the_metrics_own_figures(client):
    on = shares((81, 400), (78, 412))
    client.force_login(owner())
    page = client.get(f"/metrics/{on.key}/").content.decode()
    address = page.split('href="/metrics/calculator/')[1].split('"')[0].replace("&amp;", "&")
    assert "A difference of −3 percentage points" in text(client.get(f"/metrics/calculator/{address}"))


def test_without_sample_sizes_a_metric_is_held_against_its_own_variation(client):
    on = metric(unit="days")
    weekly(on, [10, 12] * 6 + [25])
    client.force_login(steward())
    page = text(client.get(f"/metrics/{on.key}/"))
    assert "By the 12 values before, it keeps between" in page
    assert "25 days lies outside: something moved it" in page
    assert "Likely between" not in page
    growth = shares((-3, 400), (5, 412))
    assert "Likely between" not in text(client.get(f"/metrics/{growth.key}/values/"))
    assert "with 95 % confidence" not in text(client.get(f"/metrics/{growth.key}/"))
