"""Exchanging an approver."""

from typing import Any

from django import forms

from approvals import queries
from approvals.forms.signing import LONGEST, ServiceForm
from approvals.models import RequestStage, User
from approvals.roles import AUDITORS
from config.kit.text import CleanCharField


class ExchangeForm(ServiceForm):
    """Who leaves one stage, who comes, and why."""

    leaves = forms.ModelChoiceField(
        label="No longer asked",
        queryset=User.objects.none(),
        error_messages={"required": "Choose who is no longer asked.", "invalid_choice": "Choose somebody of the list."},
    )
    comes = forms.ModelChoiceField(
        label="Asked instead",
        queryset=User.objects.none(),
        error_messages={"required": "Choose who is asked instead.", "invalid_choice": "Choose somebody of the list."},
    )
    reason = CleanCharField(
        label="Reason", rows=2, max_length=LONGEST, error_messages={"required": "Give the reason for the exchange."}
    )

    def __init__(self, *args: Any, stage: RequestStage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, groups__isnull=False).exclude(groups__name=AUDITORS)
        people = people.exclude(username__startswith="api-").distinct().order_by("first_name", "username")
        leaves: Any = self.fields["leaves"]
        comes: Any = self.fields["comes"]
        # Named people who left the house are no members any more, and just they need replacing.
        leaves.queryset = queries.members(stage) | User.objects.filter(pk__in=stage.people.values("pk")).distinct()
        comes.queryset = people
