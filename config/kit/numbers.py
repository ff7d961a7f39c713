"""Exact numbers from people and programs: a decimal as it was written, or a sentence that says why not."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.kit.canonical import decimal_text

SIGNIFICANT = 15  # what SQLite keeps of a number
DECIMALS = 6
WIDE = Context(prec=400)  # digits enough for any float
NARROW_SPACE = "\u202f"
_PLAIN = re.compile(r"-?(0|[1-9]\d{0,8})(\.\d{0,5}[1-9])?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_THOUSANDS_OR_NOT = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


def rounded(value: Decimal | float, places: int) -> Decimal:
    """Round halves up, as people do, and browsers (`toFixed`): a figure must not end in 2 here and in 3 there."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE)


def grouped(text: str) -> str:
    """Write a plain decimal for reading: a true minus, narrow spaces between thousands.

    Four digits stay together, as in years and most tables; what rounds to nothing has no sign.
    """
    whole, point, rest = text.partition(".")
    digits = whole.lstrip("-")
    apart = f"{int(digits):,}".replace(",", NARROW_SPACE) if len(digits) > 4 else digits
    return ("\u2212" if whole.startswith("-") and Decimal(text) else "") + apart + point + rest


def parse_decimal(text: str) -> Decimal:
    """Read a number with one decimal point or comma; raises ValueError with a sentence for anything else."""
    if _PLAIN.fullmatch(text) and (plain := Decimal(text)):
        return plain  # written as decimal_text would, and within every limit below: most numbers of a file are
    written = str(text).strip().replace("\u2212", "-")
    if len(written) > 400:
        raise ValueError("This is too long to be a number.")
    if not _NUMBER.fullmatch(written):
        if re.fullmatch(r"[+-]?\d{1,3}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?", written, re.ASCII):
            raise ValueError("Write the number without thousands separators, for example 1234.5.")
        raise ValueError("Enter a number, for example 12.5.")
    if _THOUSANDS_OR_NOT.fullmatch(written):
        either, other = written.replace(",", "."), written.replace(",", "")
        raise ValueError(f"{written} may mean {either} or {other}: write it with a decimal point, or without a comma.")
    value = Decimal(written.replace(",", "."))
    if value == 0:
        return Decimal(0)
    if value.adjusted() >= SIGNIFICANT:
        raise ValueError(f"The number is too large: at most {SIGNIFICANT} digits before the decimal point.")
    # Digits are counted on the tuple: normalize() and quantize() would round to the context's 28 digits first.
    _, digits, exponent = value.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")
    places = -int(exponent) - (len(digits) - len(kept))
    if places > DECIMALS:
        raise ValueError(f"Give at most {DECIMALS} decimal places.")
    if len(kept.lstrip("0")) > SIGNIFICANT:
        raise ValueError(f"Give at most {SIGNIFICANT} significant digits.")
    return Decimal(decimal_text(value))


class ExactDecimalField(forms.Field):
    """A number kept exactly as typed; a text input, because a number input throws a bad value away."""

    widget = forms.TextInput

    def __init__(
        self, *, min_value: Decimal | int | None = None, max_value: Decimal | int | None = None, **kwargs: Any
    ) -> None:
        self.min_value, self.max_value = min_value, max_value
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask phones for the decimal keyboard."""
        return {"inputmode": "decimal", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        """Show a stored decimal without exponent or trailing zeros."""
        return decimal_text(value) if isinstance(value, Decimal) and value.is_finite() else value

    def to_python(self, value: Any) -> Decimal | None:
        """Return the decimal, or None for an empty field."""
        if value is None or str(value).strip() == "":
            return None
        try:
            return parse_decimal(str(value))
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def validate(self, value: Any) -> None:
        """Hold the number against the limits."""
        super().validate(value)
        if value is None:
            return
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(f"Enter {self.min_value} or more.", code="min_value")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(f"Enter {self.max_value} or less.", code="max_value")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare numbers, not their spelling: 1.50 is 1.5."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True
