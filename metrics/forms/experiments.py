"""The plan of an experiment, its figures, its verdict, and what of the list is shown."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from approvals.models import User
from config.kit.numbers import ExactDecimalField
from config.kit.text import CleanCharField, SaneDateField
from metrics.forms.calculator import cases_field
from metrics.forms.definition import KeysField
from metrics.models import Experiment, Metric

KEYS_LIST = "metric-keys"


class VariantsField(CleanCharField):
    """Names, one a line."""

    def prepare_value(self, value: Any) -> Any:
        """Show a stored list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the names."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class PlanForm(forms.Form):
    """What is expected, of which metric, between which variants, and how sure one wants to be."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2_000_000_000)
    title = CleanCharField(label="Title", max_length=160)
    hypothesis = CleanCharField(
        label="Hypothesis",
        rows=3,
        max_length=4000,
        help_text="What is expected to happen, and why. It freezes at the start.",
    )
    metric = CleanCharField(
        label="Metric",
        max_length=64,
        help_text="The key of the one that the hypothesis is about.",
        widget=forms.TextInput(attrs={"list": KEYS_LIST, "autocomplete": "off"}),
    )
    further = KeysField(
        label="Further metrics",
        required=False,
        max_length=400,
        help_text="Keys of those that must not get worse, separated by commas. Each makes the line a little stricter.",
    )
    variants = VariantsField(label="Variants", rows=3, help_text="One a line, the control first.")
    measured = forms.ChoiceField(label="Measured as", choices=Experiment.Measured.choices)
    expects = forms.ChoiceField(label="Expected", choices=Experiment.Expects.choices)
    base = ExactDecimalField(label="Without the change", help_text="In per cent where it is a share.")
    effect = ExactDecimalField(
        label="Least difference that matters",
        help_text="What the experiment must be able to show; in percentage points for a share.",
    )
    deviation = ExactDecimalField(
        label="Standard deviation", required=False, help_text="Between single cases; for a mean only."
    )
    alpha = ExactDecimalField(label="False alarms (%)")
    power = ExactDecimalField(label="Power (%)")
    sample = cases_field(
        "Cases in each variant", 2, required=False, help_text="Empty: worked out from the four figures before it."
    )
    ends_on = SaneDateField(label="To be judged by", required=False)
    owner = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True).order_by("first_name", "last_name", "username"), label="Owner"
    )

    def __init__(self, *args: Any, user: User, stored: Experiment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if stored is not None:
            del self.fields["metric"]

    def clean_metric(self) -> Metric:
        """Find the metric by its key, among those the person may see."""
        found = Metric.objects.visible_to(self.user).in_use().with_definition()
        metric = found.filter(key=self.cleaned_data["metric"].strip()).first()
        if metric is None:
            raise forms.ValidationError("Choose a metric of the registry by its key.")
        return metric

    def clean_further(self) -> list[Metric]:
        """Find the metrics by their keys, among those the person may see."""
        keys = self.cleaned_data["further"]
        found = {metric.key: metric for metric in Metric.objects.visible_to(self.user).filter(key__in=keys)}
        if unknown := [key for key in keys if key not in found]:
            raise forms.ValidationError(f"There is no metric with the key {', '.join(unknown)}.")
        return list(found.values())

    def plan(self) -> dict[str, Any]:
        """Return what was typed as the service takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"version", "metric"}}


class FiguresForm(forms.Form):
    """The figures of every variant on every measure, as they stand now."""

    note = CleanCharField(label="Note", required=False, max_length=2000, rows=2)

    def __init__(self, *args: Any, plan: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        for at, measure in enumerate(plan["measures"]):
            for number in range(len(plan["variants"])):
                self._add(f"m{at}v{number}", measure["kind"])
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def _add(self, place: str, kind: str) -> None:
        self.fields[f"{place}_cases"] = cases_field("Cases", 1 if kind == "share" else 2)
        if kind == "share":
            self.fields[f"{place}_count"] = cases_field("Of them counted", 0)
        else:
            self.fields[f"{place}_mean"] = ExactDecimalField(label="Mean")
            self.fields[f"{place}_deviation"] = ExactDecimalField(label="Standard deviation", min_value=0)

    def measures(self) -> Iterator[tuple[str, list[tuple[str, list[forms.BoundField]]]]]:
        """Yield each measure with the fields of each variant."""
        for at, measure in enumerate(self.plan["measures"]):
            rows = [
                (name, [self[field] for field in self.fields if field.startswith(f"m{at}v{number}_")])
                for number, name in enumerate(self.plan["variants"])
            ]
            yield measure["name"], rows

    def clean(self) -> dict[str, Any]:
        """Refuse counts above their cases."""
        given: dict[str, Any] = self.cleaned_data
        for name in [name for name in given if name.endswith("_count")]:
            cases = given.get(name.replace("_count", "_cases"))
            if cases is not None and given[name] > cases:
                self.add_error(name, "This is more than there are cases.")
        return given

    def figures(self) -> dict[str, list[dict[str, str]]]:
        """Return the figures as the service takes them."""
        return {
            measure["metric"]: [self._entry(f"m{at}v{number}_") for number in range(len(self.plan["variants"]))]
            for at, measure in enumerate(self.plan["measures"])
        }

    def _entry(self, place: str) -> dict[str, str]:
        return {
            name.removeprefix(place): str(value) for name, value in self.cleaned_data.items() if name.startswith(place)
        }


def typed_before(plan: Mapping[str, Any], figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the figures of a look as the form's initial values."""
    return {
        f"m{at}v{number}_{name}": value
        for at, measure in enumerate(plan["measures"])
        for number, entry in enumerate(figures[measure["metric"]])
        for name, value in entry.items()
    }


class JudgeForm(forms.Form):
    """The verdict with its reason, and why it stands where the figures speak against it."""

    verdict = forms.ChoiceField(label="Verdict", choices=[("", "Choose"), *Experiment.Verdict.choices])
    reason = CleanCharField(label="Reason", rows=3, max_length=4000, help_text="What was learnt, also from a failure.")
    despite = CleanCharField(
        label="Why it stands all the same",
        required=False,
        rows=2,
        max_length=4000,
        help_text="Asked for where the figures speak against the verdict.",
    )


class ListForm(forms.Form):
    """What of the list is shown; nonsense filters nothing."""

    find = CleanCharField(label="Find", required=False, max_length=80)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *Experiment.State.choices])
    verdict = forms.ChoiceField(label="Verdict", required=False, choices=[("", "Any"), *Experiment.Verdict.choices])
    metric = CleanCharField(label="Metric key", required=False, max_length=64)

    def wanted(self) -> dict[str, str]:
        """Return what was chosen."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
