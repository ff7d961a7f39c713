"""What a dossier still owes its template: obstacles from required fields and checks, each a sentence with its place."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from decisions.domain.brief import brief
from decisions.domain.dossier import Dossier, Evidence
from decisions.domain.obstacles.common import Obstacle
from decisions.domain.reviewing import label_of
from decisions.domain.template import FIELD_WORDS, LIST_WORDS, Check, Part, Template

_ANCHORS = {
    "options": "option-{id}",
    "success_metrics": "success_metric-{id}",
    "guardrails": "guardrail-{id}",
    "scenarios": "scenario-{id}",
    "criteria": "criterion-{id}",
    "assumptions": "assumption-{id}",
    "scores": "score-{criterion}-{option}",
    "impacts": "impact-{option}-{success_metric}",
    "costs": "cost-{option}",
}
_NAMING = ("name", "statement", "text", "metric", "title", "option")


def owed(dossier: Dossier, template: Template, *, today: date) -> Iterator[Obstacle]:
    """Yield an obstacle for everything the template asks and the dossier does not have."""
    for part in template.parts:
        section = getattr(dossier, part.key)
        yield from _required(part, section)
        for check in part.checks:
            yield from _KINDS[check.kind](part, section, check, dossier, today)


def _required(part: Part, section: Any) -> Iterator[Obstacle]:
    for name in part.required:
        if _blank(getattr(section, name)):
            yield Obstacle(f"Give “{label_of(name)}” of “{part.title}”: the template requires it.", part.key, name)


def _at_least(part: Part, section: Any, check: Check, _dossier: Dossier, _today: date) -> Iterator[Obstacle]:
    found = evidence_of(section) if check.of == "evidence" else getattr(section, check.of)
    if len(found) < (check.value or 0):
        one, many = LIST_WORDS[check.of]
        wanted = one if check.value == 1 else many
        sentence = f"Name at least {check.value} {wanted} in “{part.title}”; there {_are(len(found))}."
        yield Obstacle(sentence, part.key, check.of)


def _words(part: Part, section: Any, check: Check, _dossier: Dossier, _today: date) -> Iterator[Obstacle]:
    count = len(getattr(section, check.of).split())
    if count < (check.value or 0):
        label = label_of(check.of)
        sentence = f"Write at least {check.value} words under “{label}” of “{part.title}”; there {_are(count)}."
        yield Obstacle(sentence, part.key, check.of)


def _each(part: Part, section: Any, check: Check, dossier: Dossier, _today: date) -> Iterator[Obstacle]:
    many, _, name = check.of.partition(".")
    for item in getattr(section, many):
        if _blank(getattr(item, name)):
            what = f"{LIST_WORDS[many][0]} “{_called(item, dossier)}”"
            anchor = _ANCHORS[many].format_map(vars(item))
            yield Obstacle(f"Give the {what} {FIELD_WORDS[name]}: the template asks it of every one.", part.key, anchor)


def _fresh(part: Part, section: Any, check: Check, _dossier: Dossier, today: date) -> Iterator[Obstacle]:
    for item in evidence_of(section):
        called = item.title or item.reference or item.id
        if item.retrieved_on is None:
            sentence = f"Say when “{called}” of “{part.title}” was retrieved: the template limits its age."
        elif (age := (today - item.retrieved_on).days) > (check.value or 0):
            sentence = f"Retrieve “{called}” of “{part.title}” anew: it is {age} days old, {check.value} are allowed."
        else:
            continue
        yield Obstacle(sentence, part.key, "evidence")


_Asker = Callable[[Part, Any, Check, Dossier, date], Iterator[Obstacle]]
_KINDS: dict[str, _Asker] = {"at_least": _at_least, "words": _words, "each": _each, "fresh": _fresh}


def evidence_of(section: Any) -> tuple[Evidence, ...]:
    """Return every piece of evidence of a section: its own, and that of its entries at any depth."""
    return tuple(_evidence(section))


def _evidence(value: Any) -> Iterator[Evidence]:
    if isinstance(value, Evidence):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _evidence(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from _evidence(getattr(value, each.name))


def _blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, tuple):
        return not value
    if is_dataclass(value):
        return all(_blank(getattr(value, each.name)) for each in fields(value))
    return value is None


def _called(item: Any, dossier: Dossier) -> str:
    """Return what people call an entry: by a name of its own, else by the option and criterion it points to."""
    if hasattr(item, "criterion"):
        names = {each.id: each.name for each in dossier.criteria.criteria}
        names |= {each.id: each.name for each in dossier.options.options}
        return f"{names.get(item.option) or item.option} on {names.get(item.criterion) or item.criterion}"
    if hasattr(item, "option") and not hasattr(item, "id"):
        return next((o.name or o.id for o in dossier.options.options if o.id == item.option), item.option)
    own = (getattr(item, name, "") for name in _NAMING)
    return next((brief(str(text), 60) for text in own if text), getattr(item, "id", ""))


def _are(count: int) -> str:
    return f"is {count}" if count == 1 else f"are {count}"
