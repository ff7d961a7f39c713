"""Forms for the segments of a metric: what there is, and who may see it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from approvals.models import User
from config.kit.text import CleanCharField, SaneDateField
from metrics.models import MetricSegment
from metrics.services.segments import GRANTS


class SegmentForm(forms.Form):
    """One segment: entered, or changed where there is one of the name; `differences` after a stale save."""

    differences: Sequence[tuple[str, str, str]] = ()

    name = CleanCharField(label="Segment", max_length=80, help_text="As its values name it, for example North.")
    dimension = CleanCharField(label="It is a", max_length=40, help_text="For example region.")
    opened_from = SaneDateField(label="From", required=False, help_text="Empty: from the beginning.")
    closed_from = SaneDateField(label="Closed from", required=False, help_text="Takes no values from this day on.")
    version = CleanCharField(max_length=16, required=False, widget=forms.HiddenInput)


class SegmentGrantForm(forms.Form):
    """One grant on one segment, to a person or to everybody in a group."""

    segment = forms.ChoiceField(label="Segment", required=False)
    person = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True).order_by("first_name", "last_name", "username"),
        label="Person",
        required=False,
    )
    group = forms.ModelChoiceField(queryset=Group.objects.order_by("name"), label="… or group", required=False)
    permission = forms.ChoiceField(label="May", choices=list(GRANTS.items()))

    def __init__(self, *args: Any, rows: Iterable[MetricSegment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].choices = [(row.name, str(row)) for row in rows]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        given = super().clean() or self.cleaned_data
        if bool(given.get("person")) == bool(given.get("group")) and not self.errors:
            raise ValidationError("Choose a person or a group.")
        return given

    @property
    def to(self) -> User | Group:
        """Return to whom."""
        chosen: User | Group = self.cleaned_data["person"] or self.cleaned_data["group"]
        return chosen
