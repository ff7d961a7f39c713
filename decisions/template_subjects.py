"""What approvals must know of templates: how to name, freeze, show and conclude their versions."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse

from approvals import subjects
from approvals.models import ApprovalRequest
from approvals.subjects import Kept, ReviewField, ReviewSection, SubjectKind
from config.kit.canonical import canonical
from decisions.domain.template import Part, template_from
from decisions.models import TEMPLATE_KIND, DecisionTemplate
from decisions.services import proposing


def register() -> None:
    """Make templates known to approvals."""
    subjects.register(
        SubjectKind(
            kind=TEMPLATE_KIND,
            label="Decision template",
            title=lambda subject_id: f"Template {_row(subject_id)}",
            url=lambda subject_id: reverse("template", args=[_row(subject_id).key]),
            freeze=_freeze,
            on_verdict=proposing.on_verdict,
            may_see=lambda user, subject_id: user.is_active,
            seen=lambda user: Q(),
            may_withdraw=lambda user, subject_id: proposing.may_write(user),
            sections=sections,
            previous=_previous,
            kept=Kept(table=DecisionTemplate._meta.db_table, rows=_kept),
        )
    )


def _kept() -> Iterator[tuple[int, int, str]]:
    """Yield every version that was signed as its row has it now."""
    approved = ApprovalRequest.objects.filter(kind=TEMPLATE_KIND, state=ApprovalRequest.State.APPROVED)
    signed = {subject: pk for pk, subject in approved.values_list("pk", "subject_id")}
    for row in DecisionTemplate.objects.filter(pk__in=[*signed]).order_by("pk"):
        yield row.number, signed[str(row.pk)], canonical(proposing.content_of(row))


def _row(subject_id: str) -> DecisionTemplate:
    return DecisionTemplate.objects.get(pk=subject_id)


def _freeze(subject_id: str) -> dict[str, Any] | None:
    row = DecisionTemplate.objects.filter(pk=subject_id).first()
    return None if row is None else proposing.content_of(row)


def _previous(request: ApprovalRequest) -> dict[str, Any] | None:
    """Return the version that was in effect before the one that is asked about."""
    row = _row(request.subject_id)
    earlier = DecisionTemplate.objects.filter(key=row.key, number__lt=row.number, approved_at__isnull=False)
    last = earlier.order_by("-number").first()
    return None if last is None else proposing.content_of(last)


def sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    """Lay versions out as reviewers read and compare them."""
    return [[_head(content), *map(_section, template_from(content["sections"]).parts)] for content in contents]


def _head(content: dict[str, Any]) -> ReviewSection:
    fields = [
        ReviewField(label="Name", text=content["name"]),
        ReviewField(label="New decisions may follow it", text="yes" if content["offered"] else "no"),
        ReviewField(label="Why this version", text=content["note"]),
    ]
    return ReviewSection(key="template", title="The template", fields=fields)


def _section(part: Part) -> ReviewSection:
    taught = [f"{shaped.decision}: {shaped.text}" for shaped in part.lessons]
    fields = [
        ReviewField(label="Guidance", text=part.guidance),
        ReviewField(label="Asks", text="\n".join(part.asks())),
        ReviewField(label="Shaped by", text="\n".join(taught)),
    ]
    return ReviewSection(key=part.key, title=part.title, fields=fields)
