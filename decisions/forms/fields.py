"""The fields sections are made of: none is required, because a draft may be incomplete; ranges come from the domain."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from config.kit.numbers import ExactDecimalField
from config.kit.text import CleanCharField, SaneDateField
from decisions.domain import limits
from decisions.forms.offers import Offers

LONG = 3
"""A text of so many rows is long enough to be looked at before it is saved."""

WIDE = {"class": "wide"}
"""For a line that wants the whole width of its form."""

SELECT_AT_MOST = 20
SUGGEST_AT_MOST = 80
"""Longer lists become a text field with suggestions, written once a page: the page stays small."""


def line(label: str, help_text: str = "", **attrs: str) -> forms.Field:
    """Return a one-line text."""
    widget = forms.TextInput(attrs=attrs)
    return CleanCharField(label=label, help_text=help_text, required=False, max_length=limits.MAX_NAME, widget=widget)


def prose(label: str, help_text: str = "", rows: int = 3) -> forms.Field:
    """Return a text of any length that is sensible; Markdown is rendered when it is read."""
    kind = MarkdownArea if rows >= LONG else forms.Textarea
    widget = kind(attrs={"rows": rows})
    return CleanCharField(label=label, help_text=help_text, required=False, max_length=limits.MAX_TEXT, widget=widget)


class MarkdownArea(forms.Textarea):
    """A text of some length, with a button that shows how it will be read."""

    template_name = "components/_markdown_area.html"


def number(label: str, help_text: str = "", of: tuple[type, str] | None = None) -> forms.Field:
    """Return an exact decimal; `of` names the dossier's field whose range applies."""
    return ExactDecimalField(label=label, help_text=help_text, required=False, validators=_within(of))


def whole(label: str, help_text: str = "", of: tuple[type, str] | None = None) -> forms.Field:
    """Return a whole number, typed as text, so that a wrong one is shown again."""
    widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 4})
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=False,
        widget=widget,
        validators=_within(of),
        error_messages={"invalid": "Write a whole number, like 12."},
    )


def _within(of: tuple[type, str] | None) -> list[Any]:
    if of is None:
        return []
    low, high = limits.RANGES[of]
    message = f"Give a value between {low:,} and {high:,}."
    return [MinValueValidator(low, message), MaxValueValidator(high, message)]


def day(label: str, help_text: str = "") -> forms.Field:
    """Return a date between 1990 and 2100."""
    return SaneDateField(label=label, help_text=help_text, required=False)


def tick(label: str, help_text: str = "") -> forms.Field:
    """Return a box to tick."""
    return forms.BooleanField(label=label, help_text=help_text, required=False)


class NumbersField(CleanCharField):
    """A few small whole numbers with commas between, kept in ascending order."""

    def prepare_value(self, value: Any) -> Any:
        """Write the stored numbers out."""
        return ", ".join(map(str, value)) if isinstance(value, tuple | list) else value

    def clean(self, value: Any) -> Any:
        """Return the numbers; each of one digit or two, or a sentence."""
        text = super().clean(value)
        found = [part.strip() for part in text.replace(";", ",").replace(" ", ",").split(",") if part.strip()]
        if any(not (part.isascii() and part.isdigit() and len(part) < 3) for part in found):
            raise ValidationError("Write whole numbers with commas between them, like 1, 2, 5.", code="invalid")
        return tuple(sorted({int(part) for part in found}))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as the page shows them."""
        return super().has_changed(self.prepare_value(initial), data)


def numbers(label: str, help_text: str = "") -> forms.Field:
    """Return a list of small whole numbers."""
    widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 8})
    return NumbersField(label=label, help_text=help_text, required=False, max_length=60, widget=widget)


def choice(label: str, choices: list[tuple[str, str]], help_text: str = "") -> forms.Field:
    """Return a choice of a closed vocabulary."""
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, required=False)


class OfferedField(forms.ChoiceField):
    """One of the people, metrics, options or assumptions that are on offer; what is stored already stays choosable."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        self.offered: dict[str, str] = {}
        super().__init__(required=False, **kwargs)

    def offer(self, offers: Offers, stored: str) -> None:
        """Fill in the choices; `stored` is the value there now, which may no longer be on offer."""
        self.offered = offers.of(self.kind)
        if stored and stored not in self.offered:
            self.offered[stored] = f"{stored} (no longer available)"
        if len(self.offered) > SELECT_AT_MOST:
            attrs = {**self.widget.attrs, "list": f"offered-{self.kind}", "autocomplete": "off"}
            self.widget = forms.TextInput(attrs=attrs)
            self.widget.is_required = False
        else:
            self.choices = [("", "Choose…"), *self.offered.items()]

    def to_python(self, value: object) -> str:
        """Accept the value, or its label typed in full."""
        text: str = super().to_python(value).strip()
        by_label = {label.casefold(): key for key, label in self.offered.items()}
        return text if text in self.offered else by_label.get(text.casefold(), text)

    def validate(self, value: str) -> None:
        """Refuse what is not on offer."""
        if value and value not in self.offered:
            raise ValidationError(f"Choose one of the {self.kind} on offer.", code="not_offered")


def person(label: str, help_text: str = "") -> OfferedField:
    """Return a choice of the people who can sign in."""
    return OfferedField("people", label=label, help_text=help_text)


def metric(label: str, help_text: str = "") -> OfferedField:
    """Return a choice of the approved metrics this person may see."""
    return OfferedField("metrics", label=label, help_text=help_text)


class OfferedManyField(forms.MultipleChoiceField):
    """Any of the things on offer, as boxes to tick; what is stored already stays choosable."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(required=False, **kwargs)

    def offer(self, offers: Offers, stored: tuple[str, ...]) -> None:
        """Fill in the choices."""
        offered = offers.of(self.kind)
        gone = {key: f"{key} (no longer available)" for key in stored or () if key not in offered}
        self.choices = list({**offered, **gone}.items())

    def clean(self, value: Any) -> tuple[str, ...]:
        """Return the chosen ones as the dossier keeps them."""
        return tuple(super().clean(value))
