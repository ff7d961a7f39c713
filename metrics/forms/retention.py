"""Place a legal hold, and lift one."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from approvals.models import User
from config.kit.text import CleanCharField
from metrics.models import Metric

SCOPES = (("metric", "One metric"), ("person", "What one person recorded"), ("all", "Everything"))


class HoldForm(forms.Form):
    """What nothing may be erased of, and why."""

    scope = forms.ChoiceField(label="Keep", choices=SCOPES)
    metric = CleanCharField(label="Metric (its key)", required=False, max_length=64)
    person = forms.ModelChoiceField(label="Person", queryset=User.objects.none(), required=False)
    reference = CleanCharField(label="Reference", max_length=120, help_text="For example the matter’s file number.")
    reason = CleanCharField(label="Reason", max_length=2000, rows=2)

    def __init__(self, *args: Any, metrics: "QuerySet[Metric]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._metrics = metrics
        self.fields["person"].queryset = User.objects.order_by("first_name", "last_name", "username")  # type: ignore[attr-defined]
        self.fields["metric"].widget.attrs["list"] = "keys"

    def clean(self) -> dict[str, Any]:
        """Find what the scope is about."""
        given = super().clean() or {}
        scope = given.get("scope")
        if scope == "person" and not given.get("person"):
            self.add_error("person", "Choose the person.")
        if scope == "metric":
            found = self._metrics.filter(key=given.get("metric") or "").first()
            if found is None:
                self.add_error("metric", "Give the key of a metric that you see.")
            given["metric"] = found
        return given

    def on(self) -> dict[str, Any]:
        """Return what the service takes as the hold's object."""
        scope = self.cleaned_data["scope"]
        return {} if scope == "all" else {scope: self.cleaned_data[scope]}
