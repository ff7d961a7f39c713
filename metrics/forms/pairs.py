"""Forms for pairs of metrics: the pair itself, why it is closed, and what is done about an alert."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.models import User
from config.kit.text import CleanCharField
from metrics.domain.trade_offs import RUNS, WINDOWS
from metrics.models import Metric
from metrics.services.pairing import CHOSEN, LONGEST_POLE


class MetricKeyField(CleanCharField):
    """The key of a metric that the person may see; its value is the metric."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, widget=forms.TextInput(attrs={"list": "metric-keys"}), **kwargs)
        self.seen = Metric.objects.none()

    def clean(self, value: Any) -> Any:
        """Return the metric."""
        key = super().clean(value)
        found = self.seen.filter(key=key).first()
        if key and found is None:
            raise ValidationError(f"There is no metric with the key {key}.")
        return found


class RuleForm(forms.Form):
    """What is said of a pair, whichever its metrics."""

    kind = forms.ChoiceField(label="Kind of trade-off", choices=CHOSEN)
    left_pole = CleanCharField(
        label="First pole",
        required=False,
        max_length=LONGEST_POLE,
        help_text="When empty, the kind's own word, such as Speed.",
    )
    right_pole = CleanCharField(
        label="Second pole",
        required=False,
        max_length=LONGEST_POLE,
        help_text="When empty, the kind's own word, such as Quality.",
    )
    why = CleanCharField(label="Why they pull against each other", required=False, max_length=2000, rows=2)
    owner = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label="Owner",
        required=False,
        help_text="Is told of alerts besides the owners of both metrics.",
    )
    window = forms.IntegerField(
        label="Window (periods)",
        initial=12,
        min_value=WINDOWS[0],
        max_value=WINDOWS[1],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="Of the slower metric; its second half is held against its first.",
    )
    sustained = forms.IntegerField(
        label="In a row (periods)",
        initial=2,
        min_value=RUNS[0],
        max_value=RUNS[1],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="How many periods it must last before anybody is told.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2_000_000_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]

    def told(self) -> dict[str, Any]:
        """Return what was typed as the services take it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class PairForm(RuleForm):
    """A new pair."""

    left = MetricKeyField(label="First metric", help_text="Type a part of its name or key, and choose.")
    right = MetricKeyField(label="Second metric", help_text="Type a part of its name or key, and choose.")
    field_order = ("left", "right")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("left", "right"):
            self.fields[name].seen = Metric.objects.visible_to(user).in_use()  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    """Why two metrics are no longer watched together."""

    reason = CleanCharField(label="Why they are no longer watched together", max_length=2000, rows=2)


class AnswerForm(forms.Form):
    """What is done about an alert."""

    answer = CleanCharField(label="What is done about it, or why it is accepted", max_length=2000, rows=2)
