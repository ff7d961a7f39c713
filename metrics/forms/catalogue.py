"""Forms of the catalogue: under which prefix a set is taken over, a file, and the rows that were chosen."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.models import User
from config.kit.text import CleanCharField
from metrics.domain.catalogue_reading import MOST_BYTES

PREFIX_HELP = "Stands before each key, as in eu_; empty for the keys of the set."


class PrefixForm(forms.Form):
    """Under which prefix a set is looked at."""

    key_prefix = CleanCharField(label="Prefix of the keys", required=False, max_length=30, help_text=PREFIX_HELP)


class UploadForm(PrefixForm):
    """A catalogue's file, or the text of one that was looked at already."""

    file = forms.FileField(label="Catalogue (JSON)", required=False, allow_empty_file=True)
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    take = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("file", "key_prefix")

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two, and not for more than a catalogue may hold."""
        given = super().clean() or self.cleaned_data
        file = given.get("file")
        if file is None and not given.get("text"):
            raise ValidationError("Choose a file.")
        if file is not None and file.size > MOST_BYTES:
            self.add_error("file", f"The file is larger than {MOST_BYTES:,} bytes.")
        return given

    def data_given(self) -> bytes:
        """Return the file's bytes."""
        file = self.cleaned_data.get("file")
        return bytes(file.read()) if file is not None else str(self.cleaned_data["text"]).encode()


class ChosenForm(forms.Form):
    """Which rows are taken over, and who answers for what is created; rows are "key@version", pairs "left+right"."""

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

    def rows(self) -> dict[str, int]:
        """Return the chosen keys and the versions they were seen at; what is malformed is not chosen."""
        found = {}
        for each in self._list("row"):
            key, _, version = each.rpartition("@")
            if key and version.isascii() and version.isdigit() and len(version) < 10:
                found[key] = int(version)
        return found

    def pairs(self) -> list[tuple[str, str]]:
        """Return the chosen pairs."""
        cut = (each.partition("+") for each in self._list("pair"))
        return [(left, right) for left, plus, right in cut if plus]

    def _list(self, name: str) -> list[str]:
        return self.data.getlist(name) if hasattr(self.data, "getlist") else []


class ExportForm(forms.Form):
    """How an export is called, and whether confidential metrics come along."""

    name = CleanCharField(label="Name", max_length=80, initial="registry", help_text="Lower-case letters, digits, “-”.")
    edition = CleanCharField(label="Version", max_length=24, initial="1.0")
    confidential = forms.BooleanField(label="With the confidential metrics that you see", required=False)
