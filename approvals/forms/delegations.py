"""Naming somebody to sign in one's absence."""

from datetime import date
from typing import Any

from django import forms

from approvals.forms.signing import ServiceForm
from approvals.models import User
from approvals.roles import AUDITORS
from config.kit.text import CleanCharField, SaneDateField


class DelegationForm(ServiceForm):
    """Who, from when to when, why."""

    delegate = forms.ModelChoiceField(
        label="Who signs for you",
        queryset=User.objects.none(),
        error_messages={"required": "Choose who signs for you.", "invalid_choice": "Choose somebody of the list."},
    )
    starts_on = SaneDateField(label="First day", help_text="Days are counted in UTC.")
    ends_on = SaneDateField(label="Last day")
    reason = CleanCharField(label="Reason", required=False, max_length=300, help_text="For example: leave.")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, groups__isnull=False).exclude(pk=by.pk)
        people = people.exclude(groups__name=AUDITORS).exclude(username__startswith="api-")
        field: Any = self.fields["delegate"]
        field.queryset = people.distinct().order_by("first_name", "last_name", "username")

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        start: date | None = cleaned.get("starts_on")
        end: date | None = cleaned.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", "The last day is before the first.")
        return cleaned
