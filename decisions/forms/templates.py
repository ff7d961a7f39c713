"""What an administrator types into a template: its head, and per section guidance, required fields and checks."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.kit.text import CleanCharField
from decisions.domain import limits
from decisions.domain.reviewing import label_of
from decisions.domain.template import (
    EACH,
    FIELD_WORDS,
    LIST_WORDS,
    LONGEST_AGE,
    MOST,
    Check,
    Part,
    lists_of,
    required_fields,
    text_fields,
)
from decisions.models import DecisionTemplate

_KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class HeadForm(forms.Form):
    """Name, reason and use of a proposed version."""

    name = CleanCharField(label="Name", max_length=160, error_messages={"required": "Name the template."})
    note = CleanCharField(
        label="Why it should change",
        help_text="Approvers read this first; it stays with the version.",
        rows=3,
        required=False,
    )
    offered = forms.BooleanField(
        label="New decisions may follow it",
        required=False,
        help_text="Without the tick it is withdrawn from use; decisions begun on it keep it.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**6)


class NewTemplateForm(forms.Form):
    """A key that is never used again, a name, and what to begin with."""

    name = CleanCharField(label="Name", max_length=160, error_messages={"required": "Name the template."})
    key = CleanCharField(
        label="Key",
        max_length=60,
        help_text="Small letters, digits and hyphens, for example hiring. It appears in addresses.",
        error_messages={"required": "Give the template a key."},
    )
    source = forms.ModelChoiceField(
        DecisionTemplate.objects.none(), label="Begin as a copy of", empty_label=None, to_field_name="key"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = DecisionTemplate.objects.current()  # type: ignore[attr-defined]

    def clean_key(self) -> str:
        """Refuse what does not fit into an address, and the addresses of the pages themselves."""
        key: str = self.cleaned_data["key"]
        if not _KEY.fullmatch(key) or key == "new":
            raise ValidationError("Use small letters, digits and single hyphens, beginning with a letter.")
        return key


class PartForm(forms.Form):
    """One section of a proposed version; which checks there are follows from the section."""

    guidance = CleanCharField(
        label="Guidance",
        help_text="Shown beside the section while it is written. Markdown.",
        rows=8,
        required=False,
        max_length=limits.MAX_TEXT,
    )
    required = forms.MultipleChoiceField(label="Must be filled in", required=False, widget=forms.CheckboxSelectMultiple)
    each = forms.MultipleChoiceField(label="Asked of every entry", required=False, widget=forms.CheckboxSelectMultiple)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**6)

    def __init__(self, data: Any = None, *, part: Part, version: int) -> None:
        self.part = part
        super().__init__(data, initial={**_initial(part), "version": version})
        choices: Any = self.fields["required"]
        choices.choices = [(name, label_of(name)) for name in required_fields(part.key)]
        asked: Any = self.fields["each"]
        asked.choices = [(of, _each_words(of)) for of in EACH.get(part.key, ())]
        if not asked.choices:
            del self.fields["each"]
        for name, label in _numbers(part.key):
            most = LONGEST_AGE if name == "fresh-evidence" else MOST
            self.fields[name] = _count(label, most)

    def counts(self) -> Iterator[Any]:
        """Yield the fields of the numbered checks."""
        return (self[name] for name, _ in _numbers(self.part.key))

    def written(self) -> Part:
        """Return the part as it was typed; valid forms only."""
        data = self.cleaned_data
        checks = [
            Check(kind=name.partition("-")[0], of=name.partition("-")[2], value=data[name])
            for name, _ in _numbers(self.part.key)
            if data.get(name) is not None
        ]
        checks += [Check(kind="each", of=of) for of in data.get("each", ())]
        return Part(
            key=self.part.key, guidance=data["guidance"], required=tuple(data["required"]), checks=tuple(checks)
        )


def _numbers(section: str) -> list[tuple[str, str]]:
    """Return the numbered checks of a section: the field's name and its label."""
    found = [(f"at_least-{name}", f"At least … {LIST_WORDS[name][1]}") for name in lists_of(section)]
    found += [(f"words-{name}", f"At least … words under “{label_of(name)}”") for name in text_fields(section)]
    return [*found, ("fresh-evidence", "Evidence at most … days old")]


def _count(label: str, most: int) -> forms.Field:
    sentence = f"Give a whole number from 1 to {most:,}, or nothing."
    wrong = dict.fromkeys(("invalid", "min_value", "max_value"), sentence)
    widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "autocomplete": "off"})
    return forms.IntegerField(
        label=label, required=False, min_value=1, max_value=most, widget=widget, error_messages=wrong
    )


def _each_words(of: str) -> str:
    many, _, name = of.partition(".")
    return f"Every {LIST_WORDS[many][0]} has {FIELD_WORDS[name]}"


def _initial(part: Part) -> Mapping[str, Any]:
    numbered = {f"{check.kind}-{check.of}": check.value for check in part.checks if check.kind != "each"}
    each = [check.of for check in part.checks if check.kind == "each"]
    return {"guidance": part.guidance, "required": list(part.required), "each": each, **numbered}


class AcceptForm(forms.Form):
    """What a lesson becomes in a template."""

    template = forms.ModelChoiceField(
        DecisionTemplate.objects.none(), label="Template", empty_label=None, to_field_name="key"
    )
    guidance = CleanCharField(
        label="As guidance",
        help_text="Joins the guidance of its section in the proposed version.",
        rows=3,
        error_messages={"required": "Write the guidance that the lesson becomes."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = DecisionTemplate.objects.current()  # type: ignore[attr-defined]


class DeclineForm(forms.Form):
    """Why the template stays as it is, or why something is given up or taken back."""

    reason = CleanCharField(label="Reason", rows=2, error_messages={"required": "Give a reason."})
