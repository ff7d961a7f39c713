"""Forms for the end of a metric, and for freezing."""

from typing import Any

from django import forms

from config.kit.text import CleanCharField, SaneDateField
from metrics.domain.freezing import Window
from metrics.models import Metric
from metrics.services.freezes import Scope

FAMILY, EVERYTHING = "family:", "all"
"""How the choice of a family begins, which may bear any name; and the choice of all metrics."""


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

    metric = KeyField(label="One metric", unknown="You manage no metric with that key.", help_text="Its key.")
    family = forms.ChoiceField(label="… or more than one", required=False)
    begins_on = SaneDateField(label="Frozen from", help_text="All days are those of each metric’s own time zone.")
    ends_on = SaneDateField(label="Frozen to", help_text="This day included.")
    first_day = SaneDateField(label="Periods from")
    last_day = SaneDateField(label="Periods to", help_text="A period of which any day lies between is frozen.")
    reason = _reason("Reason", "For example the evaluation that the figures are handed in for.")

    def __init__(self, *args: Any, metrics: Any, families: list[str] | None, **kwargs: Any) -> None:
        """`families`: those offered beside all metrics; None for who may freeze no more than one metric."""
        super().__init__(*args, **kwargs)
        self.fields["metric"].metrics = metrics  # type: ignore[attr-defined]
        if families is None:
            del self.fields["family"]
            return
        named = [(f"{FAMILY}{family}", f"The family {family}") for family in families]
        choices = [("", "Only the one metric"), *named, (EVERYTHING, "All metrics")]
        self.fields["family"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two; that all metrics are meant is never read from an empty field."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        metric, several = given.get("metric"), given.get("family")
        if metric and several:
            self.add_error("family", "Choose one metric or more than one, not both.")
        elif not (metric or several or {"metric", "family"} & {*self.errors}):
            self.add_error("metric", "Say what is to be frozen.")
        return given

    def scope(self) -> Scope:
        """Return what is frozen."""
        several = self.cleaned_data.get("family", "")
        family = several.removeprefix(FAMILY) if several.startswith(FAMILY) else ""
        return Scope(metric=self.cleaned_data["metric"], family=family)

    def window(self) -> Window:
        """Return the days."""
        names = ("begins_on", "ends_on", "first_day", "last_day", "reason")
        return Window(**{name: self.cleaned_data[name] for name in names})
