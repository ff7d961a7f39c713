"""Forms about disputes and relevance: shape here, truth in the services."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.kit.text import FIRST_DAY, LAST_DAY, CleanCharField
from metrics.domain.relevance import EVERY_DAYS, INTERVALS
from metrics.models import Dispute, Metric, RelevanceReview
from metrics.services.entries import cadence_of


class DisputeForm(forms.Form):
    """What is wrong with a metric, and why."""

    about = forms.ChoiceField(label="What is wrong", widget=forms.RadioSelect, choices=Dispute.Kind.choices)
    period = CleanCharField(
        label="Any day of the value’s period",
        required=False,
        max_length=40,
        help_text="Only for a value.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    segment = CleanCharField(label="Segment", required=False, max_length=80, help_text="Empty for the whole.")
    reason = CleanCharField(
        label="Why", rows=4, help_text="What it says, what it should say, and how you know.", max_length=4000
    )

    def __init__(self, *args: Any, metric: Metric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.metric = metric
        shown = metric.definition
        version = f"The definition, version {shown.number}" if shown else "The definition"
        self.fields["about"].choices = [("definition", version), ("value", "The value of a period")]  # type: ignore[attr-defined]
        if not metric.segmented:
            self.fields["segment"].widget = forms.HiddenInput()
        if metric.has_short_periods:
            self.fields["period"].widget = forms.TextInput()
            self.fields["period"].label = "The beginning of the value’s period"
            self.fields["period"].help_text = "Only for a value; for example 2026-11-30T14:05+00:00."

    def clean(self) -> dict[str, Any]:
        """Find the period that the day lies in."""
        given = super().clean() or self.cleaned_data
        if given.get("about") == Dispute.Kind.VALUE and "period" in given:
            try:
                given["start"] = self._start(given["period"])
            except ValueError as error:
                self.add_error("period", ValidationError(str(error)))
        return given

    def _start(self, text: str) -> datetime:
        if not text:
            raise ValueError("Name a day of the period whose value is wrong.")
        try:
            moment = datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
        except ValueError:
            raise ValueError("Enter a date as year-month-day, for example 2026-11-30.") from None
        day = moment.date() if isinstance(moment, datetime) else moment
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError(f"Enter a date between {FIRST_DAY.year} and {LAST_DAY.year}.")
        return cadence_of(self.metric).containing(moment).start


class ReasonForm(forms.Form):
    """A reason, for joining a dispute or for answering it."""

    reason = CleanCharField(label="Reason", rows=3, max_length=4000)


class RelevanceForm(forms.Form):
    """Whether a metric is still worth keeping, and when to look again."""

    outcome = forms.ChoiceField(
        label="Is it still relevant?",
        widget=forms.RadioSelect,
        choices=[
            (RelevanceReview.State.CONFIRMED, "Yes, as it is"),
            (RelevanceReview.State.CHANGE, "Yes, but its definition should change"),
            (RelevanceReview.State.DEPRECATE, "No, it should be deprecated"),
        ],
    )
    said = CleanCharField(label="In a sentence: what is it used for, or why not?", rows=3, max_length=4000)
    every_days = forms.TypedChoiceField(
        label="Look at it again", coerce=int, choices=list(INTERVALS.items()), initial=EVERY_DAYS
    )
