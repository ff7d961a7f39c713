"""The sign-off card, and withdrawing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from approvals.domain.meanings import MEANINGS
from approvals.models import Signature, User
from approvals.models.people import today
from approvals.services.conditions import MOST, Condition
from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused
from config.kit.text import CleanCharField, SaneDateField

LONGEST = 10_000


class ServiceForm(forms.Form):
    """A form that also shows what a service refused."""

    def refuse(self, refusal: BadInput | MoveRefused) -> int:
        """Show a refusal, beside the fields that it is about or on top; returns the status of the answer."""
        if isinstance(refusal, MoveRefused):
            add_errors(self, {"": [reason.sentence for reason in refusal.reasons]})
            return 409
        add_errors(self, refusal.errors)
        return 422


class ConditionForm(forms.Form):
    """One condition of an approval: what, who, until when."""

    text = CleanCharField(label="Condition", rows=2, error_messages={"required": "Say what has to be done."})
    owner = forms.CharField(
        label="Who sees to it",
        max_length=150,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
        error_messages={"required": "Say who sees to it."},
    )
    due_on = SaneDateField(label="Until", error_messages={"required": "Say until when."})

    def clean_owner(self) -> User:
        """Return the person of that user name."""
        found = User.objects.filter(username=self.cleaned_data["owner"], is_active=True).first()
        if found is None:
            raise forms.ValidationError("There is nobody active with this user name; choose one of the list.")
        return found

    def clean_due_on(self) -> date | None:
        """Refuse a day that is over."""
        day: date | None = self.cleaned_data["due_on"]
        if day is not None and day < today():
            raise forms.ValidationError("This day is past.")
        return day


ConditionFormSet = forms.formset_factory(
    ConditionForm, extra=1, max_num=MOST, validate_max=True, can_delete=True, can_delete_extra=True
)


class SignForm(ServiceForm):
    """A verdict, its words and the credential, in one POST, for the content whose digest the page showed."""

    verdict = forms.ChoiceField(
        label="Your verdict",
        widget=forms.RadioSelect,
        choices=[(verdict.value, f"{verdict.label}. {MEANINGS[verdict.value]}") for verdict in Signature.Verdict],
        error_messages={"required": "Choose a verdict.", "invalid_choice": "Choose a verdict."},
    )
    comment = CleanCharField(
        label="Comment",
        required=False,
        rows=4,
        max_length=LONGEST,
        help_text="What has to change, why you reject, or what goes with your conditions.",
    )
    for_whom = forms.ChoiceField(label="You sign for", required=False)
    password = forms.CharField(
        label="Your password",
        strip=False,
        required=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label="Code of your authenticator app",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    digest = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    passkey = forms.CharField(required=False, strip=False, max_length=20_000, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        principals: Sequence[User] = (),
        own: bool = True,
        needs_code: bool = False,
        takes_conditions: bool = False,
        takes_password: bool = True,
        elsewhere: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.conditions = ConditionFormSet(self.data or None, prefix="conditions") if takes_conditions else None
        self.elsewhere = elsewhere
        self.principals = {str(person.pk): person for person in principals}
        if self.principals:
            choices = [("", "Yourself")] if own else []
            choices += [(key, f"{person}, as their delegate") for key, person in self.principals.items()]
            self.fields["for_whom"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["for_whom"]
        if not takes_password:
            del self.fields["password"]
        if not (needs_code and takes_password):
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """Demand a credential, unless it is given elsewhere; the conditions are read with the verdict that has them."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.elsewhere and not cleaned.get("password") and not cleaned.get("passkey"):
            if "password" in self.fields:
                self.add_error("password", "Enter your password to sign.")
            else:
                self.add_error(None, "Choose how you confirm that it is you.")
        wanted = cleaned.get("verdict") == Signature.Verdict.APPROVE_WITH_CONDITIONS
        if wanted and self.conditions is not None and not self.conditions.is_valid():
            self.add_error("verdict", "Mend the conditions below.")
        return cleaned

    def said(self) -> dict[str, Any]:
        """Return what the person signs: verdict, comment, for whom, digest and conditions."""
        given = {name: self.cleaned_data[name] for name in ("verdict", "comment", "digest")}
        return given | {"for_whom": self.chosen_principal(), "conditions": self.chosen_conditions()}

    def chosen_conditions(self) -> list[Condition]:
        """Return the conditions, when the verdict has some."""
        wanted = self.cleaned_data.get("verdict") == Signature.Verdict.APPROVE_WITH_CONDITIONS
        if self.conditions is None or not wanted:
            return []
        rows = [row.cleaned_data for row in self.conditions if row.cleaned_data and not row.cleaned_data.get("DELETE")]
        return [Condition(text=row["text"], owner=row["owner"], due_on=row["due_on"]) for row in rows]

    def chosen_principal(self) -> User | None:
        """Return for whom the person signs, None for themselves."""
        return self.principals.get(self.cleaned_data.get("for_whom", ""))


class ReasonForm(ServiceForm):
    """A reason nobody may leave out."""

    reason = CleanCharField(
        label="Reason", rows=2, max_length=LONGEST, error_messages={"required": "Give the reason for withdrawing."}
    )
