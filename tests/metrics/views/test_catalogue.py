"""The catalogue's pages: what a steward sees before and after, a file that comes along, and what others see."""

import json
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from metrics.models import Metric, TradeOffPair
from metrics.services import catalogues, cataloguing, waiting_files
from tests.factories.approvals import person, steward
from tests.factories.metrics import metric

pytestmark = pytest.mark.django_db

SET = "/metrics/catalogue/operational/"
UPLOAD = "/metrics/catalogue/upload/"
FILE = {
    "format": "premise-metric-catalogue",
    "format_version": 1,
    "name": "own",
    "version": "1.0",
    "title": "Our own",
    "language": "en",
    "metrics": [{"key": "alpha", "name": "Alpha", "unit": "%", "direction": "higher", "target": 90}],
}


def upload(client, data, **fields):
    given = data if isinstance(data, bytes) else json.dumps(data).encode()
    return client.post(UPLOAD, {"file": SimpleUploadedFile("own.json", given), **fields}, follow=True)


def large(count, **fields):
    """A set of so many metrics in families of thirty, each with a meaning as people write them."""
    named = [{"key": f"metric_{number:03}", "name": f"Metric {number:03}"} for number in range(count)]
    said = {"unit": "%", "direction": "higher", "meaning": "What it says, and “why” it is looked at. " * 8}
    metrics = [said | each | fields | {"family": f"Family {number // 30}"} for number, each in enumerate(named)]
    return FILE | {"metrics": metrics, "families": []}


def sent(shown, **said):
    """What a browser sends from the page: every hidden field, every tick, and what is `said` besides."""
    given = {}
    for field in re.findall(r"<input[^>]*>", shown.content.decode().partition('<form method="post" novalidate')[2]):
        kind, name, value = (re.search(rf'{each}="([^"]*)"', field) for each in ("type", "name", "value"))
        if kind and name and (kind[1] == "hidden" or " checked" in field):
            given.setdefault(name[1], []).append(value[1] if value else "on")
    return given | said


def test_a_steward_takes_two_rows_of_a_set_and_a_pair(client):
    owner = person()
    client.force_login(steward())
    assert "would be created" in client.get(SET).content.decode()
    chosen = {"row": ["change_lead_time@0", "code_review_share@0"], "pair": "change_lead_time+code_review_share"}
    answer = client.post(SET, chosen | {"take": "over", "owner": owner.pk}).content.decode()
    assert answer.count("Created, as a draft.") == 2
    assert "Watched together." in answer
    assert {made.key: made.owner for made in Metric.objects.all()} == {
        "change_lead_time": owner,
        "code_review_share": owner,
    }
    assert TradeOffPair.objects.count() == 1


def test_others_see_what_a_set_holds_and_no_verdicts(client):
    client.force_login(person())
    page = client.get(SET).content.decode()
    assert "Lead time of changes" in page
    assert "would be created" not in page


def test_a_file_is_looked_at_before_anything_is_kept_and_comes_along(client):
    client.force_login(steward())
    page = upload(client, FILE, key_prefix="eu_")
    assert "eu_alpha@0" in page.content.decode()
    assert not Metric.objects.exists()
    place = page.redirect_chain[-1][0]
    done = client.post(place, sent(page, key_prefix="eu_", take="over"))
    assert "Created, as a draft." in done.content.decode()
    assert Metric.objects.get().key == "eu_alpha"
    again = client.post(place, sent(page, key_prefix="eu_", take="over")).content.decode()
    assert "Nothing of what was chosen is left" in again, "the same, sent twice"


def test_a_large_set_is_turned_over_page_by_page_and_every_tick_is_kept(client):
    client.force_login(steward())
    first = upload(client, large(200))
    place = first.redirect_chain[-1][0].partition("?")[0]
    assert len(first.content) < 60_000
    assert (first.context["chosen_count"], len(first.context["pages"])) == (200, 5)
    ticks = sent(first, page="2")
    ticks["row"] = ticks["row"][3:]  # three are unticked on the way to the second page
    second = client.post(place, ticks)
    assert (second.context["number"], second.context["chosen_count"]) == (2, 197)
    ticks = sent(second, page="1", owner=str((owner := person()).pk))
    later = second.context["leaf"].rows[0].key
    ticks["row"].remove(f"{later}@0")
    back = client.post(place, ticks)
    assert (back.context["number"], back.context["chosen_count"]) == (1, 196)
    assert back.content.decode().count(" checked") == len(first.context["leaf"].rows) - 3
    assert f'value="{owner.pk}" selected' in back.content.decode()
    changed = client.post(place, sent(back, only="change"))
    assert changed.context["chosen_count"] == 196
    few = sent(client.post(place, sent(changed, tick="none")), row=["metric_150@0", "metric_003@0"], only="")
    done = client.post(place, few | {"take": "over", "owner": owner.pk})
    assert "2 created." in done.content.decode()
    assert len(done.content) < 60_000
    assert dict(Metric.objects.values_list("key", "owner")) == {"metric_003": owner.pk, "metric_150": owner.pk}


def test_none_are_chosen_in_one_go_and_another_prefix_keeps_what_was_unticked(client):
    client.force_login(steward())
    first = upload(client, large(3))
    place = first.redirect_chain[-1][0].partition("?")[0]
    none = client.post(place, sent(first, tick="none"))
    assert none.context["chosen_count"] == 0
    assert client.post(place, sent(none, tick="created")).context["chosen_count"] == 3
    ticks = sent(first, key_prefix="eu_")
    ticks["row"] = ticks["row"][1:]
    early = client.post(place, ticks | {"take": "over"})
    assert early.status_code == 422, "what another prefix would do was not looked at"
    other = client.post(place, ticks)
    assert other.context["rows_ticked"] == {"eu_metric_001", "eu_metric_002"}
    assert not Metric.objects.exists()


