"""A template as a value: for each section its guidance, the fields that must be filled in, and typed checks.

A check is one of four kinds, `of` names what it looks at, `value` how much it wants:

    at_least  a list has `value` entries or more          (of: "options")
    words     a text has `value` words or more            (of: "objective")
    each      every entry of a list has a field           (of: "assumptions.evidence")
    fresh     no evidence was retrieved more than `value` days ago, and none without a day (of: "evidence")

What may be asked of which section stands in LISTS and EACH; everything else is refused on reading.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_origin, get_type_hints

from decisions.domain.dossier import SECTIONS
from decisions.domain.reading import section_type
from decisions.domain.reviewing import label_of

TITLES = dict(SECTIONS)
LISTS: dict[str, tuple[str, ...]] = {
    "metrics": ("success_metrics", "guardrails"),
    "options": ("options",),
    "impacts": ("side_effects",),
    "risks": ("risks", "scenarios"),
    "criteria": ("criteria", "assumptions"),
    "schedule": ("commitments",),
}
"""The lists whose length a check may ask about, beside the evidence that every section has."""

EACH: dict[str, tuple[str, ...]] = {
    "metrics": ("success_metrics.baseline", "success_metrics.target", "guardrails.metric"),
    "options": ("options.summary", "options.evidence"),
    "impacts": ("impacts.note",),
    "costs": ("costs.effort_days", "costs.note"),
    "risks": ("scenarios.handoff", "scenarios.assumptions"),
    "criteria": (
        *("criteria.meaning", "criteria.threshold", "scores.reason"),
        *("assumptions.probability", "assumptions.conditions", "assumptions.evidence"),
    ),
}
"""What a check may ask of every entry of a list."""

LIST_WORDS = {
    "evidence": ("source of evidence", "sources of evidence"),
    "success_metrics": ("success metric", "success metrics"),
    "guardrails": ("guardrail", "guardrails"),
    "options": ("option", "options"),
    "side_effects": ("side effect", "side effects"),
    "impacts": ("impact", "impacts"),
    "costs": ("cost", "costs"),
    "risks": ("risk", "risks"),
    "scenarios": ("scenario", "scenarios"),
    "criteria": ("criterion", "criteria"),
    "scores": ("score", "scores"),
    "assumptions": ("assumption", "assumptions"),
    "commitments": ("commitment", "commitments"),
}
FIELD_WORDS = {
    "baseline": "a baseline",
    "target": "a target",
    "metric": "a metric of the registry",
    "summary": "a summary",
    "evidence": "evidence of its own",
    "note": "a note",
    "effort_days": "an effort in person-days",
    "handoff": "a handoff",
    "assumptions": "the assumptions whose break leads to it",
    "meaning": "its meaning in words",
    "threshold": "a threshold",
    "reason": "a reason",
    "probability": "a probability",
    "conditions": "a break condition on a metric",
}
MOST, LONGEST_AGE = 1000, 3660
_NOT_PROSE = frozenset({"option", "owner", "currency"})


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing a template asks of a section; the module says what `kind`, `of` and `value` may be."""

    kind: str
    of: str
    value: int | None = None

    @property
    def sentence(self) -> str:
        """Say what it asks, for a reader of the template."""
        if self.kind == "at_least":
            one, many = LIST_WORDS[self.of]
            return f"At least {self.value} {one if self.value == 1 else many}."
        if self.kind == "words":
            return f"At least {self.value} words under “{label_of(self.of)}”."
        if self.kind == "fresh":
            return f"No evidence retrieved more than {self.value} days ago."
        many, _, name = self.of.partition(".")
        return f"Every {LIST_WORDS[many][0]} has {FIELD_WORDS[name]}."


