"""A section's earlier drafts as pages show them: a list, and one beside what stands now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from approvals.domain.diff import Change, FieldChange, compare
from approvals.domain.review import ReviewField, ReviewSection
from decisions.domain.reading import Unreadable, section_from
from decisions.domain.reviewing import Known, parts_of
from decisions.queries.desk import Desk
from decisions.services.drafts import drafts

MOST = 400
"""Drafts looked through at once; autosaves make many of them."""


@dataclass(frozen=True)
class Compared:
    """One draft beside what the section says now: what putting it back would change."""

    draft: Any
    fields: Sequence[FieldChange]
    readable: bool = True


def recent(desk: Desk, key: str) -> list[Any]:
    """Return the drafts of a section, newest first."""
    return list(drafts(desk.decision, key)[:MOST])


def compared(desk: Desk, key: str, draft: Any) -> Compared:
    """Compare what stands now with what putting the draft back would make of it."""
    try:
        then = section_from(key, draft.content)
    except Unreadable:
        return Compared(draft, (), readable=False)
    metrics = {name: (offer.name, offer.unit, "") for name, offer in desk.offers.metrics.items()}
    known = Known(people=dict(desk.world.people), metrics=metrics)
    now, was = (
        [_section(part) for part in parts_of(dossier, known) if part.key == key]
        for dossier in (desk.dossier, replace(desk.dossier, **{key: then}))
    )
    [found] = compare(now, was)
    return Compared(draft, [field for field in found.fields if field.change is not Change.SAME])


def _section(part: Any) -> ReviewSection:
    fields = [ReviewField(label=each.label, text=each.text, header=each.header, rows=each.rows) for each in part.fields]
    return ReviewSection(key=part.key, title=part.title, fields=fields)
