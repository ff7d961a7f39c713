"""The file to verify."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from decisions.services.verifying import LARGEST


class VerifyForm(forms.Form):
    """A record, an evidence pack or a consistency proof."""

    file = forms.FileField(
        label="File",
        help_text="A record (PDF), an evidence pack (ZIP) or a consistency proof (JSON). It is read and not kept.",
    )

    def clean_file(self) -> "UploadedFile[Any]":
        """Refuse what is larger than any of ours before it is read."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if file.size is None or file.size > LARGEST:
            raise forms.ValidationError(f"The file is larger than {LARGEST >> 20} MB; use the stand-alone verifier.")
        return file
