"""The pages of metrics by access, status and number of queries."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from metrics import dependants
from metrics.dependants import Dependant
from metrics.models import Metric
from metrics.services import definitions, registry
from tests.factories.approvals import approver, auditor, owner, person, steward
from tests.factories.metrics import COMPLETE, condition, daily, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
MOST_BYTES = 60 * 1024


@pytest.fixture
def signed_in(client):
    """Sign somebody in and return the client."""

    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def resting(monkeypatch):
    """Let one decision rest on every metric."""
    one = Dependant(
        title="Pool the teams", url="/decisions/D-2026-0001/", state="sound", tone="ok", watcher="D-2026-0001"
    )
    monkeypatch.setattr(dependants, "_finders", [lambda metric, user: [one]])


def test_the_registry_lists_what_may_be_seen(signed_in):
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
def test_filters_live_in_the_address(signed_in, query, found):
    metric(key="backlog_growth", level="strategic", category="Support")
    metric(key="raw_idea", approved=False)
    answer = signed_in(owner()).get(f"/metrics/?{query}")
    if found is None:
        assert answer.status_code == 422
    else:
        assert set(re.findall(r'class="title"><a href="/metrics/(\w+)/"', answer.content.decode())) == found


def test_the_registry_takes_as_many_queries_for_30_metrics_as_for_3(signed_in, django_assert_max_num_queries):
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


def test_the_csv_takes_as_many_queries_at_any_size(signed_in, django_assert_max_num_queries):
    client = signed_in(steward())
    weekly(metric(owner=owner()), [1])
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        b"".join(client.get("/metrics.csv").streaming_content)
    for _ in range(9):
        weekly(metric(owner=owner()), [1])
    with django_assert_max_num_queries(len(few)):
        b"".join(client.get("/metrics.csv").streaming_content)


def test_the_registry_as_csv_guards_against_formulas(signed_in):
    weekly(metric(key="one", name="=1+1"), [-5])
    body = b"".join(signed_in(owner()).get("/metrics.csv").streaming_content).decode()
    assert "'=1+1" in body
    assert ",-5" in body


def test_a_metrics_page_tells_how_it_stands(signed_in, resting):
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


def test_a_broken_condition_is_red_with_a_word(signed_in, resting):
    target = metric()
    condition(target, {"kind": "above", "bound": 10})
    weekly(target, [4, 11])
    page = signed_in(steward()).get(f"/metrics/{target.key}/").content.decode()
    assert "Broken" in page
    assert "Beyond the bound by" in page
    assert 'class="shade"' in page
    assert "Record value" in page


def test_conditions_of_unseen_decisions_are_counted_not_named(signed_in):
    target = metric()
    condition(target, {"kind": "above", "bound": 10}, watcher="D-2026-0099")
    page = signed_in(steward()).get(f"/metrics/{target.key}/").content.decode()
    assert "D-2026-0099" not in page
    assert "1 condition of what you may not see" in page
    assert "of what you may not see" not in signed_in(owner()).get(f"/metrics/{target.key}/").content.decode()


def test_the_registry_says_that_a_decision_breaks_only_to_those_who_may_see_it(signed_in, monkeypatch):
    target = metric()
    condition(target, {"kind": "above", "bound": 10}, watcher="D-2026-0099")
    weekly(target, [4, 11])
    assert "breaks a decision" not in signed_in(steward()).get("/metrics/").content.decode()
    monkeypatch.setattr(dependants, "_seers", [lambda user, watchers: watchers])
    assert "breaks a decision" in signed_in(steward()).get("/metrics/").content.decode()


def test_a_metrics_page_takes_as_many_queries_at_any_size(signed_in, resting, django_assert_max_num_queries):
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
def test_what_may_not_be_seen_is_not_there(signed_in, name):
    hidden = metric(classification="confidential")
    assert signed_in(steward()).get(reverse(name, args=[hidden.key])).status_code == 404
    assert signed_in(owner()).get(reverse(name, args=["no_such_key"])).status_code == 404


def test_a_grant_opens_a_confidential_metric_and_its_end_closes_it(signed_in):
    hidden, who = metric(classification="confidential"), person()
    registry.grant(hidden, to=who, permission="view_metric", by=None)
    assert signed_in(who).get(f"/metrics/{hidden.key}/").status_code == 200
    registry.revoke(hidden, to=who, permission="view_metric", by=None)
    assert signed_in(who).get(f"/metrics/{hidden.key}/").status_code == 404


class TestNew:
    def test_a_steward_creates_and_goes_on_to_define(self, signed_in):
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
    def test_a_bad_key_comes_back_with_a_sentence_and_what_was_typed(self, signed_in, key, sentence):
        metric(key="taken")
        data = {"name": "Kept name", "key": key, "direction": "lower", "cadence": "weekly", "level": "operational",
                "classification": "internal"}  # fmt: skip
        answer = signed_in(steward()).post("/metrics/new/", data)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in page
        assert "Kept name" in page

    def test_others_may_not(self, signed_in):
        assert signed_in(owner()).get("/metrics/new/").status_code == 403


class TestRecord:
    def test_a_value_lands_and_the_page_says_so(self, signed_in):
        target = metric()
        answer = signed_in(steward()).post(
            f"/metrics/{target.key}/record/", {"period_start": weeks_ago(1).isoformat(), "value": "81,5"}, follow=True
        )
        assert answer.redirect_chain == [(f"/metrics/{target.key}/", 302)]
        assert "Recorded 81.5" in answer.content.decode()
        assert target.observations.get().value == Decimal("81.5")

    def test_a_correction_asks_for_its_reason_and_keeps_what_was_typed(self, signed_in):
        target = metric()
        weekly(target, [80])
        client, data = signed_in(steward()), {"period_start": weeks_ago(1).isoformat(), "value": "82"}
        answer = client.post(f"/metrics/{target.key}/record/", data)
        assert answer.status_code == 422
        assert "already has 80" in answer.content.decode()
        assert 'value="82"' in answer.content.decode()
        assert client.post(f"/metrics/{target.key}/record/", data | {"reason": "Recount"}).status_code == 302
        assert target.observations.get(revision=2).reason == "Recount"

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"value": "NaN"}, "Enter a number"),
            ({"value": "1e400"}, "too large"),
            ({"value": ""}, "required"),
            ({"period_start": "0001-01-01"}, "between 1990 and 2100"),
            ({"period_start": "2099-01-01"}, "has not begun yet"),
            ({"note": "x\x00"}, "NUL"),
            ({"note": "x" * 1_000_000}, "at most 2,000 characters"),
            ({"sample_size": "many"}, "Enter a number"),
        ],
    )
    def test_bad_input_is_a_sentence(self, signed_in, data, sentence):
        target = metric()
        answer = signed_in(steward()).post(
            f"/metrics/{target.key}/record/", {"period_start": "2026-01-05", "value": "5"} | data
        )
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not target.observations.exists()

    @pytest.mark.parametrize("who", [owner, approver, auditor])
    def test_others_may_not(self, signed_in, who):
        target = metric()
        address = f"/metrics/{target.key}/record/"
        assert signed_in(who()).post(address, {"period_start": "2026-01-05", "value": "5"}).status_code == 403

    def test_somebody_granted_it_may(self, signed_in):
        target, who = metric(), owner()
        registry.grant(target, to=who, permission="contribute_metric", by=None)
        data = {"period_start": weeks_ago(1).isoformat(), "value": "5"}
        assert signed_in(who).post(f"/metrics/{target.key}/record/", data).status_code == 302


class TestImport:
    def test_a_try_keeps_nothing_and_one_click_then_records(self, signed_in):
        target, client = metric(key="one"), signed_in(steward())
        rows = "metric,period_start,value\none,2026-01-05,1\n"
        tried = client.post("/metrics/import/", {"rows": rows, "dry_run": "on"}).content.decode()
        assert "What would happen" in tried
        assert not target.observations.exists()
        assert "Record these rows" in tried
        waiting = re.search(r'name="waiting" value="([^"]+)"', tried)[1]
        other = Client()
        other.force_login(steward())
        assert other.post("/metrics/import/", {"waiting": waiting}).status_code == 422
        done = client.post("/metrics/import/", {"waiting": waiting}).content.decode()
        assert "1 stored" in done
        assert target.observations.count() == 1

    def test_a_long_report_is_no_heavy_page_shows_what_is_refused_and_is_there_in_whole(self, signed_in):
        metric(key="one", cadence="daily")
        days = [date(2024, 1, 1) + timedelta(days=number) for number in range(600)]
        rows = "metric,period_start,value\n" + "".join(f"one,{day},1\n" for day in days) + "one,never,1\n"
        client = signed_in(steward())
        sent = {"file": SimpleUploadedFile("x.csv", rows.encode()), "dry_run": "on"}
        tried = client.post("/metrics/import/", sent)
        assert len(tried.content) < 60_000
        assert [row.row for row in tried.context["report"] if row.status == "refused"] == [602]
        whole = client.get(f"/metrics/import/{tried.context['waiting']}/report.csv")
        lines = b"".join(whole.streaming_content).decode().splitlines()
        assert len(lines) == 602
        assert lines[-1].startswith("602,one,refused,")

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
    def test_a_tried_file_is_recorded_in_one_click_whatever_its_encoding(self, signed_in, encoding):
        metric(key="one")
        rows = "metric,period_start,value\none,2026-01-05,1\n"
        sent = {"file": SimpleUploadedFile("x.csv", rows.encode(encoding)), "dry_run": "on"}
        client = signed_in(steward())
        tried = client.post("/metrics/import/", sent).context
        assert "1 stored" in client.post("/metrics/import/", {"waiting": tried["waiting"]}).content.decode()

    @pytest.mark.parametrize("rows", ["", "nonsense", "metric,period_start,value"])
    def test_what_cannot_be_read_is_a_sentence(self, signed_in, rows):
        answer = signed_in(steward()).post("/metrics/import/", {"rows": rows})
        assert answer.status_code == 422

    def test_an_empty_file_is_a_sentence(self, signed_in):

        answer = signed_in(steward()).post("/metrics/import/", {"file": SimpleUploadedFile("x.csv", b"")})
        assert answer.status_code == 422
        assert "empty" in answer.content.decode()


class TestDefinition:
    def typed(self, metric: Metric, /, **changes: object) -> dict[str, object]:
        stored = {name: str(value) for name, value in COMPLETE.items()}
        least = {"name": metric.name, "cadence": "weekly", "time_zone": "UTC", "level": "operational",
                 "timing": "lagging", "measures": "outcome", "version": metric.version}  # fmt: skip
        return stored | least | changes

    def test_what_is_typed_is_saved(self, signed_in):
        target = metric(approved=False)
        data = self.typed(target, formula="a / b", settle_after="48", counter_metrics="", personal_data="on")
        answer = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data)
        assert answer.status_code == 302
        draft = target.definitions.get()
        assert (draft.formula, draft.settle_after.days, draft.personal_data) == ("a / b", 2, True)

    def test_a_stale_save_is_a_409_that_shows_the_difference_and_keeps_what_was_typed(self, signed_in):
        target = metric(approved=False)
        data = self.typed(target, meaning="Mine.")
        definitions.save_draft(target, changes={"meaning": "Theirs."}, expected_version=None, by=steward())
        client = signed_in(steward())
        answer = client.post(f"/metrics/{target.key}/definition/", data)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "Theirs." in page
        assert "Mine." in page
        seen = re.search(r'name="version" value="(\d+)"', page).group(1)
        assert client.post(f"/metrics/{target.key}/definition/", data | {"version": seen}).status_code == 302
        assert target.definitions.get().meaning == "Mine."

    def test_bad_fields_come_back_with_sentences(self, signed_in):
        target = metric(approved=False)
        data = self.typed(target, target="NaN", tolerance_low="9", tolerance_high="1", time_zone="Mars/Base")
        answer = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data)
        assert answer.status_code == 422
        assert "Enter a number" in answer.content.decode()

    def test_what_contradicts_itself_comes_back_with_sentences(self, signed_in):
        target = metric(approved=False)
        data = self.typed(target, tolerance_low="9", tolerance_high="1", time_zone="Mars/Base", counter_metrics="none")
        page = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data).content.decode()
        assert "below the lower end" in page
        assert "is not a time zone" in page

    def test_save_and_send_keeps_what_was_typed_and_shows_the_form_with_what_is_missing(self, signed_in):
        target = metric(approved=False)
        data = self.typed(target, formula="a / b", sources="", submit="")
        answer = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert f'href="/metrics/{target.key}/definition/#id_sources"' in page
        assert 'id="id_sources"' in page
        assert target.definitions.get().formula == "a / b"

    def test_sending_an_incomplete_definition_lists_everything_missing(self, signed_in):
        target = registry.create_metric(key="bare", name="Bare", by=None)
        answer = signed_in(steward()).post(f"/metrics/{target.key}/submit/")
        page = answer.content.decode()
        assert answer.status_code == 409
        for sentence in ("Say what the metric means.", "Give the formula", "Name the owner"):
            assert sentence in page


class TestPeople:
    def test_grants_are_given_and_taken_back_in_the_browser(self, signed_in):
        hidden, who = metric(classification="confidential", owner=owner()), person()
        client, address = signed_in(hidden.owner), f"/metrics/{hidden.key}/people/"
        client.post(address, {"person": who.pk, "permission": "contribute_metric"})
        assert Metric.objects.visible_to(who).get() == hidden
        number = re.search(r'name="revoke" value="(\d+)"', client.get(address).content.decode()).group(1)
        client.post(address, {"revoke": number})
        assert not Metric.objects.visible_to(who).exists()
        for nonsense in (number, "x", "-1", "9" * 30, "9" * 5000, "\x00"):
            assert client.post(address, {"revoke": nonsense}).status_code == 302

    @pytest.mark.parametrize(
        "data", [{"person": "99999", "permission": "view_metric"}, {"permission": "all"}, {"classification": "x"}, {}]
    )
    def test_nonsense_is_a_sentence(self, signed_in, data):
        answer = signed_in(steward()).post(f"/metrics/{metric().key}/people/", data)
        assert answer.status_code == 422

    def test_another_metrics_grant_is_not_taken_back(self, signed_in):
        one, other, who = metric(), metric(), person()
        registry.grant(other, to=who, permission="manage_metric", by=None)
        number = other.metricuserobjectpermission_set.get().pk
        signed_in(steward()).post(f"/metrics/{one.key}/people/", {"revoke": number})
        assert other.metricuserobjectpermission_set.exists()


def test_an_approver_reads_a_definition_before_signing_it(signed_in):
    target = metric(approved=False, owner=owner(), steward=steward())
    asked = approver()
    request = definitions.submit(target, by=target.owner)
    page = signed_in(asked).get(f"/approvals/{request.pk}/").content.decode()
    for words in ("Definition of", "Formula", "Fallback in outages", "Higher is better"):
        assert words in page
    review = signed_in(target.steward).get(f"/metrics/{target.key}/").content.decode()
    assert "Version 1 is in review" in review
    assert "Withdraw" in review
    assert f'href="/approvals/{request.pk}/"' in review
    assert "Edit definition" not in review


def test_history_tells_who_changed_which_field(signed_in):
    who = steward(first_name="Sam", last_name="Steward")
    target = metric(approved=False)
    definitions.save_draft(target, changes={"formula": "new / old"}, expected_version=None, by=who)
    page = signed_in(owner()).get(f"/metrics/{target.key}/history/").content.decode()
    assert "Sam Steward" in page
    assert "new / old" in page


def test_values_list_every_revision_and_export(signed_in):
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
