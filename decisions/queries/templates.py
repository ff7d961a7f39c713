"""Templates as pages show them: versions with their approvals, their lessons, and how many decisions began on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Prefetch
from django.http import Http404

from approvals.domain.diff import compare
from approvals.models import Signature, User
from approvals.review import ShownSection
from decisions import template_subjects
from decisions.domain.template import Template, template_from
from decisions.models import Decision, DecisionTemplate, Lesson
from decisions.services import proposing
from decisions.services import templates as installed

LESSONS = 50
TONES = {"current": "ok", "proposed": "info", "in_review": "warn"}


@dataclass
class TemplateView:
    """One template, all its versions, newest first."""

    versions: list[DecisionTemplate]
    shown: DecisionTemplate

    @cached_property
    def content(self) -> Template:
        """Return what the version shown says."""
        return template_from(self.shown.sections)

    @cached_property
    def current(self) -> DecisionTemplate | None:
        """Return the version in effect."""
        return next((row for row in self.versions if row.state == DecisionTemplate.State.CURRENT), None)

    @cached_property
    def proposed(self) -> DecisionTemplate | None:
        """Return the version that is being written or reviewed."""
        states = {DecisionTemplate.State.PROPOSED, DecisionTemplate.State.IN_REVIEW}
        return next((row for row in self.versions if row.state in states), None)

    @property
    def tone(self) -> str:
        """Return the tone of the state of the version shown."""
        return TONES.get(self.shown.state, "")


def open_template(key: str, number: str = "") -> TemplateView:
    """Return a template with its versions, their signatures and counts: four queries. Http404 when there is none."""
    installed.current()
    signatures = Signature.objects.select_related("signer", "for_whom", "stage").order_by("signed_at")
    rows = list(
        DecisionTemplate.objects.filter(key=key)
        .select_related("created_by", "request")
        .prefetch_related(Prefetch("request__signatures", signatures))
        .annotate(begun=Count("decisions", distinct=True))
        .order_by("-number")
    )
    for row in rows:
        row.tone = TONES.get(row.state, "")  # type: ignore[attr-defined]
    wanted = [row for row in rows if str(row.number) == number] if number else rows
    if not wanted:
        raise Http404("There is no such template.")
    in_effect = [row for row in wanted if row.state == DecisionTemplate.State.CURRENT]
    return TemplateView(rows, (in_effect or wanted)[0])


def templates() -> list[DecisionTemplate]:
    """Return every template by its version in effect, else its newest, with how many decisions ever followed it."""
    rows: Iterable[Any] = DecisionTemplate.objects.annotate(begun=Count("decisions")).order_by("key", "number")
    found: dict[str, Any] = {}
    for row in rows:
        known = found.get(row.key)
        total = row.begun + (known.begun if known else 0)
        if known is None or known.state != DecisionTemplate.State.CURRENT:
            row.waiting = getattr(known, "waiting", False)
            found[row.key] = row
        kept = found[row.key]
        kept.begun, kept.waiting = total, row.state in {"proposed", "in_review"}
        kept.tone = TONES.get(kept.state, "")
    return list(found.values())


def differences(old: DecisionTemplate | None, new: DecisionTemplate) -> list[ShownSection]:
    """Compare two versions section by section; those that stayed the same are left out."""
    contents = [proposing.content_of(row) for row in (new, old) if row is not None]
    after, *before = template_subjects.sections(*contents)
    found = compare(before[0] if before else None, after)
    return [shown for shown in (ShownSection(section, whole=True) for section in found) if shown.word]


def lessons(user: User) -> Sequence[Lesson]:
    """Return the newest lessons of decisions that the person may see, those that wait first."""
    seen = Lesson.objects.filter(decision__in=Decision.objects.visible_to(user)).order_by("-pk")
    found = seen.select_related("decision__template", "template", "raised_by", "settled_by")[:LESSONS]
    return sorted(found, key=lambda lesson: lesson.state != Lesson.State.OPEN)


def shaped_by(row: DecisionTemplate) -> Sequence[Lesson]:
    """Return the lessons that a version and those before it took up, newest first: one query."""
    taught = Lesson.objects.filter(template__key=row.key, template__number__lte=row.number)
    return list(taught.select_related("decision", "template").order_by("-template__number", "-pk")[:LESSONS])
