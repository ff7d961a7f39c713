"""Two people saved the same section: what the one has typed beside what the other has stored."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text
from config.kit.days import day_text
from config.kit.refusals import StaleWrite
from decisions.domain.reading import section_from
from decisions.models import Section


@dataclass(frozen=True)
class Differing:
    """One field in which the two contents differ."""

    name: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Conflict:
    """Who saved when, which version a deliberate overwrite must name, and what differs."""

    stored: Section
    differing: list[Differing]


def compared(stale: StaleWrite, key: str, mine: Any) -> Conflict:
    """Return the comparison of what was typed with what is stored."""
    if not isinstance(stale.stored, Section):
        raise stale
    theirs = section_from(key, stale.stored.content)
    left, right = dict(_leaves(mine)), dict(_leaves(theirs))
    names = [*right, *(name for name in left if name not in right)]
    found = [Differing(name, left.get(name, ""), right.get(name, "")) for name in names]
    return Conflict(stale.stored, [pair for pair in found if pair.mine != pair.theirs])


def _leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Return (name in words, value in words) of every field, list items by the order they come in."""
    if is_dataclass(value):
        named = [(item.name, getattr(value, item.name)) for item in fields(value) if item.name != "id"]
        return [leaf for name, part in named for leaf in _leaves(part, (*path, name.replace("_", " ")))]
    if isinstance(value, tuple) and any(is_dataclass(item) for item in value):
        return [leaf for number, item in enumerate(value, 1) for leaf in _leaves(item, (*path, str(number)))]
    return [(" › ".join(path).capitalize(), words(value))] if words(value) else []


def words(value: Any) -> str:
    """Return a value of a dossier as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
