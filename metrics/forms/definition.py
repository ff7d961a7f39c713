"""The form of a definition: every field of it, grouped as people fill it in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms

from approvals.models import User
from config.kit.numbers import ExactDecimalField
from config.kit.text import CleanCharField
from metrics.models import Metric, MetricDefinition
from metrics.services.content import LABELS
from metrics.subjects import GROUPS

CADENCES = {
    "daily": "Daily",
    "weekly": "Weekly",
    "monthly": "Monthly",
    "quarterly": "Quarterly",
    "yearly": "Yearly",
    "PT1H": "Hourly",
}
HOUR = timedelta(hours=1)
WIDE = {
    "aggregation",
    "counter_metrics",
    "expression",
    "high_risk",
    "name",
    "personal_data",
    "personal_values",
    "risk_reason",
}


def _prose(name: str, help_text: str = "", rows: int = 3) -> CleanCharField:
    return CleanCharField(label=LABELS[name], required=False, rows=rows, help_text=help_text)


def _line(name: str, longest: int, help_text: str = "") -> CleanCharField:
    return CleanCharField(label=LABELS[name], required=False, max_length=longest, help_text=help_text)


def _number(name: str, help_text: str = "") -> ExactDecimalField:
    return ExactDecimalField(label=LABELS[name], required=False, help_text=help_text)


def _count(name: str, help_text: str = "") -> forms.IntegerField:
    field = forms.IntegerField(
        label=LABELS[name], required=False, min_value=0, max_value=2_000_000_000, help_text=help_text
    )
    field.widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return field


def _choice(name: str, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=LABELS[name], choices=choices)


def _person(name: str, help_text: str) -> "forms.ModelChoiceField[User]":
    people = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
    return forms.ModelChoiceField(queryset=people, label=LABELS[name], required=False, help_text=help_text)


class KeysField(CleanCharField):
    """Registry keys, separated by commas or spaces."""

    def prepare_value(self, value: Any) -> Any:
        """Show a stored list as text."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the keys as a sorted list."""
        return sorted(set(super().clean(value).replace(",", " ").split()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare keys, not their spelling."""
        return str(self.prepare_value(initial or "")) != str(data or "")


class HoursField(forms.DecimalField):
    """A length of time in hours."""

    widget = forms.TextInput

    def prepare_value(self, value: Any) -> Any:
        """Show a stored length as hours."""
        return f"{value / HOUR:g}" if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> Any:
        """Return the length; nothing is no time at all."""
        hours = super().clean(value)
        return timedelta(0) if hours is None else float(hours) * HOUR

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask phones for the decimal keyboard."""
        return {"inputmode": "decimal", "autocomplete": "off"}


@dataclass(frozen=True)
class Group:
    """One group of the form."""

    key: str
    title: str
    fields: list[forms.BoundField]

    def rows(self) -> Iterator[list[forms.BoundField]]:
        """Yield the fields in rows: prose alone, short fields side by side, at most three."""
        row: list[forms.BoundField] = []
        for field in self.fields:
            wide = field.name in WIDE or isinstance(field.field.widget, forms.Textarea)
            if row and (wide or len(row) == 3):
                yield row
                row = []
            if wide:
                yield [field]
            else:
                row.append(field)
        if row:
            yield row


class DefinitionForm(forms.Form):
    """Everything a definition says. `version` is the Metric.version that the writer saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2_000_000_000)

    name = CleanCharField(label=LABELS["name"], max_length=160)
    meaning = _prose("meaning", "What one would say to a colleague who asks what this number tells.")
    formula = _prose("formula", "In words or symbols; what is divided by what.")
    expression = _line(
        "expression",
        500,
        "Only for a metric that Premise works out from others: their keys, numbers, + - * / and brackets, for example "
        "resolved / opened * 100. Values are then calculated, never recorded.",
    )
    missing_inputs = forms.ChoiceField(
        label=LABELS["missing_inputs"], choices=MetricDefinition.MissingInputs.choices, required=False
    )
    unit = _line("unit", 32, "For example %, days, EUR.")
    direction = _choice("direction", MetricDefinition.Direction.choices)

    aggregation = forms.ChoiceField(
        label=LABELS["aggregation"],
        choices=MetricDefinition.Aggregation.choices,
        required=False,
        help_text="Shares and other ratios cannot be summed or plainly averaged: weight them, or divide the sums.",
    )
    aggregation_over = _line("aggregation_over", 40, "For example region; together they make up the whole.")
    missing_parts = forms.ChoiceField(
        label=LABELS["missing_parts"], choices=MetricDefinition.MissingInputs.choices, required=False
    )
    aggregation_numerator = _line("aggregation_numerator", 64, "Only for a ratio of sums: a metric’s key.")
    aggregation_denominator = _line("aggregation_denominator", 64, "Only for a ratio of sums: a metric’s key.")

    population = _prose("population", "What is counted: which people, requests, places.", 2)
    exclusions = _prose("exclusions", "What is left out, and why.", 2)
    normalisation = _prose("normalisation", "By what it is divided or seasonally adjusted.", 2)
    minimum_sample = _count("minimum_sample", "A value from fewer cases neither breaks nor clears a condition.")

    sources = _prose("sources", "Which system or count the values come from.", 2)
    lineage = _prose("lineage", "The way from the source to here.", 2)
    transformation = _prose("transformation", "What is done to the raw numbers.", 2)
    outage_fallback = _prose("outage_fallback", "What is used while the source is out of order.", 2)
    cadence = _choice("cadence", list(CADENCES.items()))
    time_zone = _line("time_zone", 64, "In which days begin and end, for example Europe/Lisbon.")
    settle_after = HoursField(
        label="Settles after (hours)",
        required=False,
        min_value=0,
        max_value=8784,
        help_text="How long after its end a period's value still moves; until then it does not count.",
    )

    baseline = _number("baseline", "Where it stood before.")
    target = _number("target")
    target_30 = _number("target_30")
    target_90 = _number("target_90")
    target_365 = _number("target_365")
    tolerance_low = _number("tolerance_low")
    tolerance_high = _number("tolerance_high")

    owner = _person("owner", "Answers for the number.")
    steward = _person("steward", "Keeps its data right.")
    family = _line("family", 80)
    category = _line("category", 80)
    level = _choice("level", Metric.Level.choices)
    timing = _choice("timing", MetricDefinition.Timing.choices)
    measures = _choice("measures", MetricDefinition.Measures.choices)

    counter_metrics = KeysField(
        label=LABELS["counter_metrics"],
        required=False,
        max_length=2000,
        help_text="Keys of metrics that would worsen if this one were chased alone, separated by commas.",
    )
    risks = _prose("risks", "How it could mislead, or be gamed.", 2)
    actions = _prose("actions", "What is done when it is off.", 2)
    personal_data = forms.BooleanField(label="Values contain personal data", required=False)
    personal_values = forms.BooleanField(
        label="A value itself says something of one person",
        required=False,
        help_text="Then the values go too when their time is up, and not only who recorded them, with what note.",
    )
    retention_days = _count("retention_days", "After their period ended. Then they are erased.")
    high_risk = forms.BooleanField(label="High risk: changes go before the review board", required=False)
    risk_reason = _line("risk_reason", 500, "What harm is done when it is wrong, or chased for its own sake.")

    def __init__(self, *args: Any, cadence: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["cadence"].choices  # type: ignore[attr-defined]
        if cadence and cadence not in CADENCES:
            self.fields["cadence"].choices = [*choices, (cadence, cadence)]  # type: ignore[attr-defined]

    def groups(self) -> Iterator[Group]:
        """Yield the groups in order, for the page and its list of tasks."""
        for key, title, names in GROUPS:
            yield Group(key, title, [self[name] for name in names])

    def clean_missing_inputs(self) -> str:
        """Take the careful policy where none is sent."""
        return self.cleaned_data["missing_inputs"] or MetricDefinition.MissingInputs.WITHHOLD

    def clean_missing_parts(self) -> str:
        """Take the careful policy where none is sent."""
        return self.cleaned_data["missing_parts"] or MetricDefinition.MissingInputs.WITHHOLD

    def changes(self) -> dict[str, Any]:
        """Return what was typed as the service takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}