def test_a_new_edition_that_changes_much_is_no_heavy_page_either(client):
    made = large(60)
    catalogue = catalogues.read(json.dumps(made).encode())
    cataloguing.take_over(catalogue, chosen={entry.key: 0 for entry in catalogue.metrics}, by=None)
    client.force_login(steward())
    words = "Something else altogether is said of it now. " * 40
    shown = upload(client, large(60, meaning=words, population=words, formula=words, sources=words, version="2"))
    assert shown.status_code == 422
    shown = upload(client, large(60, meaning=words, population=words, formula=words, sources=words))
    assert len(shown.content) < 60_000
    assert (shown.context["chosen_count"], shown.context["preview"].counts["change"]) == (0, 60)


def test_nobody_opens_what_somebody_else_sent_and_a_file_that_was_forgotten_says_so(client, settings):
    client.force_login(steward())
    place = upload(client, FILE).redirect_chain[-1][0]
    other = Client()
    other.force_login(steward())
    assert other.get(place).status_code == 404
    assert waiting_files.remove_forgotten(timezone.now() + timedelta(hours=47)) == 0
    assert client.get(place).status_code == 200
    assert waiting_files.remove_forgotten(timezone.now() + timedelta(hours=49)) == 1
    gone = client.post(place, {"take": "over"})
    assert gone.status_code == 404
    assert "Choose it again" in gone.content.decode()


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"", "The file is empty."),
        (b"{", "The file is not JSON, or is cut off"),
        (FILE | {"colour": 1}, "The format has no field “colour”."),
        (FILE | {"metrics": [FILE["metrics"][0] | {"target": "many"}]}, "Metric 1 (alpha): target: Enter a number"),
        (FILE | {"metrics": [FILE["metrics"][0] | {"cadence": "often"}]}, "is not a duration"),
        (FILE | {"metrics": [FILE["metrics"][0] | {"key": "premise_own"}]}, "Keys that begin with"),
        (b" " * 1_000_001, "The file is larger than 1,000,000 bytes."),
    ],
)
def test_a_file_that_is_no_catalogue_gets_its_sentence(client, data, sentence):
    client.force_login(steward())
    answer = upload(client, data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_prefix_that_makes_no_key_is_refused_beside_its_field(client):
    client.force_login(steward())
    answer = client.get(SET + "?key_prefix=EU+")
    assert answer.status_code == 422
    assert "Use 2 to 64 lower-case letters" in answer.content.decode()


def test_an_older_edition_that_was_taken_is_offered_the_present_one(client):
    catalogue = catalogues.shipped()["operational"]
    cataloguing.take_over(catalogue, chosen={"eu_error_rate": 0}, by=None, prefix="eu_")
    client.force_login(steward())
    assert "from edition" not in client.get("/metrics/catalogue/").content.decode()
    origin = Metric.objects.get().origin
    origin.version, origin.digest = "0.9", "0" * 64
    origin.save()
    page = client.get("/metrics/catalogue/").content.decode()
    assert "1 from edition 0.9: look at 1.0" in page
    assert f"{SET}?key_prefix=eu_" in page


def test_the_export_is_what_the_registry_shows_without_the_confidential_unless_asked(client):
    reader = person()
    metric(key="alpha", owner=reader, family="A")
    metric(key="beta", owner=reader, family="B")
    metric(key="hidden", classification="confidential")
    metric(key="secret", owner=reader, classification="confidential")
    client.force_login(reader)

    def keys(query):
        answer = client.get(f"/metrics/catalogue/export.json?{query}")
        return [each.key for each in catalogues.read(answer.content).metrics]

    assert keys("") == ["alpha", "beta"]
    assert keys("find=alpha") == ["alpha"]
    assert keys("confidential=on") == ["alpha", "beta", "secret"]
    assert client.get("/metrics/catalogue/export.json?name=Not+a+name").status_code == 422


@pytest.mark.parametrize("taken", [False, True])
def test_the_pages_ask_few_queries_at_any_size(client, django_assert_max_num_queries, taken):
    if taken:
        cataloguing.take_over(
            catalogues.shipped()["trade-offs"],
            chosen={entry.key: 0 for entry in catalogues.shipped()["trade-offs"].metrics},
            by=None,
        )
    client.force_login(steward())
    with django_assert_max_num_queries(15):
        assert len(client.get("/metrics/catalogue/trade-offs/").content) < 60_000
    with django_assert_max_num_queries(15):
        client.get("/metrics/catalogue/")
    with django_assert_max_num_queries(10):
        client.get("/metrics/catalogue/export.json")


def test_an_owner_who_is_not_there_is_said_on_top_and_nothing_is_created(client):
    client.force_login(steward())
    answer = client.post(SET, {"row": "change_lead_time@0", "take": "over", "owner": "999999"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not Metric.objects.exists()


def test_the_page_counts_what_an_export_would_hold(client):
    metric(key="alpha")
    metric(key="secret", classification="confidential", steward=(by := steward()))
    metric(key="premise_decision_latency")
    client.force_login(by)
    assert "1 metric in the same format" in client.get("/metrics/catalogue/").text
    assert len(json.loads(client.get("/metrics/catalogue/export.json").content)["metrics"]) == 1
