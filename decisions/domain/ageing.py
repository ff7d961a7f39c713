"""What grows old in a dossier: everything that carries a day by which it must be looked at again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from typing import Any

from decisions.domain.brief import brief
from decisions.domain.dossier import SECTIONS, Assumption, Dossier, Evidence

LONGEST = 160  # characters of a statement in a sentence
GRACE = timedelta(days=14)
"""So long after its day something overdue lowers the standing only; then it calls the decision into question."""


@dataclass(frozen=True)
class Refresh:
    """One thing to be looked at again: its place in the dossier, what it is in words, and the day."""

    place: str
    what: str
    day: date
    assumption: str = ""

    @property
    def key(self) -> str:
        """Return the name of this occurrence: the same thing with another day is another one."""
        return f"refresh:{self.place}:{self.day.isoformat()}"


def refreshes(dossier: Dossier) -> Iterator[Refresh]:
    """Yield everything with a day: the data of sections, evidence wherever it stands, assumptions, manual checks."""
    for key, title in SECTIONS:
        section = getattr(dossier, key)
        if section.provenance.refresh_on is not None:
            yield Refresh(key, f"the data of section “{title}”", section.provenance.refresh_on)
        yield from _walk(section, key, "")


def _walk(value: Any, place: str, assumption: str) -> Iterator[Refresh]:
    """Go through a part of the dossier; `assumption` is the one inside which we are."""
    if isinstance(value, Evidence):
        if value.refresh_on is not None:
            yield Refresh(
                place, f"the evidence “{_stated(value.title or value.reference)}”", value.refresh_on, assumption
            )
        return
    if isinstance(value, Assumption):
        assumption = value.id
        yield from _of_assumption(value)
    if isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _walk(item, f"{place}.{getattr(item, 'id', position)}", assumption)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _walk(getattr(value, part.name), place, assumption)


def _of_assumption(item: Assumption) -> Iterator[Refresh]:
    words = f"the assumption “{_stated(item.statement)}”"
    if item.refresh_on is not None:
        yield Refresh(item.id, words, item.refresh_on, item.id)
    if item.manual_check_on is not None:
        yield Refresh(f"{item.id}.check", f"the manual check of {words}", item.manual_check_on, item.id)


def overdue(found: Iterable[Refresh], today: date) -> list[Refresh]:
    """Return what is overdue by more than the grace, the oldest first."""
    return sorted((each for each in found if each.day + GRACE < today), key=lambda each: (each.day, each.place))


def _stated(text: str) -> str:
    return brief(text.rstrip(". \n"), LONGEST)
