"""Saying something about a subject, at a place of it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from django import forms

from approvals.forms.signing import LONGEST, ServiceForm
from config.kit.text import CleanCharField

Place = tuple[str, str]
"""(“section” or “section/anchor”, what people call it); the empty place is the subject as a whole."""


class Spot(TypedDict):
    """Where a comment stands."""

    section: str
    anchor: str


class CommentForm(ServiceForm):
    """Something to say, and what it is about."""

    about = forms.ChoiceField(
        label="About",
        required=False,
        error_messages={"invalid_choice": "What this comment is about has been removed; choose another place."},
    )
    body = CleanCharField(
        label="Your comment", rows=3, max_length=LONGEST, error_messages={"required": "Write something."}
    )

    def __init__(self, *args: Any, places: Sequence[Place] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = places  # type: ignore[attr-defined]
        if not places:
            del self.fields["about"]

    @property
    def place(self) -> Spot:
        """Return section and anchor as the service takes them."""
        section, _, anchor = self.cleaned_data.get("about", "").partition("/")
        return Spot(section=section, anchor=anchor)


class ReplyForm(ServiceForm):
    """An answer in a thread, a verdict on the thread, or both."""

    body = CleanCharField(label="Answer", rows=2, max_length=LONGEST, required=False)
    settle = forms.ChoiceField(choices=[("resolve", "Resolve"), ("reopen", "Reopen")], required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse an answer without words, unless the thread is settled by it."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("body") and not data.get("settle") and not self.errors:
            self.add_error("body", "Write something.")
        return data


def places_of(section: str, named: Mapping[str, str]) -> list[Place]:
    """Return a section and the places in it as choices; `named` has the section itself under the empty anchor."""
    return [(f"{section}/{anchor}".rstrip("/"), words) for anchor, words in named.items()]
