"""The page of a metric's segments: what it lists, what its buttons do, and what it costs at any size."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import User
from approvals.services.people import create_token
from config.kit.days import day_text
from metrics.models import Metric, MetricSegment
from metrics.queries import segmented
from metrics.services import observations, segments
from tests.factories.approvals import owner, person
from tests.factories.metrics import entry, metric, weeks_ago

pytestmark = pytest.mark.django_db


def regional(count: int, keeper: User, **fields) -> Metric:
    """A weighted share by region, with two weeks of values."""
    made = metric(owner=keeper, aggregation="weighted", aggregation_over="region", **fields)
    rows = [
        entry(weeks_ago(week), 50 + place, segment=f"Region {place}", sample_size=10 + place)
        for place in range(count)
        for week in (2, 1)
    ]
    observations.record(made, rows, by=None)
    return made


@pytest.fixture
def keeper(client) -> User:
    who = owner()
    client.force_login(who)
    return who


def test_it_lists_the_segments_with_the_whole_and_how_that_was_made(client, keeper):
    made = regional(2, keeper)
    body = client.get(f"/metrics/{made.key}/segments/").content.decode()
    assert "mean over region, weighted by sample size" in body
    assert "50.52381" in body  # (50 · 10 + 51 · 11) / 21
    assert all(f"?segment=Region%20{place}" in body for place in (0, 1))
    rows = client.get(f"/metrics/{made.key}/segments.csv").getvalue().decode().splitlines()
    assert rows[0].startswith("metric,dimension,segment,restricted")
    assert rows[1].split(",")[2:4] == ["", "no"]
    assert rows[2] == f"{made.key},region,Region 0,no,{weeks_ago(2)},,{weeks_ago(1)},50,10"


def test_its_buttons_restrict_grant_take_back_and_open(client, keeper):
    made, other, group = regional(2, keeper), person(), Group.objects.create(name="Region desk")
    address = f"/metrics/{made.key}/segments/"
    north = MetricSegment.objects.get(name="Region 0")
    assert client.post(address, {"restrict": "Region 0"}).status_code == 302
    for to in ({"person": other.pk}, {"group": group.pk}):
        given = {"grant": "1", "segment": north.name, "permission": "view_metricsegment"} | to
        assert client.post(address, given).status_code == 302
    body = client.get(address).content.decode()
    assert "Restricted" in body
    assert "everybody in Region desk" in body
    assert "Restrict the whole too" in body
    client.force_login(other)
    assert client.get(f"/metrics/{made.key}/?segment=Region 0").status_code == 200
    client.force_login(keeper)
    to_people, to_groups = north.metricsegmentuserobjectpermission_set, north.metricsegmentgroupobjectpermission_set
    client.post(address, {"revoke": f"u{to_people.get().pk}"})
    client.post(address, {"revoke": f"g{to_groups.get().pk}"})
    assert [to_people.count(), to_groups.count()] == [0, 0]
    client.force_login(other)
    assert client.get(f"/metrics/{made.key}/?segment=Region 0").status_code == 404
    assert "A segment you may not see" in client.get(address).content.decode()
    client.force_login(keeper)
    client.post(address, {"open": "Region 0"})
    client.post(address, {"new": "restricted"})
    north.refresh_from_db()
    made.refresh_from_db()
    assert (north.restricted, made.segments_restricted) == (False, True)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "", "dimension": "region"}, "This field is required."),
        ({"name": "West", "dimension": "product"}, "The whole is made over region"),
        ({"grant": "1", "segment": "West", "permission": "view_metricsegment"}, "Select a valid choice."),
        ({"grant": "1", "permission": "view_metricsegment", "segment": "first"}, "Choose a person or a group."),
        ({"restrict": "Nowhere"}, "There is no segment"),
    ],
)
def test_what_is_wrong_is_said(client, keeper, given, sentence):
    made = regional(1, keeper)
    if given.get("segment") == "first":
        given = given | {"segment": "Region 0"}
    answer = client.post(f"/metrics/{made.key}/segments/", given)
    assert answer.status_code in {409, 422}
    assert sentence in answer.content.decode()


def test_what_somebody_else_said_of_a_segment_meanwhile_is_shown_beside_what_was_typed(client, keeper):
    made = regional(1, keeper)
    address, given = f"/metrics/{made.key}/segments/", {"name": "West & East", "dimension": "region"}
    assert client.post(address, given).status_code == 302
    assert client.post(address, given).status_code == 302, "the same, sent twice"
    first, closed = weeks_ago(3).isoformat(), weeks_ago(1).isoformat()
    late = client.post(address, given | {"opened_from": first, "closed_from": closed})
    assert late.status_code == 409
    assert late.context["differences"] == [("From", "", first), ("Closed from", "", closed)]
    assert "?change=West%20%26%20East#declare" in late.content.decode()
    shown = client.get(f"{address}?change=West %26 East").context["form"]["version"].value()
    assert shown == late.context["form"]["version"].value()
    assert client.post(address, given | {"closed_from": closed, "version": shown}).status_code == 302


def test_a_revoke_that_is_no_number_changes_nothing(client, keeper):
    made = regional(1, keeper)
    for text in ("", "u", "u9999999", "gx", "u" + "9" * 40):
        assert client.post(f"/metrics/{made.key}/segments/", {"revoke": text}).status_code == 302


def test_a_steward_declares_a_segment_before_its_first_value(client, keeper):
    made = regional(1, keeper)
    given = {"name": "West", "dimension": "region", "opened_from": weeks_ago(1).isoformat()}
    assert client.post(f"/metrics/{made.key}/segments/", given).status_code == 302
    assert [row.value for row in made.observations.filter(segment="").current()] == [50, None]
    changing = client.get(f"/metrics/{made.key}/segments/?change=West").content.decode()
    assert 'value="West"' in changing


@pytest.fixture(name="late")
def _late(keeper) -> Metric:
    """A sum over three weeks, with a third region whose first value came afterwards, for the first of them."""
    made = metric(
        name="Cases", owner=keeper, steward=keeper, unit="cases", aggregation="sum", aggregation_over="region"
    )
    for name, weeks in (("North", (3, 2, 1)), ("South", (3, 2, 1)), ("East & West", (3,))):
        rows = [entry(weeks_ago(week), 5, segment=name) for week in weeks]
        observations.record(made, rows, by=None)
    return made


def test_wholes_made_without_a_late_segment_are_told_to_who_keeps_the_metric(client, late, keeper):
    told = f"2 wholes, the first of the period from {day_text(weeks_ago(2))}, stand without “East &amp; West”, by now"
    client.get("/metrics/calculator/")
    for address in ("/metrics/desk/", f"/metrics/{late.key}/segments/"):
        with CaptureQueriesContext(connection) as counted:
            body = client.get(address).content.decode()
        assert told in body
        assert f"/metrics/{late.key}/segments/wholes/" in body
        assert len(counted) <= 15, address
    client.force_login(person())
    assert told not in client.get(f"/metrics/{late.key}/segments/").content.decode()


def test_they_are_made_anew_once_somebody_has_seen_what_would_change(client, late, keeper):
    address = f"/metrics/{late.key}/segments/wholes/"
    with CaptureQueriesContext(connection) as counted:
        shown = client.get(address)
    assert len(counted) <= 15
    assert [figure for _, figure, _ in shown.context["tiles"]] == [0, 2, 0]
    body = shown.content.decode()
    assert 'Missing: East &amp; West. <span class="quiet">2 periods</span>' in body
    assert "?change=East%20%26%20West#declare" in body
    assert client.post(address, {"seen": "something else"}).status_code == 409
    done = client.post(address, {"seen": shown.context["found"].version}, follow=True)
    assert "2 wholes are made anew: 0 with another value, 2 withheld." in done.content.decode()
    assert [row.value for row in late.observations.filter(segment="").current()] == [15, None, None]
    assert "Nothing to make anew" in client.get(address).content.decode()


@pytest.mark.parametrize("page", ["segments/", "", "values/", "record/"])
def test_a_page_costs_the_same_with_many_segments(client, keeper, page):
    counts = []
    for size in (2, 45):
        made = regional(size, keeper, key=f"size_{size}")
        client.get("/metrics/calculator/")
        with CaptureQueriesContext(connection) as counted:
            answer = client.get(f"/metrics/{made.key}/{page}")
        assert answer.status_code == 200
        assert len(answer.content) < 60_000
        counts.append(len(counted))
    assert counts[1] <= counts[0] + 1
    assert counts[1] <= 15


def test_the_metrics_own_page_asks_one_query_more_for_its_segments(client):
    made, who = regional(3, owner()), person()
    segments.restrict(made, name="Region 0", restricted=True, by=None)
    segments.grant(MetricSegment.objects.get(name="Region 1"), to=who, permission="contribute_metricsegment", by=None)
    client.force_login(who)
    client.get(f"/metrics/{made.key}/")
    with CaptureQueriesContext(connection) as counted:
        body = client.get(f"/metrics/{made.key}/?segment=Region 2").content.decode()
    assert "Region 2 over time" in body
    assert "Region 0" not in body
    listed = [each for each in counted.captured_queries if each["sql"].startswith('SELECT "metrics_metricsegment"')]
    assert len(listed) == 1
    assert len(counted) <= 14


def test_the_api_lists_what_its_holder_sees_at_any_size(client, keeper):
    made, other = regional(3, keeper), person()
    segments.restrict(made, name="Region 1", restricted=True, by=None)

    def listed(who: User, query: str = "") -> tuple[list[str], int]:
        token = create_token(user=who, name=f"t{query}", scopes=["metrics:read"], by=None)[1]
        answer = client.get(f"/api/v1/metrics/{made.key}/segments{query}", headers={"authorization": f"Bearer {token}"})
        body = answer.json()
        assert body["aggregation"] == "weighted"
        return [each["name"] for each in body["items"]], body["count"]

    assert listed(keeper) == (["Region 0", "Region 1", "Region 2"], 3)
    assert listed(other) == (["Region 0", "Region 2"], 2)
    assert listed(other, "?limit=1&offset=1") == (["Region 2"], 2)
    assert listed(other, "?dimension=product") == ([], 0)
    made.refresh_from_db()
    with CaptureQueriesContext(connection) as few:
        found = segmented.listed(made, keeper, segmented.sight_of(made, keeper).segments)
    assert [str(each.latest.value) for each in found] == ["50.000000", "51.000000", "52.000000"]
    assert len(few) <= 5
