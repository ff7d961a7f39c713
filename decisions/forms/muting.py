"""What is asked before messages about a condition are muted."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from config.kit.text import CleanCharField
from decisions.services.muting import LONGEST


class MuteForm(forms.Form):
    """How long, and why."""

    days = forms.TypedChoiceField(
        label="Mute for",
        choices=[("1", "1 day"), ("3", "3 days"), ("7", "1 week"), ("14", "2 weeks"), (str(LONGEST.days), "30 days")],
        initial="3",
        coerce=int,
    )
    reason = CleanCharField(
        label="Reason", help_text="It stays with the record.", rows=3, error_messages={"required": "Give a reason."}
    )

    def chosen(self) -> dict[str, Any]:
        """Return when the silence ends, and why it begins."""
        until: datetime = timezone.now() + timedelta(days=self.cleaned_data["days"])
        return {"until": until, "reason": self.cleaned_data["reason"]}
