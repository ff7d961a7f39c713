"""Forms of data quality: how the checks of a metric are set, a control figure, a resolution, the list's filters."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms

from config.kit.canonical import decimal_text
from config.kit.numbers import ExactDecimalField
from config.kit.text import FIRST_DAY, LAST_DAY, CleanCharField, SaneDateField
from metrics.domain.quality.catalogue import GROUPS, KINDS, Kind, Setting, Severity, read_parameters
from metrics.domain.quality.parameters import Parameter
from metrics.models import Metric
from metrics.models.quality import SEVERITIES
from metrics.services.entries import cadence_of


class ChecksForm(forms.Form):
    """Every kind of check: whether it runs, how much it weighs, and what it takes; fields are named kind-name."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)

    def __init__(self, *args: Any, settings: Mapping[str, Setting], version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version
        self.wanted: dict[str, Setting] = {}
        for key, setting in settings.items():
            self.fields[f"{key}-on"] = forms.BooleanField(label="Run it", required=False, initial=setting.on)
            self.fields[f"{key}-severity"] = forms.ChoiceField(
                label="Severity", choices=SEVERITIES, initial=setting.severity
            )
            for each in setting.kind.parameters:
                self.fields[f"{key}-{each.name}"] = _field(each, setting.parameters[each.name])

    def clean(self) -> dict[str, Any]:
        """Read each check's parameters as the check takes them; of one that is off they need not make sense."""
        given = super().clean() or self.cleaned_data
        for key, kind in KINDS.items():
            raw = {each.name: given.get(f"{key}-{each.name}") for each in kind.parameters}
            read, errors = read_parameters(kind, raw)
            for name, sentence in errors.items():
                if f"{key}-{name}" not in self.errors:
                    self.add_error(f"{key}-{name}", sentence)
            severity = given.get(f"{key}-severity")
            if not errors and severity:
                self.wanted[key] = Setting(
                    kind=kind, on=bool(given.get(f"{key}-on")), severity=Severity(severity), parameters=read
                )
        return given

    def groups(self) -> Iterator[tuple[str, list[tuple[Kind, list[forms.BoundField]]]]]:
        """Yield the checks by group, each with its fields."""
        for title, kinds in GROUPS:
            yield (
                title,
                [(kind, [self[name] for name in self.fields if name.startswith(f"{kind.key}-")]) for kind in kinds],
            )


def checks_as_typed(settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Return how checks are set under the names of the form's fields."""
    said: dict[str, Any] = {}
    for key, setting in settings.items():
        said |= {f"{key}-on": setting.on, f"{key}-severity": setting.severity}
        said |= {f"{key}-{each.name}": setting.parameters[each.name] for each in setting.kind.parameters}
    return said


def check_label(field: forms.BoundField) -> str:
    """Return what a field of the form is called where its check does not stand above it."""
    return f"{KINDS[field.name.partition('-')[0]].title}: {field.label}"


def _field(parameter: Parameter, value: Any) -> forms.Field:
    if parameter.kind == "choice":
        return forms.ChoiceField(label=parameter.label, choices=list(parameter.choices), initial=value)
    if parameter.kind == "key":
        return CleanCharField(
            label=parameter.label, required=False, max_length=64, initial=value, help_text=parameter.help
        )
    shown = "" if value is None else decimal_text(value) if parameter.kind == "number" else str(value)
    return ExactDecimalField(
        label=parameter.label, required=not parameter.optional, initial=shown, help_text=parameter.help
    )


class MomentField(CleanCharField):
    """A time between 1990 and 2100, as 2026-11-30 14:05 on the clock of a place, or with its distance from UTC."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"placeholder": "2026-11-30 14:05", "autocomplete": "off"}
        super().__init__(max_length=40, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the time, without a zone where none was given."""
        text = super().clean(value)
        try:
            found = datetime.fromisoformat(text) if len(text) >= len("2026-11-30 14:05") else None
        except ValueError:
            found = None
        if found is None:
            raise forms.ValidationError("Enter a day and a time, for example 2026-11-30 14:05.", code="invalid")
        if not FIRST_DAY <= found.date() <= LAST_DAY:
            sentence = f"Enter a time between {FIRST_DAY.year} and {LAST_DAY.year}."
            raise forms.ValidationError(sentence, code="invalid")
        return found


class ControlFigureForm(forms.Form):
    """A figure from elsewhere for one period, and how far a value may lie from it."""

    period: forms.Field = SaneDateField(label="Any day of the period")
    segment = CleanCharField(label="Segment", required=False, max_length=80, help_text="Empty for the whole.")
    value = ExactDecimalField(label="Control figure")
    tolerance = ExactDecimalField(label="Tolerance", min_value=0)
    percent = forms.ChoiceField(
        label="Tolerance in", choices=[("", "The metric's unit"), ("yes", "Per cent")], required=False
    )
    source = CleanCharField(
        label="Where it is from",
        max_length=200,
        help_text="For example: the ledger's monthly closing, counted by hand.",
    )

    def __init__(self, *args: Any, metric: Metric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if cadence_of(metric).step.seconds:  # a day has many such periods
            self.fields["period"] = MomentField(
                label="Any time in the period",
                help_text=f"In {metric.time_zone}; with +01:00 or Z behind it, where the clock shows a time twice.",
            )


class ResolveForm(forms.Form):
    """Why what a check found is accepted."""

    reason = CleanCharField(
        label="Reason",
        max_length=2000,
        rows=3,
        help_text="What was found is accepted: the same again is no failure, anything else is. "
        "A wrong value is better corrected; then the incident closes by itself.",
    )


class IncidentFilter(forms.Form):
    """Which incidents to list."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "Going on"),
            ("open", "Not acknowledged"),
            ("acknowledged", "Acknowledged"),
            ("over", "Over"),
            ("all", "All"),
        ],
    )
    severity = forms.ChoiceField(label="Severity", required=False, choices=[("", "Any"), *SEVERITIES])
    check = forms.ChoiceField(
        label="Check", required=False, choices=[("", "Any"), *((kind.key, kind.title) for kind in KINDS.values())]
    )
    metric = forms.CharField(
        label="Metric", required=False, max_length=160, widget=forms.TextInput(attrs={"type": "search"})
    )
