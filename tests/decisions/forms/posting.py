"""Turns an editor, or any form, into what a browser would post when nothing is touched."""

from django import forms
from django.forms.formsets import BaseFormSet


def posted(*pieces) -> dict[str, object]:
    """Return field name → value as rendered, management forms included."""
    data: dict[str, object] = {}
    for piece in pieces:
        if isinstance(piece, BaseFormSet):
            data |= _of_form(piece.management_form)
            for form in piece.forms:
                data |= _of_form(form)
                if getattr(form, "parts", None) is not None:
                    data |= posted(form.parts)
        elif isinstance(piece, forms.BaseForm):
            data |= _of_form(piece)
        else:
            data |= posted(*piece.pieces())
    return data


def _of_form(form: forms.BaseForm) -> dict[str, object]:
    data = {}
    for bound in form:
        value = bound.value()
        if isinstance(bound.field.widget, forms.CheckboxInput):
            if value:
                data[bound.html_name] = "on"
        elif isinstance(bound.field.widget, forms.CheckboxSelectMultiple):
            data[bound.html_name] = list(value or [])
        else:
            shown = bound.field.widget.format_value(value)
            shown = shown[0] if isinstance(shown, list) and shown else shown
            data[bound.html_name] = "" if shown is None or shown == [] else str(shown)
    return data
