"""The sign-off card, and withdrawing."""

from collections.abc import Sequence
from typing import Any

from django import forms

from approvals.domain.meanings import MEANINGS
from approvals.models import Signature, User
from config.kit.refusals import BadInput
from config.kit.text import CleanCharField

LONGEST = 10_000


class ServiceForm(forms.Form):
    """A form that also shows what a service refused."""

    def refuse(self, refusal: BadInput) -> None:
        """Put a service's sentences beside the fields they are about."""
        for name, sentences in refusal.errors.items():
            self.add_error(name if name in self.fields else None, sentences)


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
        help_text="The conditions, what has to change, or the reason for rejecting.",
    )
    for_whom = forms.ChoiceField(label="You sign for", required=False)
    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password to sign."},
    )
    code = forms.CharField(
        label="Code of your authenticator app",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    digest = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, principals: Sequence[User] = (), own: bool = True, needs_code: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.principals = {str(person.pk): person for person in principals}
        if self.principals:
            choices = [("", "Yourself")] if own else []
            choices += [(key, f"{person}, as their delegate") for key, person in self.principals.items()]
            self.fields["for_whom"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["for_whom"]
        if not needs_code:
            del self.fields["code"]

    def chosen_principal(self) -> User | None:
        """Return for whom the person signs, None for themselves."""
        return self.principals.get(self.cleaned_data.get("for_whom", ""))


class ReasonForm(ServiceForm):
    """A reason nobody may leave out."""

    reason = CleanCharField(
        label="Reason", rows=2, max_length=LONGEST, error_messages={"required": "Give the reason for withdrawing."}
    )
