"""Writing a policy: when it applies and what its stages demand."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import Group

from approvals import subjects
from approvals.forms.picking import PickedField
from approvals.forms.signing import ServiceForm
from approvals.models import ChangeRequest, Policy, PolicyStage, Quorum, Survival, User
from approvals.roles import AUDITORS
from config.kit.numbers import ExactDecimalField
from config.kit.text import CleanCharField

TIERS = [("operational", "Operational"), ("tactical", "Tactical"), ("strategic", "Strategic")]
CLASSIFICATIONS = [("internal", "Internal"), ("confidential", "Confidential")]
FRAGILE = [("", "Either"), ("yes", "Only fragile rankings"), ("no", "Only robust rankings")]
HIGH_RISK = [("", "Either"), ("yes", "Only with a high-risk metric"), ("no", "Only without")]
DELEGATION = [("optional", "Optional"), ("required", "Required: only delegates sign"), ("forbidden", "Forbidden")]
MOST_HOURS = 8760
LARGEST_COST = 10**15


class FactsForm(forms.Form):
    """What a subject is like, for trying out which policy it would get."""

    kind = forms.ChoiceField(label="Subject", error_messages={"invalid_choice": "Choose a subject of the list."})
    tier = forms.ChoiceField(label="Tier", required=False, choices=[("", "Not stated"), *TIERS])
    classification = forms.ChoiceField(
        label="Classification", required=False, choices=[("", "Not stated"), *CLASSIFICATIONS]
    )
    cost = ExactDecimalField(label="Cost", required=False, min_value=0, max_value=LARGEST_COST)
    fragile = forms.BooleanField(label="Fragile ranking", required=False)
    high_risk = forms.BooleanField(label="High-risk metric", required=False)
    change_class = forms.ChoiceField(
        label="Class of change", required=False, choices=[("", "New"), *ChangeRequest.Class.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices()  # type: ignore[attr-defined]


def check_choices() -> list[tuple[str, str]]:
    """Return every check that some kind of subject offers."""
    return list({check.name: check.label for kind in subjects.kinds() for check in kind.checks}.items())


def hours_field(label: str, **kwargs: Any) -> forms.IntegerField:
    """Return a field for a number of hours that may be left empty."""
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=MOST_HOURS, **kwargs)


def kind_choices() -> list[tuple[str, str]]:
    """Return the subjects policies can be written for."""
    return [(kind.kind, kind.label) for kind in subjects.kinds()]


class PolicyForm(ServiceForm):
    """When the policy applies; an empty constraint always holds."""

    name = CleanCharField(label="Name", max_length=120, error_messages={"required": "Name the policy."})
    kind = forms.ChoiceField(label="Applies to", error_messages={"invalid_choice": "Choose a subject of the list."})
    priority = forms.IntegerField(
        label="Priority",
        min_value=-1000,
        max_value=1000,
        initial=0,
        help_text="Of the policies that fit, the one with the highest priority is taken.",
    )
    tiers = forms.MultipleChoiceField(
        label="Tiers", required=False, choices=TIERS, widget=forms.CheckboxSelectMultiple, help_text="None ticked: any."
    )
    classifications = forms.MultipleChoiceField(
        label="Classifications", required=False, choices=CLASSIFICATIONS, widget=forms.CheckboxSelectMultiple
    )
    cost_from = ExactDecimalField(label="Cost from", required=False, min_value=0, max_value=LARGEST_COST)
    cost_to = ExactDecimalField(label="Cost to", required=False, min_value=0, max_value=LARGEST_COST)
    fragile = forms.ChoiceField(label="Ranking", required=False, choices=FRAGILE)
    high_risk = forms.ChoiceField(
        label="High-risk metrics",
        required=False,
        choices=HIGH_RISK,
        help_text="Metrics that say so of themselves, and those with personal data.",
    )
    change_classes = forms.MultipleChoiceField(
        label="Classes of change",
        required=False,
        choices=ChangeRequest.Class.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: new content and every change.",
    )
    votes_survive = forms.ChoiceField(
        label="Votes survive a resubmission", choices=Survival.choices, initial=Survival.EDITORIAL, required=False
    )
    is_active = forms.BooleanField(label="New requests may get this policy", required=False, initial=True)
    version = forms.IntegerField(required=False, min_value=0, max_value=10**6, widget=forms.HiddenInput)
    reason = CleanCharField(
        label="Reason for the change",
        rows=2,
        max_length=10_000,
        help_text="It stands on the ledger with the change.",
        error_messages={"required": "Give the reason for the change."},
    )
    change_class = forms.ChoiceField(
        label="Class",
        choices=ChangeRequest.Class.choices,
        initial=ChangeRequest.Class.MATERIAL,
        help_text="Editorial: only the name. Emergency: in use at once, approved afterwards.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins; read the three-way choice."""
        cleaned: dict[str, Any] = super().clean() or {}
        low, high = cleaned.get("cost_from"), cleaned.get("cost_to")
        if low is not None and high is not None and high < low:
            self.add_error("cost_to", "The highest cost is below the lowest.")
        for name in ("fragile", "high_risk"):
            cleaned[name] = {"yes": True, "no": False}.get(cleaned.get(name, ""))
        cleaned["votes_survive"] = cleaned.get("votes_survive") or Survival.EDITORIAL
        return cleaned

    @staticmethod
    def initial_of(policy: Policy) -> Mapping[str, Any]:
        """Return a policy as the form shows it."""
        three_way = {"fragile", "high_risk"}
        values = {
            name: getattr(policy, name) for name in PolicyForm.base_fields if name not in {"reason", "change_class"}
        }
        return values | {name: {True: "yes", False: "no", None: ""}[values[name]] for name in three_way}


