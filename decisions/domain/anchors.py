"""The places of a section that something can be said about: its fields, items of its lists, cells of its tables.

An anchor is the word by which obstacles name a place, too: objective, option-o1, score-c1-o2, impact-o1-m1, cost-o1,
condition-a1-c1. Identifiers never change and are never given out again, so an anchor means the same thing for ever.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from decisions.domain.dossier import Dossier
from decisions.domain.reviewing import label_of

NOUNS = {
    "success_metrics": "success metric",
    "guardrails": "guardrail",
    "options": "option",
    "risks": "risk",
    "scenarios": "scenario",
    "criteria": "criterion",
    "assumptions": "assumption",
    "commitments": "commitment",
}
SHORT = 60


def anchors(dossier: Dossier, key: str, metrics: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return anchor → what people call it, in the order of the section; `metrics` names metrics by key."""
    names = _names(dossier, metrics or {})
    return dict(_anchors(getattr(dossier, key), dossier, names))


def _names(dossier: Dossier, metrics: Mapping[str, str]) -> dict[str, str]:
    """Return what the things are called that cells are named by, by their anchor."""
    named = {f"option-{item.id}": item.name or item.id for item in dossier.options.options}
    named |= {f"criterion-{item.id}": item.name or item.id for item in dossier.criteria.criteria}
    goals = dossier.metrics.success_metrics
    return named | {f"success_metric-{goal.id}": metrics.get(goal.metric, goal.metric) or goal.id for goal in goals}


def _anchors(section: Any, dossier: Dossier, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for each in fields(section):
        if each.name in NOUNS:
            yield from _items(each.name, getattr(section, each.name), names)
        elif each.name in _CELLS:
            yield from _CELLS[each.name](section, dossier, names)
        elif each.name == "provenance":
            yield "provenance", "Where this comes from"
        else:
            yield each.name, label_of(each.name)


def _items(name: str, items: tuple[Any, ...], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    noun = NOUNS[name]
    for number, item in enumerate(items, 1):
        anchor = f"{noun.replace(' ', '_')}-{item.id}"
        called = names.get(anchor) or _called(item)
        yield anchor, f"{noun.capitalize()} “{called}”" if called else f"{noun.capitalize()} {number}"
        for order, condition in enumerate(getattr(item, "conditions", ()), 1):
            yield f"condition-{item.id}-{condition.id}", f"{noun.capitalize()} {number}, condition {order}"


def _called(item: Any) -> str:
    found = next((getattr(item, name) for name in ("name", "statement", "text") if getattr(item, name, "")), "")
    text = " ".join(str(found).split())
    return text if len(text) <= SHORT else f"{text[:SHORT].rstrip()}…"


def _scores(section: Any, dossier: Dossier, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for criterion in section.criteria:
        for option in dossier.options.options:
            words = f"Score of {names[f'option-{option.id}']} on {names[f'criterion-{criterion.id}']}"
            yield f"score-{criterion.id}-{option.id}", words


def _impacts(section: Any, dossier: Dossier, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for option in dossier.options.options:
        for goal in dossier.metrics.success_metrics:
            words = f"Impact of {names[f'option-{option.id}']} on {names[f'success_metric-{goal.id}']}"
            yield f"impact-{option.id}-{goal.id}", words


def _costs(section: Any, dossier: Dossier, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for option in dossier.options.options:
        yield f"cost-{option.id}", f"Cost of {names[f'option-{option.id}']}"


def _side_effects(section: Any, dossier: Dossier, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for option in dossier.options.options:
        yield f"side_effect-{option.id}", f"Side effects of {names[f'option-{option.id}']}"


_CELLS: dict[str, Any] = {"scores": _scores, "impacts": _impacts, "costs": _costs, "side_effects": _side_effects}