@dataclass(frozen=True, kw_only=True)
class Shaped:
    """A lesson that shaped a section's guidance, and the decision that taught it."""

    lesson: int
    decision: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a template says of one section; guidance is Markdown, `required` names fields of the section."""

    key: str
    guidance: str = ""
    required: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    lessons: tuple[Shaped, ...] = ()

    @property
    def title(self) -> str:
        """Return what people call the section."""
        return TITLES[self.key]

    def asks(self) -> list[str]:
        """Say everything it asks for, required fields first."""
        filled = [f"“{label_of(name)}” is filled in." for name in self.required]
        return [*filled, *(check.sentence for check in self.checks)]


@dataclass(frozen=True, kw_only=True)
class Template:
    """The eleven parts, in the order of the sections."""

    parts: tuple[Part, ...] = ()

    def part(self, key: str) -> Part:
        """Return what it says of a section; nothing for the frame, of which no template speaks."""
        return next((part for part in self.parts if part.key == key), Part(key=key))


class NotATemplate(ValueError):
    """What was given cannot be a template; carries every sentence."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__(" ".join(self.sentences))


@cache
def text_fields(section: str) -> tuple[str, ...]:
    """Return the texts of a section in which words may be counted."""
    hints = get_type_hints(section_type(section))
    return tuple(name for name in required_fields(section) if hints[name] is str and name not in _NOT_PROSE)


@cache
def required_fields(section: str) -> tuple[str, ...]:
    """Return the fields of a section that a template may require: all but its lists and its provenance."""
    hints = get_type_hints(section_type(section))
    names = [each.name for each in fields(section_type(section))]
    return tuple(name for name in names if get_origin(hints[name]) is not tuple and not is_dataclass(hints[name]))


def lists_of(section: str) -> tuple[str, ...]:
    """Return the lists of a section whose length may be asked about."""
    return (*LISTS.get(section, ()), "evidence")


def faults(section: str, check: Check) -> Iterator[str]:
    """Yield why a check cannot be asked of a section."""
    places = {
        "at_least": lists_of(section),
        "words": text_fields(section),
        "each": EACH.get(section, ()),
        "fresh": ("evidence",),
    }
    if check.kind not in places:
        yield f"There is no check of the kind “{check.kind}”."
        return
    if check.of not in places[check.kind]:
        yield f"“{TITLES[section]}” has no “{check.of}” for a check of the kind “{check.kind}”."
    if check.kind == "each":
        return
    most = LONGEST_AGE if check.kind == "fresh" else MOST
    if check.value is None or not 1 <= check.value <= most:
        yield f"Give a number from 1 to {most:,} for “{check.of}” in “{TITLES[section]}”."


def template_from(sections: Iterable[Mapping[str, Any]]) -> Template:
    """Read a template as it is stored; absent parts are empty. NotATemplate with every sentence."""
    wrong: list[str] = []
    found: dict[str, Part] = {}
    for raw in sections:
        key = str(raw.get("key", ""))
        if key not in TITLES or key in found:
            wrong.append(f"“{key}” is not a section, or comes twice.")
            continue
        found[key] = _part(key, raw)
        wrong += _wrong(found[key])
    if wrong:
        raise NotATemplate(wrong)
    return Template(parts=tuple(found.get(key, Part(key=key)) for key in TITLES))


def _part(key: str, raw: Mapping[str, Any]) -> Part:
    return Part(
        key=key,
        guidance=str(raw.get("guidance", "")),
        required=tuple(map(str, raw.get("required", ()))),
        checks=tuple(
            Check(kind=str(c.get("kind", "")), of=str(c.get("of", "")), value=c.get("value"))
            for c in raw.get("checks", ())
        ),
        lessons=tuple(
            Shaped(lesson=int(each["lesson"]), decision=str(each["decision"]), text=str(each["text"]))
            for each in raw.get("lessons", ())
        ),
    )


def _wrong(part: Part) -> Iterator[str]:
    for name in part.required:
        if name not in required_fields(part.key):
            yield f"“{part.title}” has no field “{name}” to require."
    for check in part.checks:
        yield from faults(part.key, check)


def template_to(template: Template) -> list[dict[str, Any]]:
    """Return the template as it is stored; `template_from` reads it back to an equal value."""
    return [_plain(part) for part in template.parts]


def _plain(part: Part) -> dict[str, Any]:
    return {
        "key": part.key,
        "guidance": part.guidance,
        "required": list(part.required),
        "checks": [{"kind": c.kind, "of": c.of, "value": c.value} for c in part.checks],
        "lessons": [{"lesson": s.lesson, "decision": s.decision, "text": s.text} for s in part.lessons],
    }
