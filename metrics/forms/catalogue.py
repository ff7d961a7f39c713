"""Forms of the catalogue: under which prefix a set is taken over, a file, and who answers for it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.models import User
from config.kit.text import CleanCharField
from metrics.domain.catalogue_reading import MOST_BYTES

PREFIX_HELP = "Before each key, as in eu_."


class PrefixForm(forms.Form):
    """Under which prefix a set is looked at."""

    key_prefix = CleanCharField(label="Prefix of the keys", required=False, max_length=30, help_text=PREFIX_HELP)


class UploadForm(PrefixForm):
    """A catalogue's file."""

    file = forms.FileField(label="Catalogue (JSON)", allow_empty_file=True)
    field_order = ("file", "key_prefix")

    def clean_file(self) -> Any:
        """Take no more than a catalogue may hold."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(f"The file is larger than {MOST_BYTES:,} bytes.")
        return file


class OwnerForm(forms.Form):
    """Who answers for what is created."""

    owner = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label="Owner of what is created",
        required=False,
        help_text="Each set suggests a role; who fills it is yours to say, here for all or later one by one.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class ExportForm(forms.Form):
    """How an export is called, and whether confidential metrics come along."""

    name = CleanCharField(label="Name", max_length=80, initial="registry", help_text="Lower-case letters, digits, “-”.")
    edition = CleanCharField(label="Version", max_length=24, initial="1.0")
    confidential = forms.BooleanField(label="With the confidential metrics that you see", required=False)
