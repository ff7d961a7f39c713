"""Earlier drafts of a section: who wrote what when, what stood there before, and how to have it back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet

from approvals.models import User
from approvals.services import ledger
from config.kit.refusals import BadInput
from decisions import access
from decisions.domain.reading import Unreadable, section_from, section_type
from decisions.domain.writing import section_to
from decisions.models import Decision, Section
from decisions.services import drafting

# Every section is created with the decision; what nobody has written yet is nobody's draft.
UNWRITTEN = reduce(or_, (Q(key=key, content=section_to(section_type(key)())) for key in Section.KEYS))


@dataclass(frozen=True)
class Contributor:
    """Somebody who wrote in a section: how often they saved it, and when first and last."""

    section: str
    person: str
    saves: int
    first: datetime
    last: datetime


def drafts(decision: Decision, key: str) -> QuerySet[Any]:
    """Return every stored draft of a section, newest first."""
    rows: QuerySet[Any] = Section.history.model.objects.filter(decision_id=decision.pk, key=key)
    return rows.exclude(UNWRITTEN & Q(version=1)).select_related("updated_by").order_by("-version", "-history_id")


def base_of(decision: Decision, key: str, version: int) -> Any:
    """Return the section as it stood at a version, or as it stands in an empty decision when nobody knows."""
    rows = Section.history.model.objects.filter(decision_id=decision.pk, key=key, version=version)
    found = rows.order_by("-history_id").values_list("content", flat=True).first()
    try:
        return section_from(key, found) if found is not None else section_type(key)()
    except Unreadable:
        return section_type(key)()


def contributors(decision: Decision, *, until: datetime | None = None) -> list[Contributor]:
    """Return who wrote in which section, in the order of the sections and of their first saves; one query."""
    rows = Section.history.model.objects.filter(decision_id=decision.pk).exclude(UNWRITTEN & Q(version=1))
    if until is not None:
        rows = rows.filter(updated_at__lte=until)
    counted = (
        rows.order_by()
        .values("key", "updated_by", "updated_by__first_name", "updated_by__last_name", "updated_by__username")
        .annotate(saves=Count("version", distinct=True), first=Min("updated_at"), last=Max("updated_at"))
    )
    found = [Contributor(row["key"], _name(row), row["saves"], row["first"], row["last"]) for row in counted]
    return sorted(found, key=lambda each: (Section.KEYS.index(each.section), each.first))


def by_section(found: Iterable[Contributor]) -> dict[str, list[Contributor]]:
    """Return the contributors of each section."""
    at: dict[str, list[Contributor]] = {}
    for each in found:
        at.setdefault(each.section, []).append(each)
    return at


@transaction.atomic
def restore_draft(decision: Decision, key: str, *, version: int, expected_version: int, by: User) -> Section:
    """Save an earlier draft again, as a new save over the version that the person saw; nothing is deleted.

    BadInput when there is no such draft, or it can no longer be read; StaleWrite and MoveRefused as any save.
    """
    access.require_edit(by, decision)
    found = drafts(decision, key).filter(version=version).first()
    if found is None:
        raise BadInput({"": ["There is no such draft."]})
    with ledger.gathered():
        stored = drafting.save_section(decision, key, found.content, expected_version=expected_version, by=by)
        if stored.version == expected_version:
            raise BadInput({"": ["This draft says what the section says now."]})
        payload = {"section": key, "draft": version, "saved_as": stored.version}
        ledger.append(decision.stream, "section.restored", by=by, subject=decision.reference, payload=payload)
    return stored


def runs(found: Sequence[Any]) -> list[Any]:
    """Keep the newest of each run of saves by one person: an autosave makes many, and people look for what stood."""
    kept: list[Any] = []
    for draft in found:
        if not kept or kept[-1].updated_by_id != draft.updated_by_id or _pause(kept[-1], draft):
            draft.saves = 1
            kept.append(draft)
        else:
            kept[-1].saves += 1
            kept[-1].began = draft.updated_at
    return kept


def _pause(newer: Any, older: Any) -> bool:
    """Say whether so much time lies between two saves that somebody came back to the section."""
    return bool((getattr(newer, "began", newer.updated_at) - older.updated_at).total_seconds() > PAUSE)


PAUSE = 30 * 60


def _name(row: dict[str, Any]) -> str:
    full = f"{row['updated_by__first_name']} {row['updated_by__last_name']}".strip()
    return full or str(row["updated_by__username"])
