"""One piece of evidence, as it is added to the register, changed in it, or looked at again."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from decisions.domain.dossier import SECTIONS, Dossier, Evidence
from decisions.domain.evidence import TITLES, claims
from decisions.domain.uploads import KINDS as FILE_KINDS
from decisions.domain.uploads import LARGEST
from decisions.forms import fields
from decisions.forms.fields import OfferedField
from decisions.forms.offers import Offers

KINDS = {"link": "Link or document", "file": "File", "metric": "Metric value", "experiment": "Experiment"}
_UNSAFE = {"javascript", "data", "vbscript", "file"}


class PieceForm(forms.Form):
    """A piece of one kind; `item` is what is stored, or an empty piece of that kind."""

    title = fields.line("Title", "What people will call it.")
    reference = fields.line("Address or number", "https://… or the number of a document.")
    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,  # the upload itself says what is wrong with it
        help_text=f"{', '.join(FILE_KINDS)}; at most {LARGEST // 1024 // 1024} MB.",
        widget=forms.FileInput(attrs={"accept": ",".join(f".{kind}" for kind in FILE_KINDS)}),
    )
    kept = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    metric = fields.metric("Metric")
    day = fields.day("A day in the period", "Empty: the newest value.")
    experiment = forms.ChoiceField(
        label="Experiment",
        required=False,
        help_text="Its frozen plan, its figures and its verdict are pinned as they stand now.",
    )
    section = forms.ChoiceField(label="Belongs to section", choices=SECTIONS)
    owner = fields.person("Owner", "Who keeps it fresh. Empty: the owner of the section's assumptions.")
    retrieved_on = fields.day("Retrieved on")
    refresh_on = fields.day("Look at it again by", "From then on it counts as overdue.")
    supports = forms.MultipleChoiceField(label="Supports", required=False)

    def __init__(
        self,
        *args: Any,
        dossier: Dossier,
        offers: Offers,
        kind: str,
        item: Evidence | None = None,
        experiments: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        self.kind, self.item = kind, item or Evidence(id="e", kind=kind)
        if item is not None:
            kwargs["initial"] = {**dataclasses.asdict(item), "metric": item.reference} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name in _unused(kind, known=item is not None):
            del self.fields[name]
        if "experiment" in self.fields:
            self.fields["experiment"].choices = [("", "Choose"), *experiments]  # type: ignore[attr-defined]
        for name in ("owner", "metric"):
            field = self.fields.get(name)
            if isinstance(field, OfferedField):
                field.offer(offers, self.initial.get(name) or "")
        names = {key: offer.name for key, offer in offers.metrics.items()}
        self.groups = _groups(dossier, self.item.supports, names)
        choices = [choice for _, offered in self.groups for choice in offered]
        self.fields["supports"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> list[tuple[str, bool, list[tuple[str, str, bool]]]]:
        """Return what may be supported, by section: whether anything is ticked, and key, words, ticked of each."""
        value = self["supports"].value() or ()
        groups = [(title, [(key, label, key in value) for key, label in offered]) for title, offered in self.groups]
        return [(title, any(ticked for *_, ticked in rows), rows) for title, rows in groups]

    def clean_reference(self) -> str:
        """Refuse addresses that a browser would run instead of open."""
        reference: str = self.cleaned_data["reference"]
        if reference.partition(":")[0].strip().casefold() in _UNSAFE:
            raise ValidationError("Give an address that starts with https://, or a document number.")
        return reference

    def clean(self) -> dict[str, Any]:
        """Ask for what the kind cannot do without, and for days in their order."""
        data = self.cleaned_data
        if self.kind == "link" and not (data.get("title") or data.get("reference")):
            self.add_error("title", "Give a title, an address or a number.")
        if self.kind == "file" and not (data.get("file") or data.get("kept") or self.item.sha256):
            self.add_error("file", "Choose a file.")
        if "metric" in self.fields and not data.get("metric"):
            self.add_error("metric", "Choose a metric.")
        if "experiment" in self.fields and not data.get("experiment") and "experiment" not in self.errors:
            self.add_error("experiment", "Choose an experiment.")
        retrieved, refresh = data.get("retrieved_on"), data.get("refresh_on")
        if retrieved and refresh and refresh <= retrieved:
            self.add_error("refresh_on", "Choose a day after it was retrieved.")
        return data

    def piece(self, **values: Any) -> Evidence:
        """Return the piece as typed, with what only a service can know."""
        data = self.cleaned_data
        names = ("title", "reference", "owner", "retrieved_on", "refresh_on")
        typed: dict[str, Any] = {name: data[name] for name in names if name in data}
        typed["supports"] = tuple(data["supports"])
        return dataclasses.replace(self.item, **(typed | values))


def _unused(kind: str, *, known: bool) -> Iterable[str]:
    """Yield the fields that a kind of evidence does not have; what a piece is stays as it was added."""
    if kind != "link":
        yield "reference"
    if kind != "file" or known:
        yield from ("file", "kept")
    if kind != "metric" or known:
        yield from ("metric", "day")
    if kind != "experiment" or known:
        yield "experiment"
    if known:
        yield "section"


def _groups(
    dossier: Dossier, stored: Iterable[str], metrics: Mapping[str, str]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what may be supported, by section; what is stored and no longer there can still be unticked."""
    found: dict[str, list[tuple[str, str]]] = {}
    offered = claims(dossier, metrics)
    for claim in offered.values():
        found.setdefault(TITLES[claim.section], []).append((claim.key, claim.label))
    gone = [(key, f"{key} (no longer there)") for key in stored if key not in offered]
    return [*found.items(), *([("No longer there", gone)] if gone else [])]


class RenewForm(forms.Form):
    """That something was looked at again and stands."""

    retrieved_on = fields.day("Looked at on")
    refresh_on = fields.day("Look at it again by")
    note = fields.prose("What you found", "It goes on the ledger; the signed text stays as it is.", rows=2)


class RegisterFilter(forms.Form):
    """What of the register is shown."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "All"),
            *((word, word.capitalize()) for word in ("fresh", "due soon", "overdue", "undated")),
        ],
    )
    section = forms.ChoiceField(label="Section", required=False, choices=[("", "All"), *SECTIONS])
    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        choices=[
            ("", "All"),
            *((word, word.capitalize()) for word in ("link", "document", "file", "metric", "experiment")),
        ],
    )

    def wanted(self) -> Mapping[str, str]:
        """Return what was chosen; nonsense filters nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
