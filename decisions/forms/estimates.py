"""Quantities that are not known exactly: three cells of a table, or one cell that takes “low / likely / high”."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.kit.canonical import decimal_text
from config.kit.numbers import parse_decimal
from decisions.domain.dossier import Estimate

_BETWEEN = re.compile(r"\s*(?:/|…|\.\.\.|;|\s)\s*")
_SHAPE = "Write one number, or three as low / likely / high."


def ordered(low: Decimal | None, likely: Decimal | None, high: Decimal | None) -> bool:
    """Say whether those that are given rise from low to high."""
    given = [value for value in (low, likely, high) if value is not None]
    return given == sorted(given)


class CellInput(forms.TextInput):
    """A text input without a template and without what is the default anyway: a matrix has a hundred of them."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the element."""
        shown = self.format_value(value)
        given = {"name": name} | ({} if shown is None else {"value": shown}) | self.build_attrs(self.attrs, attrs)
        return format_html("<input{}>", flatatt(given))


class EstimateField(forms.CharField):
    """One cell of the score matrix: `55`, or `40 / 55 / 70`."""

    widget = CellInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, validators=[MaxLengthValidator(60)], **kwargs)
        self.widget.attrs |= {"inputmode": "decimal"}

    def prepare_value(self, value: Any) -> Any:
        """Show a stored estimate the way it is typed."""
        if not isinstance(value, Estimate):
            return value
        if value.low is None and value.high is None:
            return "" if value.likely is None else decimal_text(value.likely)
        parts = (value.low, value.likely, value.high)
        return " / ".join("?" if part is None else decimal_text(part) for part in parts)

    def clean(self, value: Any) -> Estimate:
        """Return the estimate; empty when nothing was typed. A closed cell hands in what is stored."""
        if isinstance(value, Estimate):
            return value
        text = super().clean(value)
        parts = [part for part in _BETWEEN.split(text) if part]
        if not parts:
            return Estimate()
        if len(parts) not in {1, 3}:
            raise forms.ValidationError(_SHAPE)
        try:
            numbers = [None if part == "?" else parse_decimal(part) for part in parts]
        except ValueError as error:
            raise forms.ValidationError(f"{error} {_SHAPE}") from error
        if len(numbers) == 1:
            return Estimate(likely=numbers[0])
        if not ordered(*numbers):
            raise forms.ValidationError("Low may not be above likely, nor likely above high.")
        return Estimate(low=numbers[0], likely=numbers[1], high=numbers[2])


class OrderedMixin:
    """Refuse estimates whose low, likely and high do not rise; `estimates` names the attributes."""

    estimates: tuple[str, ...] = ("estimate",)

    def clean(self) -> dict[str, Any]:
        """Hold each estimate's three numbers against each other."""
        data: dict[str, Any] = super().clean() or self.cleaned_data  # type: ignore[misc, attr-defined]
        for name in self.estimates:
            parts = [data.get(f"{name}__{part}") for part in ("low", "likely", "high")]
            if not ordered(*parts):
                self.add_error(f"{name}__likely", "Low may not be above likely, nor likely above high.")  # type: ignore[attr-defined]
        return data