class StageForm(forms.Form):
    """What one stage demands."""

    name = CleanCharField(label="Name", max_length=80, error_messages={"required": "Name the stage."})
    kind = forms.ChoiceField(
        label="Who decides", choices=PolicyStage.Kind.choices, initial=PolicyStage.Kind.PEOPLE, required=False
    )
    checks = forms.MultipleChoiceField(
        label="Checks",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For machine checks: all of them must pass; nobody can sign in their place.",
    )
    groups = PickedField(
        label="Groups", required=False, queryset=Group.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    people = PickedField(label="Named people", required=False, queryset=User.objects.none())
    quorum = forms.ChoiceField(label="How many must approve", choices=Quorum.choices)
    quorum_value = forms.IntegerField(label="Number, or per cent", min_value=1, max_value=1000, initial=1)
    hours = hours_field("Hours to answer", initial=72)
    remind_before = hours_field("Reminder, hours before", help_text="Empty: when a quarter of the time is left.")
    remind_every = hours_field("When late, remind every … hours")
    expires_after = hours_field("Expires … hours after that", help_text="Empty: never. Everybody is warned first.")
    escalate_to = forms.ModelChoiceField(
        label="When late, also tell",
        required=False,
        queryset=Group.objects.none(),
        empty_label="Only the owner and administrators",
        error_messages={"invalid_choice": "Choose a group of the list."},
    )
    delegation = forms.ChoiceField(label="Signing by a delegate", choices=DELEGATION, required=False)
    one_rejection_ends = forms.BooleanField(label="One rejection ends the request", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: Any = self.fields["groups"]
        groups.queryset = Group.objects.exclude(name=AUDITORS).order_by("name")
        people: Any = self.fields["people"]
        people.queryset = User.objects.filter(is_active=True).exclude(username__startswith="api-").order_by("username")
        above: Any = self.fields["escalate_to"]
        above.queryset = groups.queryset
        self.fields["checks"].choices = check_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Demand somebody to ask, and a share that can be reached; or, of machine checks, at least one."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["kind"] = cleaned.get("kind") or PolicyStage.Kind.PEOPLE
        delegation = cleaned.pop("delegation", "") or "optional"
        cleaned["delegation_allowed"] = delegation != "forbidden"
        cleaned["delegation_required"] = delegation == "required"
        if cleaned.get("expires_after") and not cleaned.get("hours") and "hours" in cleaned:
            self.add_error("hours", "Only a stage with hours to answer can expire.")
        if cleaned["kind"] == PolicyStage.Kind.CHECKS:
            if not cleaned.get("checks") and "checks" in cleaned:
                self.add_error("checks", "Choose at least one check.")
            return cleaned | {"groups": [], "people": []}
        cleaned["checks"] = []
        if not cleaned.get("groups") and not cleaned.get("people") and "groups" in cleaned and "people" in cleaned:
            self.add_error("groups", "Choose a group or name people.")
        if cleaned.get("quorum") == Quorum.PERCENTAGE and (cleaned.get("quorum_value") or 0) > 100:
            self.add_error("quorum_value", "A share is at most 100 per cent.")
        return cleaned


StageFormSet = forms.formset_factory(
    StageForm, extra=0, min_num=1, validate_min=True, max_num=8, validate_max=True, can_delete=True
)
