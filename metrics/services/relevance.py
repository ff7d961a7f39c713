"""Have every approved metric looked at once a year: is it still worth keeping?"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.queries import people_with
from approvals.roles import AUDITORS, STEWARDS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import needed_words
from config.kit.canonical import utc_text
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import may_manage, who_see
from metrics.domain.meaning import OWN
from metrics.domain.relevance import INTERVALS, LATE_STEPS, due, told_by_now
from metrics.models import Metric, RelevanceReview

State = RelevanceReview.State
OUTCOMES = (State.CONFIRMED, State.CHANGE, State.DEPRECATE)
AT_ONCE = 500  # metrics in one sweep
TOLD_AT_ONCE = 100  # each in a transaction of its own


def sweep(now: datetime) -> dict[str, int]:
    """Enter the next review of every approved metric, put off those of a new version, tell of what is due or late."""
    return {"entered": _enter(), "put_off": _put_off(), "told": _tell_due(now)}


@transaction.atomic
def hold(
    metric: Metric,
    *,
    outcome: str,
    said: str,
    every_days: int,
    by: User,
    now: datetime | None = None,
    seen: int | None = None,
) -> None:
    """Say whether the metric is still relevant, and why; the next review is counted from now.

    It may be held before it is due. `seen`: the review that the person was shown; the same said of it twice counts
    once. BadInput without a sentence, or where somebody else held it meanwhile; MoveRefused where it is not approved.
    """
    Metric.objects.select_for_update(no_key=True).get(pk=metric.pk)
    if not may_review(by, metric):
        raise PermissionDenied("Whoever keeps the metric says whether it is still relevant.")
    if metric.state != Metric.State.APPROVED or metric.definition is None:
        raise MoveRefused(
            [f"{metric.name} is {metric.get_state_display().lower()}; only approved metrics are reviewed."]
        )
    if outcome not in OUTCOMES:
        raise BadInput({"outcome": ["Choose whether it stays, changes or goes."]})
    if every_days not in INTERVALS:
        raise BadInput({"every_days": ["Choose when to look at it again."]})
    said = needed_words("said", said, "Say in a sentence what it is used for, or why it is not.")
    if seen is not None and (before := metric.relevance_reviews.exclude(state=State.DUE).filter(pk=seen).first()):
        if (before.held_by, before.state, before.said) == (by, outcome, said):
            return
        raise BadInput({"outcome": [f"{before.held_by} reviewed it meanwhile; read that, and send yours if it adds."]})
    now = now or timezone.now()
    review = waiting(metric) or _next(metric, _counted_from(metric), None)
    review.state, review.said, review.every_days = outcome, said, every_days
    review.held_by, review.held_at = by, now
    review.save()
    _next(metric, now, every_days).save()
    payload = {"outcome": str(outcome), "said": said, "due": utc_text(review.due_at), "next_in_days": every_days}
    ledger.append(metric.stream, "relevance.reviewed", by=by, subject=metric.key, payload=payload)


def may_review(user: User, metric: Metric) -> bool:
    """Say whether the person may hold the metric's review."""
    return not has_role(user, AUDITORS) and may_manage(user, metric)


def waiting(metric: Metric) -> RelevanceReview | None:
    """Return the review that is to be held next."""
    return metric.relevance_reviews.filter(state=State.DUE).first()


def _next(metric: Metric, counted_from: datetime, every_days: int | None) -> RelevanceReview:
    return RelevanceReview(metric=metric, counted_from=counted_from, due_at=due(counted_from, every_days))


def _counted_from(metric: Metric) -> datetime:
    """Return since when the metric stands as it is: the approval of its definition."""
    approved = metric.definition.approved_at if metric.definition else None
    return approved or metric.created_at


def _approved() -> "QuerySet[Metric]":
    """Metrics whose relevance somebody has to look at; what Premise fills itself is its own affair."""
    return Metric.objects.filter(state=Metric.State.APPROVED, definition__isnull=False).exclude(key__startswith=OWN)


def _enter() -> int:
    """Enter the first review of metrics that have none to come."""
    waiting = RelevanceReview.objects.filter(metric=OuterRef("pk"), state=State.DUE)
    rows = _approved().filter(~Exists(waiting)).select_related("definition").order_by("pk")[:AT_ONCE]
    made = [_next(metric, _counted_from(metric), None) for metric in rows]
    RelevanceReview.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _put_off() -> int:
    """Count from a version that was approved since: whoever approved it has looked at the metric."""
    since = F("metric__definition__approved_at")
    rows = RelevanceReview.objects.filter(state=State.DUE, counted_from__lt=since)
    moved = 0
    for review in rows.select_related("metric__definition").order_by("pk")[:AT_ONCE]:
        every = review.due_at - review.counted_from
        counted_from = _counted_from(review.metric)
        fresh = {"counted_from": counted_from, "due_at": counted_from + every, "steps_taken": 0}
        same = RelevanceReview.objects.filter(pk=review.pk, state=State.DUE)
        moved += same.update(**fresh)
    return moved


def _tell_due(now: datetime) -> int:
    """Tell of reviews that are due, then late; each step once."""
    rows = RelevanceReview.objects.filter(state=State.DUE, metric__in=_approved())
    late = (
        rows.select_related("metric__owner", "metric__steward").filter(_behind(now)).order_by("due_at")[:TOLD_AT_ONCE]
    )
    return sum(_tell_one(review, now) for review in late)


def _behind(now: datetime) -> Q:
    """Ask the database for reviews of which a step has come that was not told."""
    steps = enumerate(LATE_STEPS)
    return Q.create(
        [Q(steps_taken=number, due_at__lte=now - timedelta(days=days)) for number, (days, _) in steps], connector=Q.OR
    )


@transaction.atomic
def _tell_one(review: RelevanceReview, now: datetime) -> int:
    steps = told_by_now(review.due_at, now)
    mine = RelevanceReview.objects.filter(pk=review.pk, state=State.DUE, steps_taken=review.steps_taken)
    if len(steps) <= review.steps_taken or not mine.update(steps_taken=len(steps)):
        return 0
    metric, who = review.metric, steps[-1]
    late = (now - review.due_at).days
    title = f"Is {metric.name} still relevant? The review is {f'{late} days late' if late else 'due'}"
    notify(
        to=_people(metric, who),
        cause_key=f"relevance:{review.pk}:{utc_text(review.due_at)}:{len(steps)}",
        title=title,
        url=reverse("metric_relevance", args=[metric.key]),
        body="Confirm it with a sentence, or propose to change or to deprecate it.",
    )
    if who == "owner":
        payload = {"due": utc_text(review.due_at), "days_late": late}
        ledger.append(metric.stream, "relevance.escalated", by=None, subject=metric.key, payload=payload)
    return 1


def _people(metric: Metric, who: str) -> Iterable[User]:
    """Return the owner or the steward, else everybody who keeps metrics."""
    named = metric.owner if who == "owner" else metric.steward
    if named is not None and named.is_active:
        return [named]
    return who_see(metric, people_with(STEWARDS))
