"""What approvals must know of answers to re-evaluations that somebody else has to approve."""

from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from approvals import subjects
from approvals.models import User
from approvals.subjects import ReviewField, ReviewSection, SubjectKind
from decisions import access
from decisions.models import Decision, Reevaluation
from decisions.services import confirming, places

_FIELDS = {
    "question": "What is asked",
    "outcome": "Answer",
    "reason": "Reason",
    "evidence": "Evidence",
    "decision": "Decision",
    "version": "Version in force",
}


def register() -> None:
    """Make answers known to approvals, those to critical re-evaluations as a kind of their own."""
    for kind, label in confirming.KINDS.items():
        subjects.register(
            SubjectKind(
                kind=kind,
                label=label,
                title=_title,
                url=_url,
                freeze=confirming.freeze,
                on_verdict=confirming.on_verdict,
                may_see=_may_see,
                seen=_seen,
                may_withdraw=_may_withdraw,
                sections=sections,
            )
        )


def sections(*contents: dict[str, Any]) -> list[Sequence[ReviewSection]]:
    """Lay an answer out for the review screen."""
    return [[ReviewSection(key="answer", title="The answer", fields=_fields(content))] for content in contents]


def _fields(content: dict[str, Any]) -> list[ReviewField]:
    words = content | {"outcome": Reevaluation.Outcome(content["outcome"]).label}
    return [ReviewField(label=label, text=str(words[name])) for name, label in _FIELDS.items() if words[name]]


def _found(subject_id: str) -> Reevaluation | None:
    return Reevaluation.objects.filter(pk=subject_id).select_related("decision").first()


def _title(subject_id: str) -> str:
    found = _found(subject_id)
    return f"Re-evaluation of {found.decision}" if found else "Re-evaluation"


def _url(subject_id: str) -> str:
    found = _found(subject_id)
    return places.reevaluation_url(found) if found else ""


def _may_see(user: User, subject_id: str) -> bool:
    found = _found(subject_id)
    return found is not None and Decision.objects.visible_to(user).filter(pk=found.decision_id).exists()


def _seen(user: User) -> Q:
    rows = Reevaluation.objects.visible_to(user).annotate(subject_id=Cast("pk", CharField()))
    return Q(subject_id__in=rows.values("subject_id"))


def _may_withdraw(user: User, subject_id: str) -> bool:
    found = _found(subject_id)
    return found is not None and access.may_answer(user, found.decision)
