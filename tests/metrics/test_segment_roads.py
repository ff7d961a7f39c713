"""One secret number in restricted segments, and every road that could lead to it."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from approvals.models import LedgerEntry, Notice, User
from approvals.services.people import create_token
from config.kit.refusals import BadInput
from decisions.models import Decision
from decisions.services import pinning, reevaluations, sweeping
from metrics.access import sees
from metrics.models import Metric, MetricSegment, Observation
from metrics.services import definitions, observations, registry, segments
from tests.factories import metrics
from tests.factories.approvals import approvers, auditor, owner, person, signed_in
from tests.factories.decisions import BACKLOG, RESOLUTION, in_force
from tests.factories.metrics import entry, weekly, weeks_ago

pytestmark = pytest.mark.django_db

SECRET = re.compile(r"7\D?131[.,]5")  # however thousands are grouped, on pages, in files and in JSON
KEY = "load"


def restricted(metric: Metric, name: str) -> None:
    segments.restrict(metric, name=name, restricted=True, by=None)


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> Decision:
    """Restricted are: North of one metric, of its double and of its sum; and the whole of what a decision rests on."""
    settings.VAR = tmp_path
    approvers(3)
    load = metrics.metric(key=KEY, unit="tickets")
    segments.declare(load, name="North", dimension="region", by=None)
    restricted(load, "North")
    metrics.metric(key="double", unit="tickets", expression="load * 1")
    total = metrics.metric(key="total", unit="tickets", aggregation="sum", aggregation_over="region")
    segments.declare(total, name="North", dimension="region", by=None)
    restricted(total, "North")
    for target in (load, total):
        rows = [entry(weeks_ago(n), value, segment="North") for n, value in ((3, 5), (2, 6), (1, 8))]
        rows += [entry(weeks_ago(n), 7, segment="South") for n in (3, 2, 1)]
        observations.record(target, rows, by=None)
        secret = entry(weeks_ago(1), "7131.5", segment="North", reason="Counted again.")
        observations.record(target, [secret], by=None)
    metrics.condition(load, {"kind": "above", "bound": 100}, segment="North")
    metrics.weekly(metrics.metric(key=RESOLUTION), [82, 84, 83], until=2)
    growth = metrics.metric(key=BACKLOG, direction="lower", baseline=3, target=2, tolerance_low=0, tolerance_high=5)
    restricted(growth, "")
    weekly(growth, [3, 4, 3], until=2)
    decision = in_force()
    weekly(growth, ["7131.5"])
    assert reevaluations.receive_signals() == {"opened": 1, "attached": 1}
    sweeping.sweep(without={"mail"})
    return decision


def patterns(found: list[Any], prefix: str = "") -> Iterator[tuple[str, str, set[str]]]:
    """Yield name, route and the names of the parameters of every address."""
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, prefix + str(pattern.pattern), set(pattern.pattern.converters)


def roads(decision: Decision) -> Iterator[str]:
    """Yield every address that takes a metric's key or a decision's reference and no more, and some by hand."""
    for name, route, parameters in patterns(get_resolver().url_patterns):
        if route.startswith(("api/", "accounts/", "static/")):
            continue
        if parameters == {"key"} and route.startswith("metrics/"):
            yield from (reverse(name, args=[key]) for key in (KEY, BACKLOG))
        elif parameters == {"reference"} and not route.endswith(".pdf"):
            yield reverse(name, args=[decision.reference])
        elif not parameters and route.startswith(("metrics", "decisions", "calendar")):
            yield reverse(name)
    task = decision.reevaluations.get()
    yield from ("/", f"/reevaluations/{task.pk}/", f"/reevaluations/{task.pk}/answer/", "/search/?q=load")
    yield from (f"/metrics/{key}/?segment=North" for key in (KEY, "double", "total"))
    for page in ("radius", "record"):
        yield f"/metrics/{KEY}/{page}/?period={weeks_ago(1)}&segment=North"
        yield f"/metrics/{BACKLOG}/{page}/?period={weeks_ago(1)}"
    yield f"/metrics/{KEY}/values/?known={weeks_ago(0)}"
    for key in ("double", "total"):
        yield from (f"/metrics/{key}/{page}" for page in ("", "values/", "values.csv", "segments/", "segments.csv"))


def betrayals(who: User, addresses: Iterable[str]) -> list[str]:
    """Return the addresses at which the secret is shown to somebody."""
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    found = []
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        body: bytes = b"".join(answer) if answer.streaming else answer.content
        if SECRET.search(body.decode("utf-8", "replace")):
            found.append(address)
    return found


def api(who: User, *scopes: str) -> Any:
    """Return a caller of the API in the name of somebody."""
    scopes = scopes or ("metrics:read", "metrics:write", "decisions:read")
    _, text = create_token(user=who, name="roads", scopes=scopes)
    client, headers = Client(), {"authorization": f"Bearer {text}"}

    def call(address: str, body: Any = None) -> str:
        given = {"headers": headers, "content_type": "application/json"}
        sent = (
            client.get(f"/api/v1{address}", headers=headers)
            if body is None
            else client.post(f"/api/v1{address}", json.dumps(body), **given)
        )
        assert sent.status_code < 500, address
        return sent.content.decode()

    return call


def look_first_and_import(who: User) -> None:
    """Try what answers back: a look at what a value would change, and a file that is only tried."""
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    typed = {"period_start": weeks_ago(1).isoformat(), "value": "8", "segment": "North", "look": "1"}
    looked = client.post(f"/metrics/{KEY}/record/", typed)
    assert looked.status_code == 422
    assert "You may not record values of this segment." in looked.content.decode()
    rows = f"metric,period_start,value,segment\n{KEY},{weeks_ago(1)},9,North\n{KEY},{weeks_ago(1)},9,South"
    tried = client.post("/metrics/import/", {"rows": rows, "dry_run": "on"}).content.decode()
    assert "You may not record values of the segment “North”." in tried
    assert "Revision 2: 9 instead of 7." in tried
    assert not SECRET.search(looked.content.decode() + tried)


def test_a_secret_number_is_on_no_road_to_who_may_not_see_its_segment(world: Decision) -> None:
    outsider = person()
    for key in (KEY, BACKLOG):
        # Who may add to a metric may not therefore see or correct what is restricted of it.
        registry.grant(Metric.objects.get(key=key), to=outsider, permission="contribute_metric", by=None)
    assert betrayals(outsider, roads(world)) == []
    call = api(outsider)
    answers = [call(f"/metrics/{key}/observations?segment=North&revisions=true") for key in (KEY, "double", "total")]
    answers += [call(f"/metrics/{BACKLOG}/observations?revisions=true"), call("/metrics"), call(f"/metrics/{BACKLOG}")]
    answers += [call("/decisions"), call(f"/decisions/{world.reference}"), call("/reevaluations")]
    week = weeks_ago(1).isoformat()
    for value in (8, "7131.5"):
        answers.append(call(f"/metrics/{KEY}/observations", {"period_start": week, "value": value, "segment": "North"}))
    refused = [json.loads(answer)["detail"] for answer in answers[-2:]]
    assert refused[0] == refused[1] == "segment: You may not record values of the segment “North”."
    assert not [answer for answer in answers[:-1] if SECRET.search(answer)]
    assert not [entry.payload for entry in LedgerEntry.objects.all() if SECRET.search(entry.payload)]
    assert not [notice.body for notice in Notice.objects.all() if SECRET.search(notice.body + notice.title)]
    look_first_and_import(outsider)
    with pytest.raises(BadInput) as refusal:
        pinning.pinned(BACKLOG, by=auditor())
    assert "cannot be pinned" in str(refusal.value.errors)


def test_the_same_roads_lead_there_for_who_may_see(world: Decision) -> None:
    wanted = [f"/metrics/{KEY}/values/", f"/metrics/{KEY}/values.csv", f"/metrics/{KEY}/?segment=North"]
    wanted += ["/metrics/double/values/", f"/metrics/{BACKLOG}/", f"/metrics/{KEY}/segments/", "/metrics.csv"]
    assert betrayals(auditor(), wanted) == wanted


class TestWhoSees:
    """The rule itself: who sees what of one metric with North restricted and South open."""

    @pytest.fixture
    def load(self) -> Metric:
        made = metrics.metric(key=KEY, owner=owner(), steward=person())
        segments.declare(made, name="North", dimension="region", by=None)
        restricted(made, "North")
        rows = [entry(weeks_ago(1), value, segment=name) for name, value in (("", 1), ("North", 2), ("South", 3))]
        observations.record(made, rows, by=None)
        return Metric.objects.get(key=KEY)

    @staticmethod
    def seen(who: User) -> set[str]:
        fresh = User.objects.get(pk=who.pk)
        return set(Observation.objects.visible_to(fresh).values_list("segment", flat=True))

    def test_owner_steward_and_auditors_see_all_and_others_what_is_open(self, load: Metric) -> None:
        everything = {"", "North", "South"}
        people = [User.objects.get(pk=load.owner_id), User.objects.get(pk=load.steward_id), auditor()]
        assert [self.seen(who) for who in people] == [everything] * 3
        assert self.seen(person()) == {"", "South"}

    def test_a_grant_acts_at_once_and_so_does_its_end(self, load: Metric) -> None:
        north, who = MetricSegment.objects.get(name="North"), person()
        segments.grant(north, to=who, permission="view_metricsegment", by=load.owner)
        assert self.seen(who) == {"", "North", "South"}
        segments.revoke(north, to=who, permission="view_metricsegment", by=load.owner)
        assert self.seen(who) == {"", "South"}

    def test_a_group_passes_its_grant_on_while_one_belongs_to_it(self, load: Metric) -> None:
        north, who, group = MetricSegment.objects.get(name="North"), person(), Group.objects.create(name="North desk")
        segments.grant(north, to=group, permission="view_metricsegment", by=None)
        assert self.seen(who) == {"", "South"}
        who.groups.add(group)
        assert self.seen(who) == {"", "North", "South"}

    def test_who_has_left_sees_nothing(self, load: Metric) -> None:
        who = person()
        segments.grant(MetricSegment.objects.get(name="North"), to=who, permission="view_metricsegment", by=None)
        User.objects.filter(pk=who.pk).update(is_active=False)
        assert self.seen(who) == set()
        assert not sees(User.objects.get(pk=who.pk), load, "South")

    def test_the_whole_can_be_restricted_too(self, load: Metric) -> None:
        restricted(load, "")
        assert self.seen(person()) == {"South"}

    def test_new_segments_are_restricted_where_the_steward_says_so(self, load: Metric) -> None:
        segments.restrict_new(load, restricted=True, by=load.owner)
        observations.record(load, [entry(weeks_ago(1), 4, segment="West")], by=None)
        assert self.seen(person()) == {"", "South"}

    def test_who_is_granted_one_segment_records_that_and_nothing_else(self, load: Metric) -> None:
        who = person()
        segments.grant(MetricSegment.objects.get(name="North"), to=who, permission="contribute_metricsegment", by=None)
        rows = [entry(weeks_ago(2), 5, segment=name) for name in ("North", "South", "")]
        results = observations.record(load, rows, by=who)
        assert [result.status for result in results] == ["stored", "refused", "refused"]

    def test_a_formula_does_not_open_what_its_input_restricts(self, load: Metric) -> None:
        metrics.metric(key="later", expression="load * 2")
        assert MetricSegment.objects.get(metric__key="later", name="North").restricted
        restricted(load, "South")
        assert MetricSegment.objects.get(metric__key="later", name="South").restricted
        assert definitions.proposed(load) is None


def test_the_names_of_restricted_segments_are_on_no_page_of_the_whole_that_they_make() -> None:
    total = metrics.metric(key="total", unit="tickets", aggregation="sum", aggregation_over="region")
    for name in ("Hushland", "South"):
        segments.declare(total, name=name, dimension="region", by=None)
    restricted(total, "Hushland")
    for week in (3, 2):
        observations.record(total, [entry(weeks_ago(week), 5, segment=name) for name in ("Hushland", "South")], by=None)
    gone = entry(weeks_ago(3), None, segment="Hushland", reason="Withdrawn.")
    observations.record(total, [gone, entry(weeks_ago(1), 5, segment="South")], by=None)
    shown = {}
    for who in (person(), auditor()):
        client = signed_in(who)
        pages = ("", "values/", "values.csv", "segments/", "segments.csv", "quality/")
        answers = [client.get(f"/metrics/total/{each}") for each in pages]
        bodies = [b"".join(each) if each.streaming else each.content for each in answers]
        shown[who] = b"".join(bodies).decode() + api(who, "metrics:read")("/metrics/total/observations?revisions=true")
    outsider, reader = shown.values()
    assert "Hushland" not in outsider
    assert "a segment you may not see" in outsider
    assert "Missing: a restricted segment (1)." in outsider
    assert "Hushland: missing" in reader
