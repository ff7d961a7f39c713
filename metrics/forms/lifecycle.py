"""Forms for the end of a metric, and for freezing."""

from typing import Any

from django import forms

from config.kit.text import CleanCharField, SaneDateField
from metrics.domain.freezing import Window
from metrics.models import Metric
from metrics.services.freezes import Scope


class KeyField(CleanCharField):
    """The registry key of one metric that the person may see; `metrics` is set by the form."""

    metrics = Metric.objects.none()

    def __init__(self, *, unknown: str, **kwargs: Any) -> None:
        self.unknown = unknown
        super().__init__(max_length=64, required=False, **kwargs)
        self.widget.attrs |= {"list": "keys", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        """Return the metric, or None for no key."""
        key = super().clean(value)
        if not key:
            return None
        found = self.metrics.filter(key=key).first() if key.isascii() else None
        if found is None:
            raise forms.ValidationError(self.unknown)
        return found


def _reason(label: str, help_text: str = "") -> CleanCharField:
    return CleanCharField(
        label=label, rows=2, max_length=2000, help_text=help_text, error_messages={"required": "Give the reason."}
    )


class EndingForm(forms.Form):
    """When a metric is announced as ending, when it takes no more values, and what takes its place."""

    announce_on = SaneDateField(label="Announced on", help_text="From then on it is deprecated.")
    remove_on = SaneDateField(label="Takes no values from", help_text="Its removal date; the metric is retired then.")
    successor = KeyField(
        label="Successor",
        unknown="There is no metric with that key.",
        help_text="Key of the metric to use instead. Leave it empty only where nothing takes its place.",
    )
    reason = _reason("Reason", "Approvers and everybody who rests on the metric read it.")

    def __init__(self, *args: Any, metrics: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].metrics = metrics  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why something is taken back or ended."""

    reason = _reason("Reason")


class FreezeForm(forms.Form):
    """What is frozen, on which days, and which periods with it."""

    metric = KeyField(
        label="One metric", unknown="You manage no metric with that key.", help_text="Its key; empty for more than one."
    )
    family = forms.ChoiceField(label="… or a family", required=False)
    begins_on = SaneDateField(label="Frozen from")
    ends_on = SaneDateField(label="Frozen to", help_text="This day included.")
    first_day = SaneDateField(label="Periods from")
    last_day = SaneDateField(label="Periods to", help_text="A period of which any day lies between is frozen.")
    reason = _reason("Reason", "For example the evaluation that the figures are handed in for.")

    def __init__(self, *args: Any, metrics: Any, families: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["metric"].metrics = metrics  # type: ignore[attr-defined]
        choices = [("", "All metrics"), *((family, family) for family in families)]
        self.fields["family"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("metric") and given.get("family"):
            self.add_error("family", "Choose a metric or a family, not both.")
        return given

    def scope(self) -> Scope:
        """Return what is frozen."""
        return Scope(metric=self.cleaned_data["metric"], family=self.cleaned_data["family"])

    def window(self) -> Window:
        """Return the days."""
        names = ("begins_on", "ends_on", "first_day", "last_day", "reason")
        return Window(**{name: self.cleaned_data[name] for name in names})
