"""The audit page's filters."""

from typing import Any

from django import forms

from approvals.audit import Filters
from config.kit.text import CleanCharField, SaneDateField


class AuditForm(forms.Form):
    """What to look for; everything may be left out."""

    stream = CleanCharField(label="Subject", required=False, max_length=160)
    verb = CleanCharField(label="What happened", required=False, max_length=80)
    who = CleanCharField(label="Person", required=False, max_length=150)
    text = CleanCharField(label="Words in the details", required=False, max_length=200)
    start = SaneDateField(label="From", required=False)
    end = SaneDateField(label="To", required=False)

    def filters(self) -> Filters:
        """Return what is usable of the input; a field with an error does not filter."""
        self.is_valid()
        given: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value}
        return Filters(**given)
