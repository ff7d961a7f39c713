"""The form that enters a metric into the registry; the rest of its definition follows on its own page."""

from django import forms

from config.kit.text import CleanCharField
from metrics.forms.definition import CADENCES
from metrics.models import Metric, MetricDefinition


class NewMetricForm(forms.Form):
    """The least that an entry needs."""

    name = CleanCharField(label="Name", max_length=160, help_text="For example Support resolution rate.")
    key = CleanCharField(
        label="Key",
        max_length=64,
        help_text=(
            "Its name for programs, for ever: lower-case letters, digits, “_” or “-”, as in support_resolution_rate."
        ),
    )
    unit = CleanCharField(label="Unit", max_length=32, required=False, help_text="For example %, days, EUR.")
    direction = forms.ChoiceField(label="Direction", choices=MetricDefinition.Direction.choices)
    cadence = forms.ChoiceField(label="Frequency", choices=list(CADENCES.items()), initial="weekly")
    level = forms.ChoiceField(label="Level", choices=Metric.Level.choices)
    classification = forms.ChoiceField(
        label="Who may see it",
        choices=[("internal", "Internal: everyone who signs in"), ("confidential", "Confidential: people named on it")],
    )
