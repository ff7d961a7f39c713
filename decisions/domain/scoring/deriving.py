"""A model out of a dossier."""

from dataclasses import replace
from decimal import Decimal

from decisions.domain import dossier as d
from decisions.domain.scoring.model import Criterion, Model, Option, Triple


def model_from(dossier: d.Dossier) -> Model:
    """Return the scoring model that a dossier describes; what is missing shows when it is checked or ranked."""
    scores: dict[str, dict[str, Triple]] = {option.id: {} for option in dossier.options.options}
    for score in dossier.criteria.scores:
        triple = _triple(score.estimate)
        if triple and score.option in scores:
            scores[score.option][score.criterion] = triple
    costs = {cost.option: _float(cost.cost.likely) for cost in dossier.costs.costs}
    criteria = tuple(criterion_from(criterion) for criterion in dossier.criteria.criteria)
    known = {criterion.id for criterion in criteria}
    options = tuple(
        Option(
            id=option.id,
            name=option.name,
            scores={c: triple for c, triple in scores[option.id].items() if c in known},
            cost=costs.get(option.id),
        )
        for option in dossier.options.options
    )
    return Model(criteria=criteria, options=options)


def criterion_from(criterion: d.Criterion) -> Criterion:
    """Return one criterion of a dossier for scoring; without a weight it counts nothing."""
    return Criterion(
        id=criterion.id,
        name=criterion.name,
        weight=_float(criterion.weight) or 0.0,
        direction=criterion.direction,
        scale=criterion.scale,
        worst=_float(criterion.worst),
        best=_float(criterion.best),
        threshold=_float(criterion.threshold),
        veto=criterion.veto,
        curve=_curve(criterion),
    )


def _triple(estimate: d.Estimate) -> Triple | None:
    """Read an estimate; with only the likely number it is exact."""
    likely = _float(estimate.likely)
    if likely is None:
        return None
    low, high = _float(estimate.low), _float(estimate.high)
    return Triple(likely if low is None else low, likely, likely if high is None else high)


def _curve(criterion: d.Criterion) -> tuple[tuple[float, float], ...]:
    """Return the corners of a piecewise value function; one that is half filled in counts as no corner."""
    if criterion.scale != "piecewise":
        return ()
    corners = [(_float(corner.score), _float(corner.value)) for corner in criterion.curve]
    return tuple((score, value) for score, value in corners if score is not None and value is not None)


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def by_name(model: Model) -> Model:
    """Return the model with names as ids, so that a ranking reads by name; unnamed ones keep their id."""
    criteria = {criterion.id: criterion.label for criterion in model.criteria}
    return Model(
        criteria=tuple(replace(c, id=c.label, name="") for c in model.criteria),
        options=tuple(
            replace(o, id=o.label, name="", scores={criteria[c]: t for c, t in o.scores.items()}) for o in model.options
        ),
    )
