"""The catalogue's pages: what a steward sees before and after, a file that comes along, and what others see."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics.models import Metric, TradeOffPair
from metrics.services import catalogues, cataloguing
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
    return client.post(UPLOAD, {"file": SimpleUploadedFile("own.json", given), **fields})


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
    page = upload(client, FILE, key_prefix="eu_").content.decode()
    assert "eu_alpha@0" in page
    assert not Metric.objects.exists()
    text = catalogues.read(json.dumps(FILE).encode()).text()
    done = {"text": text, "key_prefix": "eu_", "take": "over", "row": "eu_alpha@0"}
    assert "Created, as a draft." in client.post(UPLOAD, done).content.decode()
    assert Metric.objects.get().key == "eu_alpha"


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
