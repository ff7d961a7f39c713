"""What every editing page says after a save: in headers to an autosave, in words to a person."""

from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.kit.refusals import BadInput
from decisions.forms.editor import Editor


def autosaving(request: HttpRequest) -> bool:
    """Say whether the page saves by itself while somebody types."""
    return request.headers.get("X-Autosave") == "1"


def expected_version(request: HttpRequest) -> int:
    """Return the version that the person saw."""
    return number_of(request, "version")


def number_of(request: HttpRequest, *names: str) -> int:
    """Return the first number posted under one of the names; 0 for none, or for nonsense."""
    texts = (request.POST.get(name, "") for name in names)
    return next((int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 9), 0)


def saved(version: int, named: list[tuple[str, str]]) -> HttpResponse:
    """Answer an autosave: the new version, the time, and identifiers given to new rows."""
    headers = {"X-Version": str(version), "X-Saved": f"Saved {timezone.localtime():%H:%M}"}
    if named:
        headers["X-Given-Ids"] = urlencode(named)
    return HttpResponse(status=204, headers=headers)


def not_saved(request: HttpRequest, editor: Editor) -> HttpResponse:
    """Answer an autosave of something that cannot be kept; the words stay in the page."""
    return render(request, "decisions/_not_saved.html", {"editor": editor}, status=422)


def fold_in(editor: Editor, bad: BadInput) -> None:
    """Put what the service refused beside the fields it means, or above the form."""
    form = editor.form or forms.Form({})
    for path, sentences in bad.errors.items():
        field = path.partition(".")[2].replace(".", "__")
        for sentence in sentences:
            form.add_error(field if field in form.fields else None, sentence)
