"""The score matrix, every option on every criterion in one table, and why a score is what it is."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from decisions.domain.dossier import Criteria, Criterion, Dossier, Estimate, Option, Score
from decisions.forms import fields
from decisions.forms.estimates import EstimateField
from decisions.forms.tables import label


@dataclass
class MatrixRow:
    """One criterion: its weight's field and a cell per option."""

    criterion: Criterion
    weight: forms.BoundField
    cells: list[tuple[Option, forms.BoundField]]


class ScoreMatrixForm(forms.Form):
    """A field per cell, named by criterion and option of the stored dossier; nothing else that is posted is read."""

    def __init__(self, dossier: Dossier, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix="m")
        self.section: Criteria = dossier.criteria
        self.options = dossier.options.options
        stored = {(score.criterion, score.option): score for score in self.section.scores}
        for criterion in self.section.criteria:
            name = criterion.name or "Criterion"
            weight = fields.number(f"Weight of {name}", of=(Criterion, "weight"))
            weight.initial = criterion.weight
            weight.widget.attrs |= {"aria-label": weight.label, "data-weight": criterion.id}
            self.fields[f"weight-{criterion.id}"] = weight
            for option in self.options:
                self.fields[f"{criterion.id}-{option.id}"] = _cell(criterion, option, stored)

    def lock(self, *, agreed: bool) -> None:
        """Close the scores until the framing is agreed, and the weights from then on: what is posted is not read."""
        for name, field in self.fields.items():
            field.disabled = name.startswith("weight-") is agreed

    def rows(self) -> Iterator[MatrixRow]:
        """Yield the rows of the table."""
        for criterion in self.section.criteria:
            cells = [(option, self[f"{criterion.id}-{option.id}"]) for option in self.options]
            yield MatrixRow(criterion, self[f"weight-{criterion.id}"], cells)

    def clean(self) -> dict[str, Any]:
        """Say at the cell which score leaves its scale, and at the first weight that none counts."""
        data = super().clean() or self.cleaned_data
        for criterion in self.section.criteria:
            if criterion.scale != "direct":
                continue
            for option in self.options:
                estimate = data.get(f"{criterion.id}-{option.id}") or Estimate()
                parts = (estimate.low, estimate.likely, estimate.high)
                if any(part is not None and not 0 <= part <= 100 for part in parts):
                    self.add_error(f"{criterion.id}-{option.id}", "A direct score lies between 0 and 100.")
        weights = [data.get(f"weight-{criterion.id}") for criterion in self.section.criteria]
        if weights and all(weight is not None and weight == 0 for weight in weights):
            self.add_error(f"weight-{self.section.criteria[0].id}", "Give at least one criterion a weight above 0.")
        return data

    def content(self) -> Criteria:
        """Return section 9 with weights and scores as typed; reasons stay, scores of what no longer exists go."""
        typed = self.cleaned_data
        reasons = {(score.criterion, score.option): score.reason for score in self.section.scores}
        criteria = tuple(dataclasses.replace(c, weight=typed[f"weight-{c.id}"]) for c in self.section.criteria)
        scores = (
            Score(
                criterion=c.id,
                option=o.id,
                estimate=typed[f"{c.id}-{o.id}"],
                reason=reasons.get((c.id, o.id), ""),
            )
            for c in criteria
            for o in self.options
        )
        filled = tuple(score for score in scores if score.estimate != Estimate() or score.reason)
        return dataclasses.replace(self.section, criteria=criteria, scores=filled)


def _cell(criterion: Criterion, option: Option, stored: Mapping[tuple[str, str], Score]) -> EstimateField:
    name = f"{criterion.name or 'Criterion'}: {label(option)}"
    score = stored.get((criterion.id, option.id))
    field = EstimateField(label=name, initial=score.estimate if score else Estimate())
    field.widget.attrs |= {"aria-label": name, "data-score": option.id}
    return field


class ReasonsForm(forms.Form):
    """Why each option scores as it does on one criterion."""

    def __init__(self, dossier: Dossier, criterion: Criterion, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix="why")
        self.section, self.criterion, self.options = dossier.criteria, criterion, dossier.options.options
        reasons = {score.option: score.reason for score in self.section.scores if score.criterion == criterion.id}
        for option in self.options:
            self.fields[option.id] = fields.prose(label(option), rows=2)
            self.fields[option.id].initial = reasons.get(option.id, "")

    def content(self) -> Criteria:
        """Return section 9 with these reasons."""
        kept = {(score.criterion, score.option): score for score in self.section.scores}
        for option in self.options:
            key = (self.criterion.id, option.id)
            score = kept.get(key) or Score(criterion=key[0], option=key[1])
            kept[key] = dataclasses.replace(score, reason=self.cleaned_data[option.id])
        filled = tuple(score for score in kept.values() if score.estimate != Estimate() or score.reason)
        return dataclasses.replace(self.section, scores=filled)
