"""What falls on which day: reviews, commitments, refresh dates, approvals due, answers due."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from approvals.models import RequestStage, User
from approvals.queries import awaiting
from decisions.domain.brief import brief
from decisions.models import CommitmentRecord, Decision, Reevaluation
from decisions.queries.reviews import to_hold

PER_KIND = 150
"""At most so many of each kind are read for a month."""
PER_DAY = 3


@dataclass(frozen=True)
class Entry:
    """One thing on one day."""

    day: date
    kind: str
    title: str
    url: str
    tone: str = ""


@dataclass(frozen=True)
class Day:
    """A cell of the month."""

    date: date
    inside: bool
    today: bool
    entries: list[Entry]

    @property
    def shown(self) -> list[Entry]:
        """Return the entries that fit."""
        return self.entries[:PER_DAY]

    @property
    def more(self) -> int:
        """Return how many do not."""
        return max(0, len(self.entries) - PER_DAY)


@dataclass(frozen=True)
class Month:
    """A month: weeks of cells for the table, days with entries for the agenda."""

    first: date
    weeks: list[list[Day]]
    entries: list[Entry]

    @property
    def before(self) -> date:
        """Return a day of the month before."""
        return self.first - timedelta(days=1)

    @property
    def after(self) -> date:
        """Return the first day of the month after."""
        return (self.first + timedelta(days=32)).replace(day=1)


def between(user: User, begin: date, end: date) -> list[Entry]:
    """Return what falls due from one day to another, both included, as this person sees it."""
    return sorted(_entries(user, begin, end), key=lambda entry: (entry.day, entry.kind, entry.title))


def month(user: User, first: date, *, today: date) -> Month:
    """Return a month as this person sees it; `first` is its first day."""
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    begin, end = weeks[0][0], weeks[-1][-1]
    found = between(user, begin, end)
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in found:
        by_day[entry.day].append(entry)
    cells = [[Day(d, d.month == first.month, d == today, by_day[d]) for d in week] for week in weeks]
    return Month(first, cells, [entry for entry in found if entry.day.month == first.month])


def _entries(user: User, begin: date, end: date) -> Iterator[Entry]:
    visible = Decision.objects.visible_to(user)
    span = (begin, end)
    dated = visible.live().filter(Q(next_review_on__range=span) | Q(evidence_due_on__range=span))
    rows: Iterable[Any] = dated.annotate(review_id=to_hold()).order_by("next_review_on", "pk")[:PER_KIND]
    for decision in rows:
        home = reverse("decision", args=[decision.reference])
        review = reverse("review", args=[decision.review_id]) if decision.review_id else home
        for day, kind, tone, url in (
            (decision.next_review_on, "Review", "info", review),
            (decision.evidence_due_on, "Refresh", "warn", home),
        ):
            if day is not None and begin <= day <= end:
                yield Entry(day, kind, f"{decision.reference} {decision.title}", url, tone)
    commitments = CommitmentRecord.objects.filter(
        decision__in=visible, state=CommitmentRecord.State.OPEN, due_on__range=span
    ).select_related("decision")
    for record in commitments[:PER_KIND]:
        url = reverse("decision_commitments", args=[record.decision.reference])
        yield Entry(record.due_on, "Commitment", brief(record.text, 120), url)
    yield from _due(user, begin, end)


def _due(user: User, begin: date, end: date) -> Iterator[Entry]:
    span = (datetime.combine(begin, time.min, UTC), datetime.combine(end + timedelta(days=1), time.min, UTC))
    answers = Reevaluation.objects.visible_to(user).open().filter(due_at__range=span).select_related("decision")
    for item in answers[:PER_KIND]:
        day = timezone.localtime(item.due_at).date()
        yield Entry(day, "Answer", str(item.decision), reverse("reevaluation", args=[item.pk]), "bad")
    stages = RequestStage.objects.filter(
        request__in=awaiting(user), state=RequestStage.State.OPEN, due_at__range=span
    ).select_related("request")
    for stage in stages[:PER_KIND]:
        if stage.due_at is not None:
            day = timezone.localtime(stage.due_at).date()
            yield Entry(day, "Sign", stage.request.title, reverse("approval", args=[stage.request_id]), "warn")
