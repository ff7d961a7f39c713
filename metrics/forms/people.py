"""Forms for who may see, add to and manage one metric."""

from django import forms

from approvals.models import User
from metrics.models import Metric

PERMISSIONS = [
    ("view_metric", "See it"),
    ("contribute_metric", "See it and record values"),
    ("manage_metric", "See it, record values, change its definition"),
]


class GrantForm(forms.Form):
    """One grant to one person."""

    person = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True).order_by("first_name", "last_name", "username"), label="Person"
    )
    permission = forms.ChoiceField(label="May", choices=PERMISSIONS)


class ClassificationForm(forms.Form):
    """Who may see the metric without a grant."""

    classification = forms.ChoiceField(
        label="Who may see it",
        choices=[
            (Metric.Classification.INTERNAL, "Internal: everyone who signs in"),
            (Metric.Classification.CONFIDENTIAL, "Confidential: those named here, its owner and steward, auditors"),
        ],
    )
