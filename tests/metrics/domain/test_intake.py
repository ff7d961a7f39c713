"""What an arriving value is, as tables: values that came before and now → outcome."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.intake import Arrival, Known, Revision, Status, rule

START = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(days=7)


def arrival(value: object, *, row: int = 1, week: int = 0, **fields: object) -> Arrival:
    number = None if value is None else Decimal(str(value))
    values = {"segment": "", "start": START + week * WEEK, "end": START + (week + 1) * WEEK} | fields
    return Arrival(row=row, value=number, **values)


def held(*values: object, **fields: object) -> Known:
    """A period that holds these revisions."""
    return Known.of(
        Revision(
            segment="", start=START, revision=number, value=None if value is None else Decimal(str(value)), **fields
        )
        for number, value in enumerate(values, start=1)
    )


def outcomes(known: Known, *arrivals: Arrival, **fields: bool) -> list[str]:
    return [str(ruling.status) for ruling in rule(arrivals, known, **fields)]


@pytest.mark.parametrize(
    "before, value, reason, expected",
    [
        ((), 5, "", "stored"),
        ((), None, "", "refused"),
        ((), None, "Gone.", "refused"),
        ((5,), 5, "", "unchanged"),
        ((5,), "5.00", "", "unchanged"),
        ((5,), 6, "", "revised"),
        ((5,), None, "", "refused"),
        ((5,), None, "Counted twice.", "revised"),
        ((5, None), None, "", "unchanged"),
        ((5, 6), 5, "", "unchanged"),
        ((5, 6), 5, "It was right.", "revised"),
        ((5, 6), 7, "", "revised"),
        ((5, None), 5, "", "unchanged"),
        ((5, None), 6, "", "revised"),
    ],
)
def test_without_an_external_id_the_value_is_the_key(before, value, reason, expected):
    assert outcomes(held(*before), arrival(value, reason=reason)) == [expected]


@pytest.mark.parametrize("reason, expected", [("", "refused"), ("Recount.", "revised")])
def test_people_give_a_reason_for_a_correction(reason, expected):
    assert outcomes(held(5), arrival(6, reason=reason), reasoned=True) == [expected]


@pytest.mark.parametrize(
    "source, external_id, value, week, expected",
    [
        ("crm", "x", 5, 0, "unchanged"),
        ("crm", "x", 6, 0, "revised"),
        ("crm", "x", 5, 1, "refused"),
        ("erp", "x", 5, 1, "stored"),
        ("crm", "y", 5, 1, "stored"),
        ("crm", "y", 5, 0, "unchanged"),
        ("crm", "y", 6, 0, "revised"),
    ],
)
def test_an_external_id_belongs_to_its_source_and_period(source, external_id, value, week, expected):
    known = held(5, source="crm", external_id="x")
    assert outcomes(known, arrival(value, week=week, source=source, external_id=external_id)) == [expected]


@pytest.mark.parametrize(
    "external_id, expected",
    [
        ("x", "unchanged"),  # the first sending again, late
        ("z", "revised"),  # somebody else's news, though an old value
        ("", "revised"),  # no key of its own, so not the first sending again
    ],
)
def test_a_late_repeat_is_told_by_its_key(external_id, expected):
    known = held(5, 6, source="crm", external_id="x")
    assert outcomes(known, arrival(5, source="crm", external_id=external_id)) == [expected]


@pytest.mark.parametrize("sample, expected", [(None, "unchanged"), (30, "unchanged"), (31, "revised")])
def test_another_sample_is_another_value_and_none_is_any(sample, expected):
    assert outcomes(held(5, sample_size=30), arrival(5, sample_size=sample)) == [expected]


def test_later_rows_of_a_batch_see_the_earlier_ones():
    batch = [arrival(5, row=1), arrival(5, row=2), arrival(6, row=3), arrival(5, row=4)]
    assert outcomes(Known(), *batch) == ["stored", "unchanged", "revised", "unchanged"]


def test_a_revision_says_what_it_replaces_and_why():
    [ruling] = rule([arrival(6, note="From the audit.")], held(5))
    assert (ruling.revision, ruling.before, ruling.sentence) == (2, Decimal(5), "Revision 2: 6 instead of 5.")
    assert ruling.arrival.reason == "From the audit."


def test_a_refusal_names_the_field_that_mends_it():
    assert rule([arrival(None)], Known())[0].field == "value"
    assert rule([arrival(6)], held(5), reasoned=True)[0].field == "reason"


BATCHES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=12)


@given(BATCHES, st.booleans())
def test_sending_a_batch_again_changes_nothing(rows, keyed):
    batch = [
        arrival(value, row=number, week=week, source="crm", external_id=f"week-{week}" if keyed else "")
        for number, (week, value) in enumerate(rows, start=1)
    ]
    known = Known()
    rule(batch, known)
    assert set(outcomes(known, *batch)) <= {Status.UNCHANGED}


@given(BATCHES, st.integers(0, 12))
def test_splitting_a_batch_changes_nothing(rows, cut):
    batch = [arrival(value, row=number, week=week) for number, (week, value) in enumerate(rows, start=1)]
    whole, parts = Known(), Known()
    together = outcomes(whole, *batch)
    assert outcomes(parts, *batch[:cut]) + outcomes(parts, *batch[cut:]) == together
