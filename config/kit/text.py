"""Text and dates from people: cleaned, or refused with a sentence."""

import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

LONGEST = 20_000
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)


def clean_text(value: str, *, max_length: int | None = LONGEST) -> str:
    """Return the text in NFC, trimmed, with plain line ends; raises ValueError with a sentence where it cannot."""
    if value.isascii() and value.isprintable() and (max_length is None or len(value) <= max_length):
        return value.strip()  # what most words are, and none of the below can apply to: values come by the 100,000
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\x00" in text:
        raise ValueError("The text contains a NUL character; please remove it.")
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in text):
        raise ValueError("The text contains a control character; please remove it.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("The text contains half a character (a lone surrogate); please type it again.")
    if "\ufffd" in text:
        # What Django makes of bytes in a form that are not UTF-8; kept, it would be words lost without a word.
        raise ValueError("Part of the text could not be read and shows as “\ufffd”; please type it again.")
    text = unicodedata.normalize("NFC", text)
    if max_length is not None and len(text) > max_length:
        raise ValueError(f"Use at most {max_length:,} characters; there are {len(text):,}.")
    return text


class CleanCharField(forms.CharField):
    """A text field by the rules of `clean_text`; `rows` makes it a text area."""

    def __init__(self, *, max_length: int | None = LONGEST, rows: int = 0, **kwargs: Any) -> None:
        if rows:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        # Django's own length check counts before line ends are made plain; ours counts after.
        self.longest = max_length
        super().__init__(**kwargs)
        # Django's NUL validator would say the same a second time.
        self.validators = []

    def to_python(self, value: Any) -> str:
        """Return the cleaned text."""
        if value in self.empty_values:
            return ""
        try:
            return clean_text(str(value), max_length=self.longest)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error


class SaneDateField(forms.DateField):
    """A day between 1990 and 2100, in the browser's own date control."""

    default_error_messages = {"invalid": "Enter a date as year-month-day, for example 2026-11-30."}

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"type": "date", "min": FIRST_DAY.isoformat(), "max": LAST_DAY.isoformat()}
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs=attrs))
        kwargs.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        """Return the day, refusing years that can only be a slip."""
        day = super().to_python(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError(f"Enter a date between {FIRST_DAY.year} and {LAST_DAY.year}.", code="invalid")
        return day
