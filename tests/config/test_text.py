"""Text and dates from people: cleaned, or refused with a sentence."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from config.kit.text import CleanCharField, SaneDateField, clean_text


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("  plain ", "plain"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("cafe\u0301", "café"),
        ("tab\tkept", "tab\tkept"),
        ("<b>markup</b>", "<b>markup</b>"),
        ("กำหนดเงื่อนไข", "กำหนดเงื่อนไข"),
    ],
)
def test_text_is_kept_in_one_form(given_text: str, expected: str) -> None:
    assert clean_text(given_text) == expected


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("a\x00b", "NUL"),
        ("a\ud800b", "half a character"),
        (b"a\xed\xa0\x80b".decode(errors="replace"), "could not be read"),
        ("a\x1bb", "control"),
        ("aa", "at most 1"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(bad: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        clean_text(bad, max_length=1 if bad == "aa" else 100)


@given(st.text(max_size=200))
def test_kept_text_is_writable_and_stays_as_it_is(text: str) -> None:
    try:
        kept = clean_text(text)
    except ValueError:
        return
    kept.encode()
    assert clean_text(kept) == kept


def test_a_megabyte_is_refused_with_both_lengths() -> None:
    with pytest.raises(ValidationError, match=r"at most 20,000 characters; there are 1,000,000"):
        CleanCharField().clean("x" * 1_000_000)


def test_line_ends_do_not_count_twice() -> None:
    assert CleanCharField(max_length=5, rows=2).clean("ab\r\ncd") == "ab\ncd"


def test_nothing_is_empty_text_and_may_be_required() -> None:
    assert CleanCharField(required=False).clean(None) == ""
    with pytest.raises(ValidationError, match="required"):
        CleanCharField().clean("   ")


@pytest.mark.parametrize("text", ["1990-01-01", "2100-12-31"])
def test_days_people_mean_are_taken(text: str) -> None:
    assert SaneDateField().clean(text) == date.fromisoformat(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1989-12-31", "2101-01-01", "9999-12-31"])
def test_years_that_are_slips_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="between 1990 and 2100"):
        SaneDateField().clean(text)


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "30.11.2026", "2026-11-30T00:00", "\x00"])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValidationError, match="2026-11-30"):
        SaneDateField().clean(text)
