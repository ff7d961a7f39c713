"""Two people at one form: what somebody saved meanwhile beside what was typed, and the next save against that."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from config.kit.refusals import StaleWrite

Difference = tuple[str, str, str]
"""What a field is called, what is stored now, what was typed."""


def _label(field: forms.BoundField) -> str:
    return str(field.label)


def differences(
    form: forms.BaseForm, stored: Mapping[str, Any], label: Callable[[forms.BoundField], str] = _label
) -> list[Difference]:
    """Compare a form that is usable by itself with what is stored, field by field, in the words of the form."""
    return [
        (label(form[name]), now, yours)
        for name, value in stored.items()
        if (now := _words(form.fields[name], value)) != (yours := _words(form.fields[name], form.cleaned_data[name]))
    ]


def _words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return "Yes" if value else "No"
    if isinstance(field, forms.ModelChoiceField):
        return str(value or "")
    if isinstance(field, forms.ChoiceField):
        return str({str(key): words for key, words in field.widget.choices}.get(str(value), value))
    told = field.prepare_value(value)
    return "" if told is None else str(told)


def against(form: forms.BaseForm, version: int | str, stale: StaleWrite) -> None:
    """Keep what was typed, say that it was refused, and let the next save be against the version stored now."""
    typed = form.data.copy()  # type: ignore[attr-defined]
    typed["version"] = str(version)
    form.data = typed
    form.add_error(None, f"{stale} Save again to keep what is below.")
