"""What a source answered, made into values: every oddity of a cell, and the moments that Prometheus is asked for."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metrics.domain.answers import NoAnswer, Row, ended, matrix, moment_of, number_of, readings, spans
from metrics.domain.pacing import LATEST_RETRY, MOST_FAILURES, gives_up, retry_after
from metrics.domain.periods import Cadence

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
WEEKLY = Cadence.of("weekly", time_zone="Europe/Lisbon")


@pytest.mark.parametrize(
    "given, value",
    [
        ("61.5", "61.5"),
        (" 5 ", "5"),
        (5, "5"),
        (0.1 + 0.2, "0.3"),
        ("1.23456789", "1.234568"),
        (1e-9, "0"),
        (Decimal("-2.50"), "-2.5"),
        (123456789012345.678, "123456789012346"),
        ("1e3", "1000"),
    ],
)
def test_a_number_is_kept_to_what_a_value_holds(given: Any, value: str):
    assert number_of(given) == Decimal(value)


@pytest.mark.parametrize(
    "given",
    ["", "NaN", "Infinity", "-inf", float("nan"), True, None, [1], {}, "12,5", "1_000", "٣", "abc", "1e400", 10**20],
)
def test_what_is_no_number_is_refused_without_a_word_of_it(given: Any):
    with pytest.raises(ValueError) as refusal:
        number_of(given)
    assert "abc" not in str(refusal.value)


@pytest.mark.parametrize(
    "given, moment",
    [
        ("2026-11-02", date(2026, 11, 2)),
        ("2026-11-02T08:00:00Z", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("2026-11-02 08:00:00+00", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("2026-11", date(2026, 11, 1)),
        ("2026-W45", date(2026, 11, 2)),
        ("2026-Q4", date(2026, 10, 1)),
        (1793577600, datetime(2026, 11, 2, tzinfo=UTC)),
        (1793577600000, datetime(2026, 11, 2, tzinfo=UTC)),
        ("1793577600", datetime(2026, 11, 2, tzinfo=UTC)),
        (Decimal("1793577600.0"), datetime(2026, 11, 2, tzinfo=UTC)),
    ],
)
def test_a_period_is_read_however_sources_write_it(given: Any, moment: date):
    assert moment_of(given) == moment


@pytest.mark.parametrize(
    "given", ["", "02/11/2026", "2026-13", "2026-W60", "1066-10-14", "9999-01-01", True, 1e30, float("nan"), None, []]
)
def test_what_is_no_period_is_refused(given: Any):
    with pytest.raises(ValueError):
        moment_of(given)


def _read(*rows: Row) -> Any:
    return readings(rows, cadence=WEEKLY, now=NOW)


def test_rows_come_to_values_on_their_periods_and_sentences():
    found = _read(
        Row(period="2026-11-11", value="5"),
        Row(period="2026-11-04", value=None),
        Row(period="2026-11-20", value="9"),
        Row(period="2026-11-04", value="x"),
        Row(period="2026-11-03", value="7", segment="north", sample_size="120"),
        Row(period="2026-11-03", value="7", segment=["n"]),
        Row(period="2026-11-03", value="7", sample_size="1.5"),
    )
    assert [(each.start.date(), each.value, each.segment, each.sample_size) for each in found.ready] == [
        (date(2026, 11, 9), 5, "", None),
        (date(2026, 11, 2), 7, "north", 120),
    ]
    assert (found.waiting, found.empty) == (1, 1)
    assert found.refused == [
        "Row 4: The value is not a number.",
        "Row 6: The segment is not text.",
        "Row 7: The sample size is not a whole number.",
    ]


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 81, "a\nb"])
def test_a_segment_that_no_page_could_show_is_refused_with_its_row(name: str):
    found = _read(Row(period="2026-11-03", value=7, segment=name), Row(period="2026-11-03", value=7, segment="Süd 🌍"))
    assert [each.segment for each in found.ready] == ["Süd 🌍"]
    assert found.refused[0].startswith("Row 1: The segment ")


def test_two_values_of_one_period_are_both_refused_and_the_same_twice_is_one():
    found = _read(*(Row(period=day, value=value) for day, value in [("2026-11-02", 5), ("2026-11-03", 6)]))
    assert not found.ready
    assert found.refused == ["Rows 1 and 2: two different values of one period."]
    assert len(_read(Row(period="2026-11-02", value=5), Row(period="2026-11-08", value="5.0")).ready) == 1


def test_a_value_without_a_date_counts_for_the_last_period_that_is_over():
    [ready] = _read(Row(period=None, value=5)).ready
    assert ready.undated
    assert ready.start.date() == date(2026, 11, 9)


def test_periods_of_equal_length_are_asked_for_in_one_span_and_others_in_a_few():
    weeks = spans(ended(WEEKLY, NOW, 8))
    assert [(each.step, (each.end - each.start) // timedelta(seconds=each.step)) for each in weeks] == [
        (604_800, 3),
        (604_800, 3),
    ]  # the clocks went back in between
    months = spans(ended(Cadence.of("monthly"), NOW, 12))
    covered = [at for each in months for at in _moments(each)]
    assert covered == ended(Cadence.of("monthly"), NOW, 12)
    assert len(spans(ended(Cadence.of("PT5M"), NOW, 100))) == 1


def _moments(span: Any) -> list[datetime]:
    count = int((span.end - span.start).total_seconds()) // span.step
    return [span.start + timedelta(seconds=span.step * number) for number in range(count + 1)]


def _matrix(*series: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(series)}}


def test_a_matrix_gives_the_period_that_ends_at_each_moment():
    rows = matrix(
        _matrix({"metric": {"region": "north"}, "values": [[1794182400, "5"], [1794787200, "NaN"]]}), "region"
    )
    found = readings(rows, cadence=Cadence.of("weekly"), now=NOW)
    assert [(each.start.date(), each.value, each.segment) for each in found.ready] == [(date(2026, 11, 2), 5, "north")]
    assert found.refused == ["Row 2: The value is not a number but NaN or infinite."]


SERIES: dict[str, Any] = {"metric": {}, "values": []}


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"status": "error", "errorType": "bad_data", "error": "secret"}, r"\(bad_data\)"),
        ({"status": "error", "errorType": "<b>", "error": "secret"}, "did not work"),
        ([], "did not work"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "not a matrix"),
        ({"status": "success", "data": 5}, "not a matrix"),
        (_matrix(SERIES, SERIES), "2 series"),
        (_matrix({"metric": {}, "values": [["noon", "5"]]}), "no time"),
        (_matrix({"metric": {}}), "no labels or no values"),
        (_matrix("x"), "no labels or no values"),
    ],
)
def test_what_is_no_matrix_is_said_without_a_word_of_it(answer: Any, words: str):
    with pytest.raises(NoAnswer, match=words) as refusal:
        matrix(answer, "")
    assert "secret" not in str(refusal.value)
    assert "<b>" not in str(refusal.value)


def test_retries_come_ever_later_and_never_all_at_once():
    waits = [retry_after(failures, 0.5) for failures in range(1, MOST_FAILURES)]
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) <= LATEST_RETRY
    assert sum(waits, timedelta()) > timedelta(hours=8)
    assert retry_after(1, 0) < retry_after(1, 0.5) < retry_after(1, 1)
    assert [gives_up(failures) for failures in (MOST_FAILURES - 1, MOST_FAILURES)] == [False, True]
