"""The pages of data quality by what they show, by access to segments, and by their number of queries."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from config.kit.days import day_text
from metrics import dependants
from metrics.dependants import Dependant
from metrics.models import MetricSegment, QualityIncident, QualityScore
from metrics.queries import desk
from metrics.services import observations, quality, quality_settings
from tests.factories.approvals import auditor, owner, person, steward
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
STEADY = [80, 81, 79, 80, 82, 80, 81, 79, 80, 81, 80, 79, 81, 80]
MOST_QUERIES, MOST_BYTES = 15, 60 * 1024


@pytest.fixture
def caught():
    """A metric whose newest value was caught, with its steward."""
    made = metric(key="first_answer", name="First answer", steward=steward(), owner=owner(), family="Support")
    weekly(made, [*STEADY, 800])
    quality.compute()
    return made


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_quality_page_shows_score_checks_and_incidents(client, caught):
    client.force_login(caught.steward)
    seen = text_of(client.get("/metrics/first_answer/quality/"))
    assert "1 of 12 values stands out: 800 for" in seen
    assert "No control figure has been entered." in seen
    assert "Set the checks" in seen
    assert "Score day by day" not in seen
    QualityScore.objects.create(metric=caught, day=timezone.now().date() - timedelta(days=1), score=100)
    assert "Score day by day" in text_of(client.get("/metrics/first_answer/quality/"))
    client.force_login(auditor())
    assert "Set the checks" not in text_of(client.get("/metrics/first_answer/quality/"))


def test_the_incident_says_what_it_touches_and_what_a_correction_would_change(client, caught, monkeypatch):
    decision = Dependant(title="Pool the teams", url="/decisions/D-2026-0001/", watcher="D-2026-0001")
    monkeypatch.setattr(dependants, "_finders", [lambda metric, user: [decision]])
    condition(caught, {"kind": "above", "bound": 100})
    incident = caught.incidents.get()
    client.force_login(caught.steward)
    seen = text_of(client.get(f"/metrics/incidents/{incident.pk}/"))
    assert "If it were corrected to 80" in seen
    assert f"/metrics/first_answer/record/?period={weeks_ago(1).isoformat()}" in seen
    assert "a breach rests on this value" in seen
    assert f"takes back what fired from {day_text(weeks_ago(1))}, then it holds" in seen
    correct = f"/metrics/first_answer/record/?period={weeks_ago(1).isoformat()}"
    typed = {"period_start": weeks_ago(1).isoformat(), "value": "80", "reason": "A zero too many."}
    assert client.post(correct, typed).status_code == 302
    quality.sweep(timezone.now() + timedelta(seconds=10))
    after = text_of(client.get(f"/metrics/incidents/{incident.pk}/"))
    assert "The check passes again." in after
    assert ">Found<" in seen
    assert ">Corrected<" in after
    assert ">Found<" not in after


def test_acknowledge_then_resolve_with_a_reason(client, caught):
    url = f"/metrics/incidents/{caught.incidents.get().pk}/"
    client.force_login(caught.steward)
    assert client.post(url, {"acknowledge": "1"}).status_code == 302
    assert client.post(url, {"acknowledge": "1"}).status_code == 409
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422
    assert "This field is required" in text_of(refused)
    assert client.post(url, {"reason": "The campaign did that."}).status_code == 302
    seen = text_of(client.get(url))
    assert "The campaign did that." in seen
    assert "Accept what was found" not in seen


def test_checks_are_set_by_form_and_mistakes_stand_beside_their_field(client, caught):
    client.force_login(caught.steward)
    page = client.get("/metrics/first_answer/quality/checks/")
    fields = page.context["form"]
    shown = {name: fields[name].value() for name in fields.fields}
    typed = {name: value for name, value in shown.items() if value is not None and value is not False}
    bad = client.post("/metrics/first_answer/quality/checks/", typed | {"outliers-threshold": "much"})
    assert bad.status_code == 422
    assert "Enter a number" in text_of(bad)
    assert "much" in text_of(bad)
    wrong = client.post("/metrics/first_answer/quality/checks/", typed | {"bounds-low": "9", "bounds-high": "1"})
    assert "lies below the least" in text_of(wrong)
    lone = client.post("/metrics/first_answer/quality/checks/", typed | {"comparison-on": "on"})
    assert "Name the metric to compare with." in text_of(lone)
    given = typed | {"outliers-severity": "high", "bounds-on": "on", "bounds-high": "100"}
    assert client.post("/metrics/first_answer/quality/checks/", given).status_code == 302
    assert client.post("/metrics/first_answer/quality/checks/", given).status_code == 302, "the same, sent twice"
    late = client.post("/metrics/first_answer/quality/checks/", given | {"outliers-threshold": "7.25"})
    assert late.status_code == 409
    assert late.context["differences"] == [("Outliers: Times the usual spread", "3.5", "7.25")]
    assert 'value="7.25"' in text_of(late)
    again = given | {"outliers-threshold": "7.25", "version": late.context["form"]["version"].value()}
    assert client.post("/metrics/first_answer/quality/checks/", again).status_code == 302
    quality.sweep(timezone.now() + timedelta(seconds=10))
    severities = dict(caught.incidents.values_list("check_key", "severity"))
    assert severities == {"outliers": "high", "bounds": "high"}
    assert "Data in doubt" in text_of(client.get("/metrics/first_answer/"))


def test_a_control_figure_by_form_and_its_withdrawal(client, caught):
    client.force_login(caught.steward)
    url, day = "/metrics/first_answer/quality/figures/", weeks_ago(2).isoformat()
    typed = {"period": day, "value": "90,5", "tolerance": "2", "percent": "yes", "source": "Counted by hand"}
    assert client.post(url, typed | {"tolerance": "-1"}).status_code == 422
    assert client.post(url, typed).status_code == 302
    assert "a control figure already" in text_of(client.post(url, typed))
    figure = caught.control_figures.get()
    assert (figure.value, figure.percent) == (Decimal("90.5"), True)
    assert "± 2 %" in text_of(client.get(url))
    assert client.post(url, {"withdraw": str(figure.pk)}).status_code == 302
    assert "Withdrawn" in text_of(client.get(url))


def test_each_hour_of_a_day_may_have_a_control_figure(client, caught):
    hourly = metric(cadence="PT1H", time_zone="Europe/Berlin", steward=caught.steward)
    client.force_login(caught.steward)
    url, typed = f"/metrics/{hourly.key}/quality/figures/", {"value": "9", "tolerance": "2", "source": "Counted"}
    for given in ("2026-10-25 02:30+02:00", "2026-10-25T02:30:00+01:00", "2026-10-26 14:05"):
        assert client.post(url, typed | {"period": given}).status_code == 302, given
    assert "a control figure already" in text_of(client.post(url, typed | {"period": "2026-10-26 14:59"}))
    for given in ("2026-10-26", "2026-10-26 25:00", "0001-01-01 00:00", "\x00", ""):
        refused = client.post(url, typed | {"period": given})
        assert (refused.status_code, 'value="9"' in text_of(refused)) == (422, True), given
    page = text_of(client.get(url))
    for words in ("02:00 CEST", "02:00 CET", "14:00 CET", "Any time in the period"):
        assert words in page


def test_the_list_is_filtered_and_sent_as_csv(client, caught):
    hidden = metric(classification="confidential", name="Hidden one")
    weekly(hidden, [*STEADY, 900])
    quality.compute()
    client.force_login(person())
    seen = text_of(client.get("/metrics/incidents/"))
    assert "Outliers: First answer" in seen
    assert "Hidden one" not in seen
    assert "Score by family" in seen
    for query in ("severity=high", "check=bounds", "metric=nothing", "state=over", "state=nonsense"):
        assert "Outliers: First answer" not in text_of(client.get(f"/metrics/incidents/?{query}"))
    for query in ("severity=medium", "check=outliers", "metric=support", "state=all", "state=open"):
        assert "Outliers: First answer" in text_of(client.get(f"/metrics/incidents/?{query}"))
    rows = b"".join(client.get("/metrics/incidents.csv").streaming_content).decode().splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("first_answer,,outliers,medium,open,")


def test_what_happens_in_a_restricted_segment_is_told_to_those_who_may_see_it(client, caught):
    for value, week in zip([*STEADY, 700], range(15, 0, -1), strict=True):
        observations.record(caught, [entry(weeks_ago(week), value, segment="North")], by=None)
    MetricSegment.objects.update_or_create(metric=caught, name="North", defaults={"restricted": True})
    caught.segmented = True
    caught.save()
    quality.sweep(timezone.now() + timedelta(seconds=10))
    incident = QualityIncident.objects.get(segment="North")
    client.force_login(person())
    assert client.get(f"/metrics/incidents/{incident.pk}/").status_code == 404
    for url in ("/metrics/incidents/", "/metrics/first_answer/quality/"):
        assert "North" not in text_of(client.get(url))
    client.force_login(caught.steward)
    assert "North" in text_of(client.get(f"/metrics/incidents/{incident.pk}/"))


def test_the_steward_finds_it_on_the_desk(caught):
    [chore] = [each for each in desk.waiting_for(caught.steward, timezone.now()) if each.kind == "Failing checks"]
    assert chore.title == "Outliers of First answer"
    assert not [each for each in desk.waiting_for(person(), timezone.now()) if each.kind == "Failing checks"]


@pytest.mark.parametrize("size", [1, 30])
def test_pages_keep_their_number_of_queries(client, django_assert_max_num_queries, caught, size):
    for number in range(size):
        other = metric(family=f"Family {number}")
        QualityIncident.objects.create(
            metric=other,
            check_key="bounds",
            severity="high",
            sentence="Impossible.",
            opened_at=timezone.now(),
            since=timezone.now(),
            last_seen_at=timezone.now(),
        )
        quality_settings.look_again(other, timezone.now())
    client.force_login(caught.steward)
    incident = caught.incidents.get()
    for url in (
        "/metrics/incidents/",
        "/metrics/first_answer/quality/",
        "/metrics/first_answer/quality/checks/",
        "/metrics/first_answer/quality/figures/",
        f"/metrics/incidents/{incident.pk}/",
    ):
        with django_assert_max_num_queries(MOST_QUERIES):
            assert len(client.get(url).content) < MOST_BYTES, url
