"""Recording values: rows are answered one by one, kept for ever, and evaluated at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from approvals.models import LedgerEntry
from config.kit.refusals import BadInput, MoveRefused
from metrics.models import Metric, MetricSignal, Observation
from metrics.services import observations
from metrics.services.observations import Status
from tests.factories.approvals import auditor, owner, steward
from tests.factories.metrics import condition, entry, metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db


def record(target: Metric, *entries: observations.Entry, **fields: object) -> list[observations.RowResult]:
    return observations.record(target, entries, by=fields.pop("by", None), **fields)


def statuses(results: list[observations.RowResult]) -> list[str]:
    return [str(result.status) for result in results]


def test_a_value_is_stored_on_the_period_it_lies_in():
    target = metric()
    [result] = record(target, entry(weeks_ago(2) + timedelta(days=3), "12,5", note="from the log"))
    stored = Observation.objects.get(pk=result.observation_id)
    assert result.status is Status.STORED
    assert stored.period_start.date() == weeks_ago(2)
    assert stored.period_end - stored.period_start == timedelta(days=7)
    assert (stored.value, stored.revision, stored.note) == (Decimal("12.5"), 1, "from the log")


def test_a_period_begins_at_midnight_in_the_metrics_zone():
    target = metric(cadence="daily", time_zone="Asia/Tokyo")
    [result] = record(target, entry("2026-03-02", 1))
    assert result.period_start.isoformat() == "2026-03-01T15:00:00+00:00"


def test_the_same_again_is_unchanged_and_says_so():
    target = metric()
    record(target, entry(weeks_ago(2), 5))
    [again] = record(target, entry(weeks_ago(2), "5.0"))
    assert (again.status, again.sentence) == (Status.UNCHANGED, "Already recorded.")
    assert Observation.objects.count() == 1


def test_nothing_stored_leaves_no_ledger_entry():
    target = metric()
    record(target, entry(weeks_ago(2), 5))
    before = LedgerEntry.objects.count()
    record(target, entry(weeks_ago(2), 5), entry("nonsense", 5))
    assert LedgerEntry.objects.count() == before


def test_another_value_is_a_revision_with_its_reason():
    target = metric()
    record(target, entry(weeks_ago(2), 5))
    [revised] = record(target, entry(weeks_ago(2), 6, reason="A late ticket was counted."))
    assert (revised.status, revised.revision) == (Status.REVISED, 2)
    assert "6 instead of 5" in revised.sentence
    assert [row.value for row in target.observations.current()] == [Decimal(6)]
    assert target.observations.get(revision=2).reason == "A late ticket was counted."


def test_what_was_known_at_a_moment_can_be_asked():
    target = metric()
    record(target, entry(weeks_ago(2), 5))
    between = timezone.now()
    record(target, entry(weeks_ago(2), 6))
    assert [row.value for row in target.observations.known_at(between)] == [Decimal(5)]
    assert [row.value for row in target.observations.known_at(timezone.now())] == [Decimal(6)]


def test_a_batch_sent_twice_changes_nothing_the_second_time():
    target = metric()
    rows = [entry(weeks_ago(3), 1), entry(weeks_ago(2), 2), entry(weeks_ago(2), 3)]
    assert statuses(record(target, *rows)) == ["stored", "stored", "revised"]
    assert statuses(record(target, *rows)) == ["unchanged", "unchanged", "unchanged"]


def test_going_back_to_an_earlier_value_takes_a_reason():
    target = metric()
    record(target, entry(weeks_ago(2), 5), entry(weeks_ago(2), 6))
    [late] = record(target, entry(weeks_ago(2), 5))
    assert late.status is Status.UNCHANGED
    assert "since corrected to 6" in late.sentence
    [back] = record(target, entry(weeks_ago(2), 5, reason="The first count was right."))
    assert (back.status, back.revision) == (Status.REVISED, 3)


def test_an_external_id_is_the_key_where_there_is_one():
    target = metric()
    record(target, entry(weeks_ago(2), 5, external_id="row-1", source="crm"))
    record(target, entry(weeks_ago(2), 6, external_id="row-2", source="crm"))
    [retry] = record(target, entry(weeks_ago(2), 5, external_id="row-1", source="crm"))
    assert retry.status is Status.UNCHANGED
    [elsewhere] = record(target, entry(weeks_ago(3), 5, external_id="row-1", source="crm"))
    assert elsewhere.status is Status.REFUSED
    assert "already used" in elsewhere.sentence


def test_a_value_is_withdrawn_only_with_a_reason():
    target = metric()
    record(target, entry(weeks_ago(2), 5))
    assert statuses(record(target, entry(weeks_ago(2), None))) == ["refused"]
    assert statuses(record(target, entry(weeks_ago(2), None, reason="Counted twice."))) == ["revised"]
    assert [row.value for row in target.observations.current()] == [None]


@pytest.mark.parametrize(
    ("day", "value", "sentence"),
    [
        ("2026-01-05", "NaN", "Enter a number"),
        ("2026-01-05", float("nan"), "Enter a number"),
        ("2026-01-05", float("inf"), "Enter a number"),
        ("2026-01-05", "1e400", "too large"),
        ("2026-01-05", "1234567890.1234567", "at most 6 decimal places"),
        ("2026-01-05", "12345678901.123456", "15 significant digits"),
        ("2026-01-05", "1.234,5", "thousands separators"),
        ("2026-01-05", "5\x00", "Enter a number"),
        ("2026-01-05", True, "Enter a number"),
        ("2026-01-05", [1], "Enter a number"),
        ("2026-01-05", "", "Give a value"),
        ("0001-01-01", 5, "between 1990 and 2100"),
        ("2100-12-31", 5, "has not begun yet"),
        ("9999-12-31", 5, "between 1990 and 2100"),
        ("05.01.2026", 5, "year-month-day"),
        ("\ud800", 5, "year-month-day"),
        (None, 5, "year-month-day"),
        (20260105, 5, "year-month-day"),
    ],
)
def test_a_bad_row_is_refused_with_a_sentence(day, value, sentence):
    [result] = record(metric(), entry(day, value))
    assert result.status is Status.REFUSED
    assert sentence in result.sentence
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"note": "a\x00b"}, "NUL"),
        ({"segment": "\ud83d"}, "lone surrogate"),
        ({"external_id": "x" * 121}, "at most 120 characters"),
        ({"sample_size": "-1"}, "0 or more"),
        ({"sample_size": 1.5}, "whole number"),
        ({"sample_size": True}, "whole number"),
        ({"period_end": "2026-02-01"}, "The period runs from"),
    ],
)
def test_a_bad_field_is_refused_with_a_sentence(fields, sentence):
    [result] = record(metric(), entry("2026-01-05", 5, **fields))
    assert result.status is Status.REFUSED
    assert sentence in result.sentence


@pytest.mark.parametrize("end", ["2026-01-11", "2026-01-12"])
def test_an_end_is_told_as_last_day_or_as_the_day_after(end):
    assert statuses(record(metric(), entry("2026-01-05", 5, period_end=end))) == ["stored"]


def test_good_rows_land_beside_bad_ones_and_rows_keep_their_numbers():
    target = metric()
    results = record(target, entry(weeks_ago(3), 1), entry("x", 1), entry(weeks_ago(2), 2))
    assert [(result.row, str(result.status)) for result in results] == [(1, "stored"), (2, "refused"), (3, "stored")]
    assert target.observations.count() == 2


def test_a_dry_run_keeps_nothing():
    target = metric()
    assert statuses(record(target, entry(weeks_ago(2), 5), dry_run=True)) == ["stored"]
    assert not target.observations.exists()


def test_more_rows_than_one_request_may_carry_are_refused():
    with pytest.raises(BadInput):
        record(metric(), *[entry(weeks_ago(2), 5)] * 10_001)


def test_a_retired_metric_takes_no_values():
    target = metric()
    Metric.objects.filter(pk=target.pk).update(state=Metric.State.RETIRED)
    with pytest.raises(MoveRefused):
        record(target, entry(weeks_ago(2), 5))


@pytest.mark.parametrize("who", [owner, auditor])
def test_only_those_who_contribute_may_record(who):
    with pytest.raises(PermissionDenied):
        record(metric(), entry(weeks_ago(2), 5), by=who())


def test_a_stored_value_cannot_be_changed_or_deleted():
    target = metric()
    record(target, entry(weeks_ago(2), 5))
    stored = target.observations.get()
    for attempt in (stored.save, stored.delete, target.observations.all().delete):
        with pytest.raises(NotImplementedError):
            attempt()
    with pytest.raises(NotImplementedError):
        target.observations.update(value=6)


def test_the_ledger_tells_who_recorded_what():
    target, who = metric(), steward()
    record(target, entry(weeks_ago(3), 5), by=who)
    record(target, entry(weeks_ago(3), 7, reason="Recount."), by=who)
    last = LedgerEntry.objects.order_by("-seq").first()
    assert (last.verb, last.subject) == ("values.recorded", target.key)
    assert '"from":"5"' in last.payload
    assert '"reason":"Recount."' in last.payload


def test_a_large_batch_takes_as_many_queries_as_a_small_one(django_assert_max_num_queries):
    small, large = metric(cadence="daily"), metric(cadence="daily")
    condition(small), condition(large)
    days = [timezone.now().date() - timedelta(days=number) for number in range(1, 1001)]
    with django_assert_max_num_queries(24) as few:
        record(small, *[entry(day, 5) for day in days[:3]])
    # SQLite takes 66 rows an INSERT; everything else is the same number of queries for 3 rows and for 1,000.
    with django_assert_max_num_queries(len(few) + 1000 // 66):
        record(large, *[entry(day, 5) for day in days])
    assert large.observations.count() == 1000


def test_a_breaking_value_gives_exactly_one_signal():
    target = metric()
    armed = condition(target, {"kind": "above", "bound": 10, "sustained": 2})
    weekly(target, [5, 11], until=3)
    assert not MetricSignal.objects.exists()
    weekly(target, [12], until=2)
    signal = MetricSignal.objects.get()
    assert (signal.kind, signal.watcher, signal.value) == ("breached", armed.watcher, Decimal(12))
    assert signal.episode_start.date() == weeks_ago(3)
    assert signal.period_start.date() == weeks_ago(2)
    weekly(target, [13], until=1)
    assert MetricSignal.objects.count() == 1


def test_the_open_period_does_not_count():
    target = metric()
    armed = condition(target, {"kind": "above", "bound": 10})
    weekly(target, [99], until=0)
    armed.refresh_from_db()
    assert armed.state == "ok"
    assert not MetricSignal.objects.exists()


def test_a_broken_condition_stops_neither_the_value_nor_the_others():
    target = metric()
    bad, good = condition(target), condition(target, {"kind": "above", "bound": 10})
    type(bad).objects.filter(pk=bad.pk).update(spec={"kind": "nonsense"})
    weekly(target, [11])
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.health, good.state) == ("error", "breached")
    assert bad.error


def test_many_values_are_stored_as_one_is():
    """Many go by COPY on PostgreSQL: tabs, line ends and backslashes come out as they went in."""
    target, by = metric(cadence="PT1H"), steward()
    latest = timezone.now().replace(minute=0, second=0, microsecond=0)
    words = ["", "tab\there", "two\nlines", "back\\slash \\N", "łódź 🙂"]
    rows = [
        entry(latest - timedelta(hours=back), back, note=words[back % 5], sample_size=back % 3 or None)
        for back in range(1, 151)
    ]
    ids = [result.observation_id for result in record(target, *rows, by=by)]
    stored = {row.pk: row for row in target.observations.all()}
    assert len(set(ids)) == len(stored) == 150
    for given, pk in zip(rows, ids, strict=True):
        row = stored[pk]
        assert (row.period_start, row.value, row.note, row.sample_size) == (*given[:2], given.note, given.sample_size)
        assert (row.revision, row.recorded_by, row.reason) == (1, by, "")
    assert {str(result.status) for result in record(target, *rows, by=by)} == {"unchanged"}
