"""The weights page: what the swings give, where they contradict themselves, and how scores become values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from config.kit.charts import curve_chart
from config.kit.charts.scale import number_text
from decisions.domain import weighing
from decisions.domain.dossier import Dossier
from decisions.domain.scoring import Criterion, Model, criterion_complaints, model_from, value_function


@dataclass(frozen=True)
class Curve:
    """How the scores on one criterion become values, drawn and as a table."""

    name: str
    words: str
    drawn: SafeString
    rows: Sequence[tuple[str, str, str]]


@dataclass
class Weighing:
    """Everything the page says of a dossier's weights and value functions."""

    dossier: Dossier

    def inconsistencies(self) -> list[str]:
        """Return where the swings contradict themselves or the weights."""
        return list(dict.fromkeys(weighing.inconsistencies(self.dossier.criteria)))

    def shares(self) -> list[tuple[str, float]]:
        """Return each criterion's share of the whole weight."""
        total = sum(float(criterion.weight or 0) for criterion in self.dossier.criteria.criteria)
        found = self.dossier.criteria.criteria
        return [(c.name or c.id, float(c.weight or 0) / total) for c in found] if total else []

    def curves(self) -> Iterator[Curve]:
        """Yield the value functions that are sound."""
        model = model_from(self.dossier)
        for criterion in model.criteria:
            if not list(criterion_complaints(criterion)) and (curve := _curve(model, criterion)):
                yield curve


def _curve(model: Model, criterion: Criterion) -> Curve | None:
    scored = [(o.label, o.scores[criterion.id].likely) for o in model.options if criterion.id in o.scores]
    if criterion.id in model.ranges_from_options and len(scored) < len(model.options):
        return None
    if criterion.id in model.ranges_from_options and not scored:
        return None
    function = value_function(criterion, model.options)
    worth = [(name, score, function.at(score)) for name, score in scored]
    drawn = curve_chart(
        list(zip(function.scores, function.values, strict=True)),
        [(score, value, f"{name}: {number_text(value, 0)}") for name, score, value in worth],
        title=f"What scores on {criterion.label} are worth",
        description="; ".join(f"{name} {number_text(value, 0)}" for name, _, value in worth),
    )
    rows = [(name, number_text(score), number_text(value, 1)) for name, score, value in worth]
    return Curve(criterion.label, _words(model, criterion), drawn, rows)


def _words(model: Model, criterion: Criterion) -> str:
    less = ", less is better" if criterion.direction == "min" else ""
    if criterion.curve:
        return f"Along {len(criterion.curve)} points{less}"
    if criterion.scale == "direct":
        return f"Scores are values{less}"
    if criterion.id in model.ranges_from_options:
        return f"Straight from the worst to the best option{less}: a new option can reorder the others"
    return f"Straight from {number_text(criterion.worst or 0)} (worst) to {number_text(criterion.best or 0)} (best)"
