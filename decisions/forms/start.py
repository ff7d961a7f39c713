"""What is asked to begin a decision."""

from django import forms

from config.kit.text import CleanCharField
from decisions.domain import limits
from decisions.forms.frame import CLASSIFICATIONS, TIERS


class StartForm(forms.Form):
    """A title, how far it reaches, and who may read it."""

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
