"""A file of values that Premise exported, read in again: nothing changes at home, the same values elsewhere."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from metrics.models import Metric
from metrics.services import csv_rows, importing, observations
from tests.factories.approvals import signed_in, steward
from tests.factories.metrics import entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper() -> Client:
    return signed_in(steward())


def exported(client: Client, key: str, **asked: str) -> str:
    return b"".join(client.get(f"/metrics/{key}/values.csv", asked).streaming_content).decode()


def taken(client: Client, text: str) -> dict[str, int]:
    """Send the file to the page and return the counts that it shows."""
    context = client.post("/metrics/import/", {"rows": text}).context
    return {status: number for status, number in context["counts"] if number}


def counting(target: Metric) -> list[tuple[Any, ...]]:
    rows = target.observations.current().exclude(value=None).order_by("period_start", "segment")
    return list(rows.values_list("segment", "period_start", "value", "sample_size"))


def corrected(by: Any = None, **fields: Any) -> Metric:
    """Values given, corrected, withdrawn, fetched by a pull, and of a segment that looks like a formula."""
    target = metric(**fields)
    weekly(target, [1, 2, 3], until=2)
    observations.record(
        target,
        [
            entry(weeks_ago(3), "2.5", reason="=Counted again", note="two\nlines"),
            entry(weeks_ago(4), None, reason="Nobody was there."),
            entry(weeks_ago(2), 7, segment="-East", sample_size=40, external_id="-x", source="crm"),
            entry(weeks_ago(1), 9, external_id="pull-1:w:", source="pull Desk"),
        ],
        by=None,
    )
    return target


def test_read_in_where_it_came_from_it_changes_nothing_and_says_so_row_by_row(keeper):
    target = corrected()
    text = exported(keeper, target.key)
    before = target.observations.count()
    assert taken(keeper, text) == {"unchanged": before}
    assert [row.status for row in importing.import_csv(io.BytesIO(text.encode()), by=None)] == ["unchanged"] * before
    page = keeper.post("/metrics/import/", {"rows": text, "dry_run": "on"}).content.decode()
    assert "passed over (revision, reason, recorded_at, recorded_by)" in page
    assert "line 3 has revision 2 of this period" in page
    assert target.observations.count() == before


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("batch", [2, 10_000])
def test_read_in_elsewhere_it_gives_the_same_values(keeper, monkeypatch, reverse, batch):
    monkeypatch.setattr(importing, "BATCH", batch)
    target, empty = corrected(key="full"), metric(key="empty")
    text = exported(keeper, "full").replace("full,", "empty,").replace("two\nlines", "two lines")
    if reverse:
        header, *lines = text.splitlines()
        text = "\n".join([header, *reversed(lines)])
    assert taken(keeper, text).get("refused", 0) == 0
    assert counting(empty) == counting(target)
    assert empty.observations.get(segment="-East").external_id == "-x"
    assert not empty.observations.filter(source__startswith="pull").exists()


def test_a_file_of_before_a_correction_does_not_undo_it(keeper):
    target = corrected()
    text = exported(keeper, target.key)
    rows = [entry(weeks_ago(week), 100 + week, reason="Found since.") for week in (1, 2, 3)]
    observations.record(target, rows, by=None)
    before = counting(target)
    assert taken(keeper, text)["unchanged"] == len(text.replace("two\nlines", "").splitlines()) - 1
    assert counting(target) == before


def test_values_of_an_hour_come_back_across_the_change_of_the_clocks(keeper):
    fields = {"cadence": "PT1H", "time_zone": "Europe/Berlin"}
    target, empty = metric(key="full", **fields), metric(key="empty", **fields)
    hours = [datetime(2026, 3, 29, hour, tzinfo=UTC) for hour in range(4)]
    observations.record(target, [entry(hour, number) for number, hour in enumerate(hours, start=1)], by=None)
    assert taken(keeper, exported(keeper, "full")) == {"unchanged": 4}
    assert taken(keeper, exported(keeper, "full").replace("full", "empty")) == {"stored": 4}
    assert counting(empty) == counting(target)


def test_a_whole_that_is_made_of_its_segments_is_left_to_them(keeper):
    rule = {"unit": "tickets", "aggregation": "sum", "aggregation_over": "region"}
    target, empty = metric(key="full", **rule), metric(key="empty", **rule)
    observations.record(target, [entry(weeks_ago(1), 4, segment=name) for name in ("North", "South")], by=None)
    assert taken(keeper, exported(keeper, "full")) == {"unchanged": target.observations.count()}
    assert taken(keeper, exported(keeper, "full").replace("full", "empty"))["stored"] == 2
    assert counting(empty) == counting(target)


@pytest.mark.parametrize("extra", ["reason", "recorded_at", "revision,colour"])
def test_what_premise_did_not_write_is_refused_as_ever(keeper, extra):
    metric(key="one")
    answer = keeper.post("/metrics/import/", {"rows": f"metric,period_start,value,{extra}\none,2026-01-05,1,x,y\n"})
    assert answer.status_code == 422
    assert f"“{extra.rpartition(',')[2]}”" in answer.content.decode()


def test_the_columns_of_the_export_are_those_that_the_import_knows(keeper):
    target = corrected()
    header = exported(keeper, target.key).splitlines()[0]
    assert header.split(",") == [*csv_rows.COLUMNS[:9], *csv_rows.WRITTEN]
