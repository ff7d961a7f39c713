"""What did we know on that day, by which formula: asked of the page and of the export."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from metrics.models import Metric, MetricDefinition
from metrics.services import definitions
from tests.factories import metrics
from tests.factories.approvals import auditor, signed_in, steward

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    return signed_in(auditor())


def at(day: int) -> datetime:
    return datetime(2026, 5, day, 12, tzinfo=UTC)


def known(metric: Metric, day: int, value: int, revision: int) -> None:
    """A revision recorded on a day in May; services stamp the present, which is not what is tested here."""
    start = datetime(2026, 4, 27, tzinfo=UTC)
    metric.observations.create(
        period_start=start,
        period_end=start.replace(month=5, day=4),
        value=value,
        revision=revision,
        recorded_at=at(day),
    )


@pytest.fixture
def corrected(db: None) -> Metric:
    metric = metrics.metric(key="rate", formula="first way")
    definitions.save_draft(metric, changes={"formula": "second way"}, expected_version=None, by=None)
    definitions.approve_without_request(metric)
    for number, day in ((1, 1), (2, 8)):
        MetricDefinition.objects.filter(metric=metric, number=number).update(approved_at=at(day))
    known(metric, 5, 70, 1)
    known(metric, 10, 60, 2)
    return metric


@pytest.mark.parametrize(
    "day, value, formula",
    [("2026-05-04", "No values", "first way"), ("2026-05-05", "70", "first way"), ("2026-05-09", "70", "second way"),
     ("2026-05-10", "60", "second way"), ("2026-04-01", "No values", "No definition was in force yet")],
)  # fmt: skip
def test_the_page_answers_with_the_value_and_the_formula_of_the_day(reader, corrected, day, value, formula):
    body = reader.get(f"/metrics/rate/values/?known={day}").content.decode()
    assert formula in body
    assert value in body
    exported = b"".join(reader.get(f"/metrics/rate/values.csv?known={day}").streaming_content).decode()
    assert len(exported.splitlines()) == (1 if value == "No values" else 2)


def test_a_day_before_any_value_says_so_and_offers_nothing_to_do(reader, corrected):
    page = reader.get("/metrics/rate/values/?known=2026-05-04").content.decode()
    assert "No values were known then" in page
    assert "Record" not in page.partition("<main")[2].partition("No values were known then")[2]


@pytest.mark.parametrize("day", ["nonsense", "2026-02-30", "1066-01-01"])
def test_an_export_of_no_day_is_refused_instead_of_telling_the_present(reader, corrected, day):
    answer = reader.get(f"/metrics/rate/values.csv?known={day}")
    assert answer.status_code == 422
    assert "Enter a date" in answer.content.decode()


def test_without_a_day_every_revision_is_there(reader, corrected):
    body = reader.get("/metrics/rate/values/").content.decode()
    assert "2 revisions" in body
    assert reader.get("/metrics/rate/values/?known=nonsense").status_code == 200


def test_nobody_is_offered_to_record_what_is_calculated_and_its_values_make_no_heavy_page() -> None:
    keeper = steward()
    for key in ("hush", *(f"source_of_figures_{number}" for number in range(8))):
        hidden = {"classification": "confidential"} if key == "hush" else {}
        metrics.weekly(metrics.metric(key=key, unit="tickets", steward=keeper, **hidden), range(70))
    keys = " + ".join(["hush", *(f"source_of_figures_{number}" for number in range(8))])
    metrics.metric(key="all_of_it", unit="tickets", steward=keeper, expression=keys)
    client, other = signed_in(keeper), signed_in(steward())
    pages = [client.get(f"/metrics/all_of_it/{each}").content.decode() for each in ("", "values/", "segments/")]
    assert not [page for page in pages if "/metrics/all_of_it/record/" in page]
    assert "70 revisions" in pages[1]
    assert len(pages[1]) < 60_000
    refused = client.get("/metrics/all_of_it/record/")
    assert refused.status_code == 409
    assert "/metrics/hush/record/" in refused.content.decode()
    assert "hush" not in other.get("/metrics/all_of_it/record/").content.decode()
