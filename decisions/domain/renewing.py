"""What was looked at again since a version was signed, laid over its dates: the signed text stays as it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from decisions.domain.ageing import Refresh, refreshes
from decisions.domain.dossier import Dossier
from decisions.domain.evidence import fingerprint, pieces

AHEAD = 30
"""So many days before its date something counts as due soon."""


@dataclass(frozen=True)
class Renewal:
    """That what stands at a place, with this fingerprint, was looked at again and is good until a day."""

    place: str
    fingerprint: str
    refresh_on: date


def dated(dossier: Dossier, renewals: Iterable[Renewal] = ()) -> Iterator[Refresh]:
    """Yield everything with a day by which it must be looked at again, with the later day where it was."""
    prints = prints_of(dossier)
    later: dict[str, date] = {}
    for renewal in renewals:
        if renewal.fingerprint == prints.get(renewal.place, ""):
            later[renewal.place] = max(renewal.refresh_on, later.get(renewal.place, renewal.refresh_on))
    for each in refreshes(dossier):
        day = max(each.day, later.get(each.place, each.day))
        yield replace(each, day=day)


def prints_of(dossier: Dossier) -> dict[str, str]:
    """Return, by place, the fingerprint of what stands there; that of a section's data and of a check is its place.

    A renewal holds only for what was looked at: another source at the same place must be looked at itself.
    """
    found = {each.place: each.place for each in refreshes(dossier)}
    found |= {item.id: item.statement for item in dossier.criteria.assumptions}
    found |= {piece.place: fingerprint(piece.evidence) for piece in pieces(dossier)}
    return found


def people_of(dossier: Dossier) -> Mapping[str, str]:
    """Return, by place, who looks after it: the owner of the piece, of the section's assumptions, of the assumption."""
    from_sections = {
        key: getattr(dossier, key).provenance.assumption_owner
        for key in dossier.__dataclass_fields__
        if hasattr(getattr(dossier, key), "provenance")
    }
    assumptions = {item.id: item.owner for item in dossier.criteria.assumptions}
    checks = {f"{item.id}.check": item.owner for item in dossier.criteria.assumptions}
    return {**from_sections, **assumptions, **checks, **{piece.place: piece.owner for piece in pieces(dossier)}}


def state(day: date | None, today: date) -> str:
    """Return how something stands by its day: fresh, due soon, overdue, or undated."""
    if day is None:
        return "undated"
    if day < today:
        return "overdue"
    return "due soon" if (day - today).days <= AHEAD else "fresh"
