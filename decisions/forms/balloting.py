"""Ballots: whom to ask, one evaluator's sheet with a field per cell, and the reasons that are wanted."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from approvals.models import User
from config.kit.text import CleanCharField
from decisions.domain.balloting import Sheet
from decisions.domain.dossier import BallotWeight, Criterion, Dossier, Option
from decisions.forms import fields
from decisions.forms.moves import reason
from decisions.forms.tables import label

CHOOSE_AT_MOST = 40
"""More people than this are named by typing."""


class AskForm(forms.Form):
    """Who is asked for a ballot."""

    def __init__(self, people: Mapping[str, str], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix="ask")
        self.people = people
        few = len(people) <= CHOOSE_AT_MOST
        self.fields["evaluators"] = (
            forms.MultipleChoiceField(
                label="Evaluators",
                choices=list(people.items()),
                widget=forms.CheckboxSelectMultiple,
                required=False,
                help_text="At least two. Who gives a ballot cannot sign the decision.",
            )
            if few
            else CleanCharField(
                label="Evaluators, one user name a line",
                rows=4,
                required=False,
                help_text="At least two. Who gives a ballot cannot sign the decision.",
            )
        )

    def clean_evaluators(self) -> list[str]:
        """Return user names; refuse one that nobody has."""
        given = self.cleaned_data["evaluators"]
        names = given if isinstance(given, list) else given.replace(",", "\n").split()
        unknown = [name for name in names if name not in self.people]
        if unknown:
            raise forms.ValidationError(f"There is nobody active with the name {', '.join(unknown)}.")
        return list(dict.fromkeys(names))

    def chosen(self) -> list[User]:
        """Return the people; call it after `is_valid`."""
        return list(User.objects.filter(username__in=self.cleaned_data["evaluators"], is_active=True))


class SheetForm(forms.Form):
    """One evaluator's numbers, named by criterion and option of the stored dossier; nothing else posted is read."""

    def __init__(self, dossier: Dossier, kind: str, sheet: Sheet, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix="b")
        self.criteria, self.options = dossier.criteria.criteria, dossier.options.options if kind == "scores" else ()
        self.kind = kind
        for criterion in self.criteria:
            for name, title, initial in self._cells(criterion, sheet):
                field = fields.number(title, of=None if kind == "scores" else (BallotWeight, "weight"))
                field.initial = initial
                field.widget.attrs["aria-label"] = title
                self.fields[name] = field

    def _cells(self, criterion: Criterion, sheet: Sheet) -> Iterator[tuple[str, str, Decimal | None]]:
        named = criterion.name or "Criterion"
        if self.kind == "weights":
            yield criterion.id, f"Weight of {named}", sheet.weights.get(criterion.id)
        for option in self.options:
            initial = sheet.scores.get((criterion.id, option.id))
            yield f"{criterion.id}-{option.id}", f"{named}: {label(option)}", initial

    def rows(self) -> Iterator[tuple[Criterion, list[tuple[Option | None, forms.BoundField]]]]:
        """Yield each criterion with its cells."""
        for criterion in self.criteria:
            if self.kind == "weights":
                yield criterion, [(None, self[criterion.id])]
            else:
                yield criterion, [(option, self[f"{criterion.id}-{option.id}"]) for option in self.options]

    def sheet(self) -> Sheet:
        """Return what was typed; call it after `is_valid`."""
        typed = self.cleaned_data
        if self.kind == "weights":
            return Sheet(weights={c.id: typed[c.id] for c in self.criteria if typed[c.id] is not None})
        cells = {(c.id, o.id): typed[f"{c.id}-{o.id}"] for c in self.criteria for o in self.options}
        return Sheet(scores={cell: score for cell, score in cells.items() if score is not None})


class BallotReasonForm(forms.Form):
    """Why a ballot is no longer waited for, or all of them are dropped."""

    reason = reason()
