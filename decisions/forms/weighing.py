"""Swings: a rank and a rating for each criterion, from which the weights follow."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from decisions.domain import weighing
from decisions.domain.dossier import Criteria, Criterion, Swing
from decisions.forms import fields


class SwingForm(forms.Form):
    """Two fields per criterion of the stored dossier; nothing else that is posted is read."""

    def __init__(self, section: Criteria, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix="s")
        self.section = section
        stored = {swing.criterion: swing for swing in section.swings}
        for criterion in section.criteria:
            name, swing = criterion.name or "Criterion", stored.get(criterion.id, Swing(criterion=criterion.id))
            rank = fields.whole(f"Rank of {name}", of=(Swing, "rank"))
            rating = fields.number(f"Rating of {name}", of=(Swing, "rating"))
            for kind, field, value in (("rank", rank, swing.rank), ("rating", rating, swing.rating)):
                field.initial = value
                field.widget.attrs["aria-label"] = field.label
                self.fields[f"{kind}-{criterion.id}"] = field

    def rows(self) -> Iterator[tuple[Criterion, forms.BoundField, forms.BoundField]]:
        """Yield each criterion with its rank and its rating."""
        for criterion in self.section.criteria:
            yield criterion, self[f"rank-{criterion.id}"], self[f"rating-{criterion.id}"]

    def clean(self) -> dict[str, Any]:
        """Hold the swings to giving weights at all: somebody has 100, nobody is left out."""
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            weighing.derived(self.swings())
        except ValueError as error:
            self.add_error(self._place(), str(error))
        return data

    def swings(self) -> tuple[Swing, ...]:
        """Return the swings as typed."""
        typed = self.cleaned_data
        return tuple(
            Swing(criterion=c.id, rank=typed.get(f"rank-{c.id}"), rating=typed.get(f"rating-{c.id}"))
            for c in self.section.criteria
        )

    def _place(self) -> str | None:
        """Return the field to mend: the first rating left out, or that of the swing ranked first."""
        swings = sorted(self.swings(), key=lambda swing: (swing.rating is not None, swing.rank or len(self.fields)))
        return f"rating-{swings[0].criterion}" if swings else None

    def content(self) -> Criteria:
        """Return section 9 with the swings and the weights that follow; call it after `is_valid`."""
        return weighing.weighed(self.section, self.swings())
