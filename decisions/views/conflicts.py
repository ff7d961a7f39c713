"""Two people saved the same section: what each made of the common base, and a merge that a person completes."""

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from config.kit.canonical import decimal_text
from config.kit.days import day_text
from config.kit.refusals import StaleWrite
from decisions.domain.anchors import NOUNS, anchors
from decisions.domain.dossier import Estimate
from decisions.domain.merging import BOTH, MINE, THEIRS, Difference, Merge, merge
from decisions.domain.reading import section_from
from decisions.domain.reviewing import label_of
from decisions.models import Section
from decisions.queries.desk import Desk
from decisions.services import drafting, drafts
from decisions.views.saving import number_of

TAKE = "take-"
_WHY = {MINE: "Only you changed this.", THEIRS: "Only they changed this.", BOTH: "Both changes fit together."}
_STEP = re.compile(r"([a-z_]+)(?:\[([^\]]*)\])?")
_CELLS = {"scores": "score", "impacts": "impact", "costs": "cost", "side_effects": "side_effect"}
_SINGLE = {
    "success_metrics": "success_metric",
    **{many: one.replace(" ", "_") for many, one in NOUNS.items()},
    **_CELLS,
}


@dataclass(frozen=True)
class Choice:
    """One place that the two made different things of, in words; `taken` is preselected."""

    name: str
    label: str
    base: str
    mine: str
    theirs: str
    both: bool
    taken: str
    clash: bool

    @property
    def why(self) -> str:
        """Say why the proposal takes what it takes."""
        if self.clash:
            return "You both changed this; choose."
        return _WHY.get(self.taken, "")


@dataclass(frozen=True)
class Conflict:
    """Who saved when, which version the merge is made over, and what to choose."""

    stored: Section
    clashes: list[Choice]
    agreed: list[Choice]


class Clash(Exception):
    """What was typed meets what somebody else stored, and a person must settle it."""

    def __init__(self, conflict: Conflict) -> None:
        self.conflict = conflict
        super().__init__("Somebody else saved in between.")


def seen_by(request: HttpRequest, desk: Desk, key: str) -> Any:
    """Return the section that the page showed, and set it into the desk's dossier, so that forms are read over it.

    Read over what somebody else has stored since, a form would lose their new rows and give back removed ones.
    """
    seen = number_of(request, "version")
    if seen == desk.sections[key].version:
        return getattr(desk.dossier, key)
    base = drafts.base_of(desk.decision, key, seen)
    desk.dossier = replace(desk.dossier, **{key: base})
    return base


def save_typed(request: HttpRequest, desk: Desk, key: str, base: Any, mine: Any) -> Section:
    """Store a section as typed over the base that the person saw, or the merge they completed; Clash otherwise.

    A posted `merge` names the version that the merge was made over, `keep` the one over which all of mine shall stand.
    """
    typed, stored = _Typed(request, key, base, mine), desk.sections[key]
    seen, against = number_of(request, "version"), number_of(request, "merge", "keep")
    content, expected = mine, seen
    if against == stored.version != seen:
        merged = typed.over(stored)
        if not merged.clashes:
            content, expected = merged.value, against
    try:
        return drafting.save_section(desk.decision, key, content, expected_version=expected, by=desk.user)
    except StaleWrite as stale:
        if not isinstance(stale.stored, Section):
            raise
        raise Clash(typed.conflict(desk, stale.stored)) from stale


@dataclass(frozen=True)
class _Typed:
    """What a person typed over what they saw, and what they chose so far."""

    request: HttpRequest
    key: str
    base: Any
    mine: Any

    def over(self, stored: Section) -> Merge:
        """Merge it with what is stored, as the person chose."""
        theirs, posted = section_from(self.key, stored.content), self.request.POST
        if posted.get("keep"):
            return merge(self.base, self.mine, theirs, otherwise=MINE)
        chosen = {name.removeprefix(TAKE): str(posted[name]) for name in posted if name.startswith(TAKE)}
        known = {path: whose for path, whose in chosen.items() if whose in {MINE, THEIRS, BOTH}}
        return merge(self.base, self.mine, theirs, known)

    def conflict(self, desk: Desk, stored: Section) -> Conflict:
        """Return what is to choose, with what was chosen before."""
        proposal = merge(self.base, self.mine, section_from(self.key, stored.content))
        taken = {each.path: each.taken for each in self.over(stored).differences}
        words = _Words(desk, self.key)
        made = [words.choice(each, taken.get(each.path, "")) for each in proposal.differences]
        return Conflict(stored, [each for each in made if each.clash], [each for each in made if not each.clash])


class _Words:
    """Says paths and values the way people do."""

    def __init__(self, desk: Desk, key: str) -> None:
        metrics = {name: offer.name for name, offer in desk.offers.metrics.items()}
        self.places = anchors(desk.dossier, key, metrics)
        self.names = {**desk.offers.people, **metrics, **desk.offers.options, **desk.offers.assumptions}

    def choice(self, found: Difference, taken: str) -> Choice:
        """Return a difference as a choice."""
        prose = all(isinstance(side, str) and " " in side for side in (found.mine, found.theirs))
        base, mine, theirs = (self.value(side) for side in (found.base, found.mine, found.theirs))
        return Choice(TAKE + found.path, self.place(found), base, mine, theirs, prose, taken, found.clash)

    def place(self, found: Difference) -> str:
        """Return a path in words: Option “By region” › Summary."""
        parts = []
        for name, identifier in _STEP.findall(found.path):
            anchor = f"{_SINGLE.get(name, name)}-{identifier.replace('/', '-')}"
            parts.append(self.places.get(anchor, label_of(name)) if identifier else label_of(name))
        return " › ".join(parts)

    def value(self, value: Any) -> str:
        """Return a value as people read it."""
        if value is None:
            return "nothing"
        if isinstance(value, Estimate):
            given = [value.low, value.likely, value.high]
            return " / ".join("?" if each is None else decimal_text(each) for each in given)
        if is_dataclass(value):
            said = ((each.name, self.value(getattr(value, each.name))) for each in fields(value) if each.name != "id")
            return "; ".join(f"{label_of(name)}: {words}" for name, words in said if words not in {"", "nothing"})
        if isinstance(value, tuple):
            return ", ".join(map(self.value, value))
        return self.names.get(value, value) if isinstance(value, str) else plain_words(value)


def plain_words(value: Any) -> str:
    """Return a number, a day or a yes as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return decimal_text(value)
    return day_text(value) if isinstance(value, date) else str(value)
