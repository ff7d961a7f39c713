"""The desk's chores about the registry itself: disputes, definitions, relevance, failing conditions, ownerless metrics.

What is whose: `access.kept_by`. Each finder is one query, and yields at most so many that a page can hold them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any

from django.db.models import BooleanField, CharField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.urls import reverse

from approvals.models import ApprovalRequest, User
from approvals.readers import ModelsFor
from approvals.roles import AUDITORS, STEWARDS, has_role
from config.kit.prepared import TIME, Slot
from metrics.access import kept_by
from metrics.domain.meaning import OWN, filled_by_premise
from metrics.domain.relevance import LATE_STEPS
from metrics.models import (
    SUBJECT_KIND,
    Condition,
    Dispute,
    DisputeEscalation,
    DisputeVoice,
    Metric,
    MetricDefinition,
    RelevanceReview,
)
from metrics.queries.chores import Chore
from metrics.queries.disputed import about, relevance_due_at
from metrics.services.failing import TOLD_AFTER

AT_MOST = 200
AHEAD = timedelta(days=14)
NOBODY = Q(owner__isnull=True) | Q(steward__isnull=True) | Q(owner__is_active=False) | Q(steward__is_active=False)
LACKING = NOBODY & ~Q(state=Metric.State.RETIRED) & ~Q(key__startswith=OWN)
TO_OWNER = timedelta(days=next(days for days, who in LATE_STEPS if who == "owner"))


def disputes(user: User, now: datetime) -> Iterator[Chore]:
    """Yield disputes that this person is to answer, and upheld ones that wait to be corrected."""
    for dispute in DISPUTES.all(user) if not has_role(user, AUDITORS) else ():
        late = dispute.is_open and dispute.due_at <= now
        yield Chore(
            kind="Disputes to answer" if dispute.is_open else "Upheld, to be corrected",
            title=f"{dispute.metric.name}: {about(dispute)}",
            url=reverse("metric_dispute", args=[dispute.metric.key, dispute.pk]),
            why=_short(getattr(dispute, "reason", None) or "" if dispute.is_open else dispute.answer),
            metric=dispute.metric.key,
            due=dispute.due_at if dispute.is_open else None,
            tone="bad" if late else "warn",
        )


def _disputes(user: User) -> "QuerySet[Dispute]":
    reached = DisputeEscalation.objects.filter(person=user).values("dispute")
    said = DisputeVoice.objects.filter(dispute=OuterRef("pk"), withdrawn_at__isnull=True)
    mine = Q(metric__in=kept_by(user).values("pk")) | Q(pk__in=reached)
    rows = Dispute.objects.casting_doubt().filter(mine).annotate(reason=Subquery(said.values("reason")[:1]))
    own = Q(pk__in=DisputeVoice.objects.filter(person=user, withdrawn_at__isnull=True).values("dispute"))
    rows = rows.exclude(own & Q(state=Dispute.State.OPEN)).select_related("metric", "definition")
    return rows.order_by("due_at")[:AT_MOST]


def definitions(user: User, now: datetime) -> Iterator[Chore]:
    """Yield drafts of definitions, and what approvers sent back, with what they said."""
    for draft in DRAFTS.all(user):
        returned = draft.outcome == ApprovalRequest.State.RETURNED
        why = f"Sent back: {draft.outcome_why}" if returned else "A draft, which nobody has been asked to approve yet."
        yield Chore(
            kind="Definitions to finish",
            title=f"{draft.name}, version {draft.number}",
            url=reverse("metric_definition", args=[draft.metric.key]),
            why=_short(why),
            metric=draft.metric.key,
            tone="warn" if returned else "",
        )


def _drafts(user: User) -> "QuerySet[MetricDefinition]":
    asked = ApprovalRequest.objects.filter(kind=SUBJECT_KIND, subject_id=OuterRef("subject")).order_by("-pk")
    drafts = MetricDefinition.objects.filter(
        metric__in=kept_by(user).values("pk"), state=MetricDefinition.State.DRAFT
    ).annotate(subject=Cast("pk", CharField()))
    drafts = drafts.annotate(
        outcome=Subquery(asked.values("state")[:1]), outcome_why=Subquery(asked.values("outcome_reason")[:1])
    )
    return drafts.select_related("metric").order_by("updated_at")[:AT_MOST]


def standing(user: User, now: datetime) -> Iterator[Chore]:
    """Yield what the entries of the registry want: relevance to review, conditions that fail, somebody to answer for.

    All three in one query, since the desk has little to spare. A very late review is the owner's too.
    """
    if has_role(user, AUDITORS):
        return
    found = STANDING.all(user, coming=now + AHEAD, late=now - TO_OWNER)
    yield from (_to_review(metric, now) for metric in found if metric.is_due)
    yield from (_failing(metric) for metric in found if metric.is_kept and metric.failures)
    if has_role(user, STEWARDS):
        yield from (_ownerless(metric) for metric in found if lacks_keepers(metric))


def _standing(user: User) -> "QuerySet[Metric]":
    armed = Condition.objects.armed().filter(failures__gte=TOLD_AFTER)
    failing = armed.filter(metric=OuterRef("pk")).order_by("failing_since")
    reviews = RelevanceReview.objects.filter(state=RelevanceReview.State.DUE, metric__state=Metric.State.APPROVED)
    soon, overdue = Slot("coming", TIME), Slot("late", TIME)
    coming, late = (reviews.filter(due_at__lte=by).values("metric") for by in (soon, overdue))
    kept = Q(pk__in=kept_by(user).values("pk"))
    due = (kept & Q(pk__in=coming)) | Q(owner=user, pk__in=late)
    lacking = LACKING if has_role(user, STEWARDS) else Q(pk__in=[])
    wanted = Metric.objects.visible_to(user).filter(due | lacking | (kept & Q(pk__in=armed.values("metric"))))
    rows = wanted.annotate(
        relevance_due_at=relevance_due_at(),
        failures=Subquery(failing.values("failures")[:1]),
        failing_why=Subquery(failing.values("error")[:1]),
        is_due=ExpressionWrapper(due, BooleanField()),
        is_kept=ExpressionWrapper(kept, BooleanField()),
    )
    return rows.select_related("owner", "steward").order_by("relevance_due_at", "name", "key")[:AT_MOST]


DISPUTES, DRAFTS, STANDING = ModelsFor(_disputes), ModelsFor(_drafts), ModelsFor(_standing)


def _to_review(metric: Any, now: datetime) -> Chore:
    return Chore(
        kind="Relevance to review",
        title=metric.name,
        url=reverse("metric_relevance", args=[metric.key]),
        why="Is it still worth keeping? Confirm it with a sentence, or propose to change or to deprecate it.",
        metric=metric.key,
        due=metric.relevance_due_at,
        tone="warn" if metric.relevance_due_at <= now else "",
    )


def _failing(metric: Any) -> Chore:
    """Return the chore of conditions that fail; the decision is not named, the steward may not see it."""
    why = metric.failing_why or "Its data cannot be judged, for example against a base of 0."
    return Chore(
        kind="Conditions that cannot be evaluated",
        title=metric.name,
        url=reverse("metric", args=[metric.key]),
        why=_short(f"{metric.failures} evaluations in a row ended in an error. {why}"),
        metric=metric.key,
        tone="bad",
    )


def _ownerless(metric: Metric) -> Chore:
    return Chore(
        kind="Nobody answers for",
        title=metric.name,
        url=reverse("metric_definition", args=[metric.key]),
        why=who_lacks(metric),
        metric=metric.key,
        tone="warn",
    )


def without_keepers(metrics: "QuerySet[Metric]") -> "QuerySet[Metric]":
    """Narrow down to metrics in use, not filled by Premise, that lack an active owner or steward."""
    return metrics.filter(LACKING)


def lacks_keepers(metric: Metric) -> bool:
    """Say the same of one metric that is loaded with its people."""
    if metric.state == Metric.State.RETIRED or filled_by_premise(metric.key):
        return False
    return not all(person is not None and person.is_active for person in (metric.owner, metric.steward))


def who_lacks(metric: Metric) -> str:
    """Say who is missing, in a sentence."""
    told = []
    for role, person in (("owner", metric.owner), ("steward", metric.steward)):
        if person is None:
            told.append(f"It has no {role}.")
        elif not person.is_active:
            told.append(f"Its {role} {person} has left.")
    return " ".join(told)


def _short(text: str) -> str:
    return shorten(text, 240, placeholder=" …")
