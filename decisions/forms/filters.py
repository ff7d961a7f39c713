"""The filters above the list of decisions; they live in the address."""

from typing import Any

from django import forms

from approvals.models import User
from decisions.domain.standing import Standing
from decisions.forms.frame import TIERS
from decisions.models import Decision
from metrics.models import Metric

STANDINGS = [(each.value, each.value.capitalize()) for each in Standing if each.value]
AT_MOST = 60


class PortfolioFilter(forms.Form):
    """State, standing, tier, owner, metric, whether its data are in doubt, and words."""

    q = forms.CharField(label="Words", required=False, max_length=200)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *Decision.State.choices])
    standing = forms.ChoiceField(label="Standing", required=False, choices=[("", "Any"), *STANDINGS])
    tier = forms.ChoiceField(label="Tier", required=False, choices=[("", "Any"), *TIERS])
    owner = forms.ChoiceField(label="Owner", required=False)
    metric = forms.ChoiceField(label="Rests on", required=False)
    quality = forms.ChoiceField(label="Data", required=False, choices=[("", "Any"), ("doubt", "In doubt")])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owned = Decision.objects.visible_to(user).values("owner")
        owners = User.objects.filter(pk__in=owned).order_by("first_name", "username")
        names = [(person.username, str(person)) for person in owners.only("username", "first_name", "last_name")]
        used = Metric.objects.visible_to(user).filter(decision_links__isnull=False).distinct()
        self._choose("owner", names)
        self._choose("metric", list(used.values_list("key", "name")))

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer a select; where it would grow too long, a text field for the exact name."""
        if len(choices) > AT_MOST:
            self.fields[name] = forms.CharField(label=self.fields[name].label, required=False, max_length=150)
        else:
            self.fields[name].choices = [("", "Any"), *choices]  # type: ignore[attr-defined]
