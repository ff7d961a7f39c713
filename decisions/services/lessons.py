"""Lessons: raised by reviews and closings, accepted into a proposed template version, or declined with a reason."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.words import needed_words
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from decisions.domain.template import TITLES, Shaped, template_from
from decisions.models import Decision, DecisionTemplate, Lesson, Review
from decisions.services import proposing

State = Lesson.State


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A lesson as it is written down: its text, and the section of the template it is about."""

    section: str
    text: str


def raise_all(
    decision: Decision, lessons: Iterable[Raised], *, by: User, at: datetime, review: Review | None = None
) -> list[Lesson]:
    """Keep the lessons of a review or of a closing; the caller writes the ledger."""
    made = []
    for each in lessons:
        text = needed_words("lessons", each.text, "Write what was learned.")
        if each.section not in TITLES:
            raise BadInput({"lessons": ["Say which section of the template the lesson is about."]})
        lesson = Lesson(decision=decision, review=review, section=each.section, text=text, raised_at=at, raised_by=by)
        lesson._history_user = by  # type: ignore[attr-defined]
        lesson.save()
        made.append(lesson)
    return made


@transaction.atomic
def accept(lesson: Lesson, *, by: User, key: str, guidance: str) -> DecisionTemplate:
    """Take a lesson up: its words join the guidance of its section in the proposed version of a template.

    `guidance` is the line as it shall stand there. The version still has to be approved.
    """
    proposing.require_writer(by)
    guidance = needed_words("guidance", guidance, "Write the guidance that the lesson becomes.")
    with ledger.gathered():
        row = proposing.begin(key, by=by)
        if row.state != DecisionTemplate.State.PROPOSED:
            raise MoveRefused([f"Version {row.number} of “{row.name}” is in review; wait for its verdict first."])
        lesson = _open(lesson)
        part = template_from(row.sections).part(lesson.section)
        shaped = Shaped(lesson=lesson.pk, decision=lesson.decision.reference, text=lesson.text)
        text = f"{part.guidance.rstrip()}\n\n{guidance}".strip()
        row = proposing.put_part(row, replace(part, guidance=text, lessons=(*part.lessons, shaped)), by=by)
        _settle(lesson, State.ACCEPTED, by=by, template=row)
        _record(lesson, "lesson.accepted", by, {"template": [row.key, row.number]})
    return row


@transaction.atomic
def decline(lesson: Lesson, *, by: User, reason: str) -> Lesson:
    """Leave the template as it is, with a reason."""
    proposing.require_writer(by)
    reason = needed_words("reason", reason, "Say why the template stays as it is.")
    lesson = _open(lesson)
    _settle(lesson, State.DECLINED, by=by, reason=reason)
    _record(lesson, "lesson.declined", by, {"reason": reason})
    return lesson


def _open(lesson: Lesson) -> Lesson:
    lesson = locked(Lesson.objects.select_related("decision").filter(pk=lesson.pk)).get()
    if lesson.state != State.OPEN:
        raise MoveRefused([f"This lesson is {lesson.get_state_display().lower()} already."])
    return lesson


def _settle(
    lesson: Lesson, state: str, *, by: User, template: DecisionTemplate | None = None, reason: str = ""
) -> None:
    lesson.state, lesson.template, lesson.reason = state, template, reason
    lesson.settled_at, lesson.settled_by = timezone.now(), by
    lesson._history_user = by  # type: ignore[attr-defined]
    lesson.save()


def _record(lesson: Lesson, verb: str, by: User, payload: dict[str, object]) -> None:
    decision = lesson.decision
    ledger.append(decision.stream, verb, by=by, subject=decision.reference, payload={"lesson": lesson.pk, **payload})


def begun_on(taught: Iterable[Lesson]) -> dict[int, int]:
    """Return for each lesson in effect how many decisions were begun on its template since: one query."""
    taken_up = [lesson for lesson in taught if lesson.template is not None and lesson.template.approved_at]
    keys = {lesson.template.key for lesson in taken_up if lesson.template}
    versions = DecisionTemplate.objects.filter(key__in=keys).annotate(begun=Count("decisions"))
    counted = list(versions.order_by().values_list("key", "number", "begun"))
    return {
        lesson.pk: sum(
            begun for key, number, begun in counted if key == lesson.template.key and number >= lesson.template.number
        )
        for lesson in taken_up
        if lesson.template
    }
