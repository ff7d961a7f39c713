"""What is asked to begin a decision."""

from collections.abc import Sequence
from typing import Any

from django import forms

from config.kit.text import CleanCharField
from decisions.domain import limits
from decisions.forms.frame import CLASSIFICATIONS, TIERS
from decisions.models import DecisionTemplate


class StartForm(forms.Form):
    """A title, how far it reaches, who may read it, and, where there are several, the template it follows."""

    title = CleanCharField(
        label="What is to be decided?",
        help_text="One line, for example: How shall the support desk be organised?",
        max_length=limits.MAX_NAME,
        error_messages={"required": "Give the decision a title."},
    )
    tier = forms.ChoiceField(
        label="Tier", choices=TIERS, initial="tactical", help_text="The approval policy follows from it."
    )
    classification = forms.ChoiceField(label="Who may read it", choices=CLASSIFICATIONS, initial="internal")
    template = forms.ModelChoiceField(
        DecisionTemplate.objects.none(),
        label="Template",
        help_text="What each section is asked for. The decision keeps the version it begins with.",
        empty_label=None,
        to_field_name="key",
        required=False,
    )

    def __init__(self, *args: Any, offered: Sequence[DecisionTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.queryset = DecisionTemplate.objects.filter(pk__in=[row.pk for row in offered])
        field.initial = offered[0].key
        if len(offered) == 1:
            field.widget = forms.HiddenInput()
