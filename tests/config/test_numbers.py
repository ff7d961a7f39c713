"""Numbers from people: exact, or refused with a sentence."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from config.kit.canonical import decimal_text
from config.kit.numbers import ExactDecimalField, grouped, parse_decimal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1234,567", "1234.567"),
        ("-0.5", "-0.5"),
        ("0.0", "0"),
        (" 7 ", "7"),
        ("-0", "0"),
        ("\u22123.25", "-3.25"),
        ("+4", "4"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1.50", "1.5"),
        ("0.000001", "0.000001"),
        ("999999999999999", "999999999999999"),
        ("00012", "12"),
    ],
)
def test_a_number_is_kept_as_it_was_written(text: str, expected: str) -> None:
    assert decimal_text(parse_decimal(text)) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Enter a number"),
        ("NaN", "Enter a number"),
        ("Infinity", "Enter a number"),
        ("-inf", "Enter a number"),
        ("abc", "Enter a number"),
        ("1.2.3", "Enter a number"),
        ("0x10", "Enter a number"),
        ("1_000", "Enter a number"),
        ("٣", "Enter a number"),
        ("12\x00", "Enter a number"),
        ("1 000", "without thousands separators"),
        ("1,234.5", "without thousands separators"),
        ("1.234,5", "without thousands separators"),
        ("1,234,567", "without thousands separators"),
        ("1,234", "may mean 1.234 or 1234"),
        ("-12,500", "may mean -12.500 or -12500"),
        ("1e400", "too large"),
        ("1e15", "too large"),
        ("1e9999", "too large"),
        ("1234567890123456", "too large"),
        ("1e-400", "decimal places"),
        ("0.1234567", "decimal places"),
        ("1234567890.123456", "significant digits"),
        ("1" * 500, "too long"),
        ("1e99999", "Enter a number"),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_decimal(text)


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_every_decimal_in_reach_survives_unchanged(units: int, places: int) -> None:
    value = Decimal(units).scaleb(-places)
    assert parse_decimal(str(value)) == value


@given(st.text(max_size=40))
def test_any_text_gives_a_finite_number_or_a_sentence(text: str) -> None:
    try:
        value = parse_decimal(text)
    except ValueError as refusal:
        says = str(refusal)
        if not says.endswith("."):
            raise
    else:
        assert value.is_finite()


def test_the_field_holds_its_limits_and_its_emptiness() -> None:
    field = ExactDecimalField(required=False, min_value=0, max_value=100)
    assert field.clean("") is None
    assert field.clean("99,5") == Decimal("99.5")
    for text, says in (("-1", "0 or more"), ("101", "100 or less"), ("NaN", "Enter a number")):
        with pytest.raises(ValidationError, match=says):
            field.clean(text)
    with pytest.raises(ValidationError, match="required"):
        ExactDecimalField().clean("")


@pytest.mark.parametrize(("data", "changed"), [("1.50", False), ("1,5", False), ("1.51", True), ("x", True)])
def test_another_spelling_is_not_a_change(data: str, changed: bool) -> None:
    assert ExactDecimalField(required=False).has_changed(Decimal("1.5"), data) is changed


def test_a_stored_decimal_is_shown_without_an_exponent() -> None:
    assert ExactDecimalField().prepare_value(Decimal("1E+2")) == "100"
    assert ExactDecimalField().prepare_value("1e2") == "1e2"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0", "0"),
        ("-0.0", "0.0"),
        ("1234", "1234"),
        ("30000", "30\u202f000"),
        ("-1234567.25", "\u22121\u202f234\u202f567.25"),
    ],
)
def test_numbers_are_grouped_for_reading(text: str, read: str) -> None:
    assert grouped(text) == read
