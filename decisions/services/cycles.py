"""What a decision owes beside its own content: its template's demands, and the marks that a new cycle began with."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit.locking import locked
from config.kit.refusals import MoveRefused
from decisions import access
from decisions.domain import refreshing
from decisions.domain.asking import owed
from decisions.domain.dossier import Dossier
from decisions.domain.obstacles import Obstacle
from decisions.domain.refreshing import Mark
from decisions.domain.template import Template, template_from
from decisions.models import Decision, RefreshMark
from metrics.models import Metric


def template_of(decision: Decision) -> Template:
    """Return what the template version that the decision began with asks; `decision.template` may be prefetched."""
    return template_from(decision.template.sections)


def owed_by(decision: Decision, dossier: Dossier, *, today: date, marks: Iterable[RefreshMark]) -> list[Obstacle]:
    """Return what its template asks and it lacks, and which copied things nobody has looked at again."""
    unsettled = refreshing.unsettled(dossier, [as_mark(mark) for mark in marks])
    return [*owed(dossier, template_of(decision), today=today), *unsettled]


def open_marks(decision: Decision) -> list[RefreshMark]:
    """Return the marks that nobody confirmed; only a later cycle has any."""
    return list(decision.refresh_marks.filter(confirmed_at__isnull=True)) if decision.cycle > 1 else []


def as_mark(row: RefreshMark) -> Mark:
    """Return a stored mark as a value."""
    return Mark(row.key, row.section, row.anchor, row.sentence, row.seen)


def mark(decision: Decision, dossier: Dossier, *, today: date) -> int:
    """Mark what the copied content must be looked at again for; returns how many marks."""
    keys = [item.metric for item in dossier.metrics.success_metrics]
    newest = Metric.objects.filter(key__in=keys, definition__isnull=False).values_list("key", "definition__number")
    found = refreshing.marks(dossier, today=today, newest=dict(newest))
    RefreshMark.objects.bulk_create(
        RefreshMark(
            decision=decision,
            key=each.key,
            section=each.section,
            anchor=each.anchor,
            sentence=each.sentence,
            seen=each.seen,
        )
        for each in found
    )
    return len(found)


@transaction.atomic
def confirm(decision: Decision, key: str, *, by: User) -> RefreshMark:
    """Say that what was copied stands as it is; confirming again changes nothing."""
    decision = locked(Decision.objects.select_related("owner").filter(pk=decision.pk)).get()
    access.require_edit(by, decision)
    if decision.state != Decision.State.DRAFT:
        raise MoveRefused([f"The decision is {decision.get_state_display().lower()}; its content is locked."])
    row = decision.refresh_marks.filter(key=key).first()
    if row is None:
        raise MoveRefused(["There is no such mark on this draft."])
    if row.confirmed_at is None:
        row.confirmed_at, row.confirmed_by = timezone.now(), by
        row.save(update_fields=["confirmed_at", "confirmed_by"])
        payload = {"mark": key, "what": row.sentence}
        ledger.append(decision.stream, "decision.confirmed", by=by, subject=decision.reference, payload=payload)
    return row
