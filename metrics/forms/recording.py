"""Forms for values: one value, and a file of many."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.kit.numbers import ExactDecimalField
from config.kit.text import CleanCharField, SaneDateField
from metrics.services.entries import Entry

MOST_PASTED = 200_000  # characters; what is longer is better sent as a file


class RecordForm(forms.Form):
    """One value of one period. A correction takes a reason, which the service asks for."""

    period_start = SaneDateField(label="Any day of the period")
    value = ExactDecimalField(label="Value")
    sample_size = CleanCharField(
        label="Sample size", required=False, max_length=20, help_text="How many cases it was counted from, if known."
    )
    segment = CleanCharField(
        label="Segment", required=False, max_length=80, help_text="Empty for the whole; for example a region."
    )
    note = CleanCharField(label="Note", required=False, max_length=2000, rows=2)
    reason = CleanCharField(
        label="Reason, when it corrects a value",
        required=False,
        max_length=2000,
        rows=2,
        help_text="What was recorded before stays visible as an earlier revision.",
    )

    def __init__(
        self, *args: Any, unit: str = "", segments: Sequence[str] = (), made: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.segments = segments
        if segments:
            self.fields["segment"].widget.attrs["list"] = "segments"
        if made:
            self.fields["segment"].help_text = "The whole is made of its segments: name one."
        if unit:
            self.fields["value"].label = f"Value ({unit})"

    def entry(self) -> Entry:
        """Return what was typed as a row."""
        return Entry(**self.cleaned_data)


class ImportForm(forms.Form):
    """A CSV file, its rows pasted, or a file that was tried before and waits."""

    file = forms.FileField(label="CSV file", required=False, allow_empty_file=True)
    rows = CleanCharField(label="… or paste its rows", required=False, max_length=MOST_PASTED, rows=8)
    dry_run = forms.BooleanField(label="Only try: report row by row and keep nothing", required=False, initial=True)
    waiting = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        given = super().clean() or self.cleaned_data
        if not self.errors and not any(given.get(name) for name in ("file", "rows", "waiting")):
            raise ValidationError("Choose a file or paste rows; the first line names the columns.")
        return given
