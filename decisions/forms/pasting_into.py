"""The tables of a dossier that a spreadsheet can be pasted into: score matrix, impacts, costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from decisions.domain.dossier import Cost, Dossier, Estimate, Impact, Score
from decisions.forms.pasting import Key
from decisions.forms.tables import label

COST_COLUMNS = {"cost": "Cost", "effort_days": "Person-days"}


@dataclass(frozen=True)
class Target:
    """One table: its section, the names of its rows and columns, what is in it, and how it is filled."""

    section: str
    title: str
    back: str
    rows: Callable[[Dossier, Mapping[str, str]], dict[str, str]]
    columns: Callable[[Dossier], dict[str, str]]
    stored: Callable[[Dossier], dict[Key, Estimate]]
    fill: Callable[[Dossier, Mapping[Key, Estimate]], Any]


def _options(dossier: Dossier) -> dict[str, str]:
    return {option.id: label(option) for option in dossier.options.options}


def _criteria(dossier: Dossier, _metrics: Mapping[str, str]) -> dict[str, str]:
    return {criterion.id: criterion.name or criterion.id for criterion in dossier.criteria.criteria}


def _goals(dossier: Dossier, metrics: Mapping[str, str]) -> dict[str, str]:
    goals = dossier.metrics.success_metrics
    return {goal.id: metrics.get(goal.metric, goal.metric) or goal.id for goal in goals}


def _scores(dossier: Dossier) -> dict[Key, Estimate]:
    return {(score.criterion, score.option): score.estimate for score in dossier.criteria.scores}


def _fill_scores(dossier: Dossier, cells: Mapping[Key, Estimate]) -> Any:
    kept = {(score.criterion, score.option): score for score in dossier.criteria.scores}
    for (criterion, option), estimate in cells.items():
        score = kept.get((criterion, option)) or Score(criterion=criterion, option=option)
        kept[criterion, option] = replace(score, estimate=estimate)
    return replace(dossier.criteria, scores=tuple(kept.values()))


def _impacts(dossier: Dossier) -> dict[Key, Estimate]:
    return {(impact.success_metric, impact.option): impact.estimate for impact in dossier.impacts.impacts}


def _fill_impacts(dossier: Dossier, cells: Mapping[Key, Estimate]) -> Any:
    kept = {(impact.success_metric, impact.option): impact for impact in dossier.impacts.impacts}
    for (goal, option), estimate in cells.items():
        impact = kept.get((goal, option)) or Impact(option=option, success_metric=goal)
        kept[goal, option] = replace(impact, estimate=estimate)
    return replace(dossier.impacts, impacts=tuple(kept.values()))


def _costs(dossier: Dossier) -> dict[Key, Estimate]:
    return {(cost.option, name): getattr(cost, name) for cost in dossier.costs.costs for name in COST_COLUMNS}


def _fill_costs(dossier: Dossier, cells: Mapping[Key, Estimate]) -> Any:
    kept = {cost.option: cost for cost in dossier.costs.costs}
    for (option, name), estimate in cells.items():
        changed: dict[str, Any] = {name: estimate}
        kept[option] = replace(kept.get(option) or Cost(option=option), **changed)
    return replace(dossier.costs, costs=tuple(kept.values()))


TARGETS = {
    "scores": Target("criteria", "Scores", "decision_options", _criteria, _options, _scores, _fill_scores),
    "impacts": Target("impacts", "Expected impact", "", _goals, _options, _impacts, _fill_impacts),
    "costs": Target(
        "costs",
        "Cost and effort",
        "",
        lambda dossier, _metrics: _options(dossier),
        lambda _dossier: COST_COLUMNS,
        _costs,
        _fill_costs,
    ),
}
