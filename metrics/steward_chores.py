"""The desk's chores about the registry itself: disputes, definitions, relevance, failing conditions, ownerless metrics.

What is whose: `access.kept_by`. Each finder is one query, and yields at most so many that a page can hold them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from textwrap import shorten

from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.urls import reverse

from approvals.models import ApprovalRequest, User
from approvals.roles import AUDITORS, STEWARDS, has_role
from metrics.access import kept_by
from metrics.chores import Chore
from metrics.disputed import about
from metrics.domain.meaning import OWN
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
from metrics.services.failing import TOLD_AFTER

AT_MOST = 200
AHEAD = timedelta(days=14)
NOBODY = Q(owner__isnull=True) | Q(steward__isnull=True) | Q(owner__is_active=False) | Q(steward__is_active=False)
TO_OWNER = timedelta(days=next(days for days, who in LATE_STEPS if who == "owner"))


def disputes(user: User, now: datetime) -> Iterator[Chore]:
    """Yield disputes that this person is to answer, and upheld ones that wait to be corrected."""
    reached = DisputeEscalation.objects.filter(person=user).values("dispute")
    said = DisputeVoice.objects.filter(dispute=OuterRef("pk"), withdrawn_at__isnull=True)
    mine = Q(metric__in=kept_by(user).values("pk")) | Q(pk__in=reached)
    rows = Dispute.objects.casting_doubt().filter(mine).annotate(reason=Subquery(said.values("reason")[:1]))
    if has_role(user, AUDITORS):
        return
    own = Q(pk__in=DisputeVoice.objects.filter(person=user, withdrawn_at__isnull=True).values("dispute"))
    rows = rows.exclude(own & Q(state=Dispute.State.OPEN)).select_related("metric", "definition")
    for dispute in rows.order_by("due_at")[:AT_MOST]:
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


def definitions(user: User, now: datetime) -> Iterator[Chore]:
    """Yield drafts of definitions, and what approvers sent back, with what they said."""
    asked = ApprovalRequest.objects.filter(kind=SUBJECT_KIND, subject_id=OuterRef("subject")).order_by("-pk")
    drafts = MetricDefinition.objects.filter(
        metric__in=kept_by(user).values("pk"), state=MetricDefinition.State.DRAFT
    ).annotate(subject=Cast("pk", CharField()))
    drafts = drafts.annotate(
        outcome=Subquery(asked.values("state")[:1]), outcome_why=Subquery(asked.values("outcome_reason")[:1])
    )
    for draft in drafts.select_related("metric").order_by("updated_at")[:AT_MOST]:
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


def relevance(user: User, now: datetime) -> Iterator[Chore]:
    """Yield reviews of relevance that come up within two weeks or are late; very late ones are the owner's too."""
    if has_role(user, AUDITORS):
        return
    kept = Q(metric__in=kept_by(user).values("pk"), due_at__lte=now + AHEAD)
    owned = Q(metric__owner=user, due_at__lte=now - TO_OWNER)
    waiting = RelevanceReview.objects.filter(state=RelevanceReview.State.DUE, metric__state=Metric.State.APPROVED)
    for review in waiting.filter(kept | owned).select_related("metric").order_by("due_at")[:AT_MOST]:
        yield Chore(
            kind="Relevance to review",
            title=review.metric.name,
            url=reverse("metric_relevance", args=[review.metric.key]),
            why="Is it still worth keeping? Confirm it with a sentence, or propose to change or to deprecate it.",
            metric=review.metric.key,
            due=review.due_at,
            tone="warn" if review.due_at <= now else "",
        )


def failing_conditions(user: User, now: datetime) -> Iterator[Chore]:
    """Yield metrics of which conditions cannot be evaluated; the decision is not named, the steward may not see it."""
    failing = Condition.objects.armed().filter(metric__in=kept_by(user).values("pk"), failures__gte=TOLD_AFTER)
    for condition in failing.select_related("metric").order_by("failing_since")[:AT_MOST]:
        yield Chore(
            kind="Conditions that cannot be evaluated",
            title=condition.metric.name,
            url=reverse("metric", args=[condition.metric.key]),
            why=_short(
                f"{condition.failures} evaluations in a row ended in an error. "
                f"{condition.error or 'Its data cannot be judged, for example against a base of 0.'}"
            ),
            metric=condition.metric.key,
            tone="bad",
        )


def ownerless(user: User, now: datetime) -> Iterator[Chore]:
    """Yield, for stewards, metrics that nobody answers for: no owner or steward, or theirs has left."""
    if not has_role(user, STEWARDS) or has_role(user, AUDITORS):
        return
    found = without_keepers(Metric.objects.visible_to(user))
    for metric in found.select_related("owner", "steward").order_by("name", "key")[:AT_MOST]:
        yield Chore(
            kind="Nobody answers for",
            title=metric.name,
            url=reverse("metric_definition", args=[metric.key]),
            why=who_lacks(metric),
            metric=metric.key,
            tone="warn",
        )


def without_keepers(metrics: "QuerySet[Metric]") -> "QuerySet[Metric]":
    """Narrow down to metrics in use, not filled by Premise, that lack an active owner or steward."""
    in_use = metrics.exclude(state=Metric.State.RETIRED).exclude(key__startswith=OWN)
    return in_use.filter(NOBODY)


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
