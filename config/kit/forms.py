"""What a service says of the input, shown in the form that it came from."""

from collections.abc import Iterable, Mapping

from django.forms import BaseForm


def add_errors(form: BaseForm, errors: Mapping[str, Iterable[str]]) -> None:
    """Put a service's sentences (`BadInput.errors`) beside the fields that they are about, the rest on top."""
    for name, sentences in errors.items():
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)
