"""Tell owners what has become due on their live decisions, once for each due day: reviews, commitments."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models

from approvals.models import Notice, User
from approvals.services.notices import notify
from config.kit.days import day_text
from decisions.domain.brief import brief
from decisions.models import CommitmentRecord, Decision, Review
from decisions.services import places

CHUNK = 500


@dataclass(frozen=True)
class Due:
    """What one person should be told."""

    decision: Decision
    person: User
    cause: str
    title: str
    url: str = ""

    @property
    def key(self) -> str:
        """Return the cause key of the notice."""
        return f"decision:{self.decision.reference}:{self.cause}"


def remind(now: datetime) -> int:
    """Put every notice that is due and was not given yet; returns how many. Most runs find none, and write nothing."""
    today = now.date()
    due = [*_reviews(today), *_commitments(today)]
    told = 0
    for first in range(0, len(due), CHUNK):
        chunk = due[first : first + CHUNK]
        known = Notice.objects.filter(cause_key__in={each.key for each in chunk}).values_list("to", "cause_key")
        given = set(known)
        told += sum(_tell(each) for each in chunk if (each.person.pk, each.key) not in given)
    return told


def _live() -> "models.QuerySet[Decision]":
    return Decision.objects.live().select_related("owner", "owner_of_last_resort")


def _reviews(today: date) -> Iterator[Due]:
    waiting = Review.objects.filter(decision=models.OuterRef("pk"), held_at__isnull=True).order_by("due_on")
    due = _live().filter(next_review_on__lte=today).annotate(review_id=models.Subquery(waiting.values("pk")[:1]))
    for decision in due:
        title = f"A review of {decision.reference} is due: {decision.title}"
        url = places.review_url(decision.review_id) if decision.review_id else ""
        yield Due(decision, decision.owner, f"review:{decision.next_review_on}", title, url)


def _commitments(today: date) -> Iterator[Due]:
    """Yield the person's own on the day itself, and the decision's owner's from the day after."""
    open_ones = CommitmentRecord.objects.filter(state=CommitmentRecord.State.OPEN, decision__in=Decision.objects.live())
    for record in open_ones.filter(due_on__lte=today).select_related("owner", "decision__owner"):
        when, what = day_text(record.due_on), brief(record.text, 120)
        title = f"A commitment of {record.decision.reference} is due on {when}: {what}"
        cause = f"commitment:{record.key}:{record.due_on}"
        yield Due(record.decision, record.owner, cause, title)
        if record.due_on < today and record.owner != record.decision.owner:
            yield Due(record.decision, record.decision.owner, cause, title)


def _tell(due: Due) -> bool:
    """Put the notice, unless the person may not see the decision."""
    if not Decision.objects.visible_to(due.person).filter(pk=due.decision.pk).exists():
        return False
    url = due.url or places.decision_url(due.decision.reference)
    notify(to=due.person, cause_key=due.key, title=due.title, url=url)
    return True
