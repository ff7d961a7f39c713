"""Accounts and tokens."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group

from approvals.forms.picking import PickedField
from approvals.forms.signing import ServiceForm
from approvals.models import User
from approvals.services.people import SCOPES
from config.kit.text import CleanCharField


def _groups() -> PickedField:
    return PickedField(
        label="Roles and groups",
        queryset=Group.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Policies ask groups to sign. An auditor has no other role.",
    )


class AccountForm(ServiceForm):
    """A new account."""

    username = CleanCharField(
        label="User name",
        max_length=150,
        help_text="It stands in signed contents, which nobody can change later; where a name may have to be erased, "
        "choose one that names nobody.",
    )
    first_name = CleanCharField(label="First name", max_length=150, required=False)
    last_name = CleanCharField(label="Last name", max_length=150, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    groups = _groups()


class GroupsForm(ServiceForm):
    """Which groups a person is in."""

    groups = _groups()


class CloseForm(ServiceForm):
    """Why an account is closed."""

    reason = CleanCharField(label="Why the account is closed", max_length=300)


class EraseForm(ServiceForm):
    """The user name once more, so that nobody is erased by a slip."""

    username = CleanCharField(label="Type the user name to erase it", max_length=150)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_username(self) -> str:
        """Refuse another name."""
        given: str = self.cleaned_data["username"]
        if given != self.person.username:
            raise forms.ValidationError("This is not the user name of the account.")
        return given


class TokenForm(ServiceForm):
    """A token for a program."""

    name = CleanCharField(label="Program", max_length=100)
    scope = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(scope, scope.replace(":", ": ")) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing the program may do."},
    )
