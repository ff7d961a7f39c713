"""Decisions as a list: filtered, sorted, each with its standing, in a fixed number of queries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from approvals.models import User
from decisions.domain.moves import LIVE, State
from decisions.domain.standing import Facts, Standing, standing
from decisions.models import Decision, DecisionMetric, Reevaluation
from decisions.queries.doubts import doubted
from metrics.models import Condition, Metric

UNEASY = (Condition.State.PENDING, Condition.State.BREACHED, Condition.State.RECOVERING)
"""States of a condition in which a decision in force is not sound; a breach may go on after it was answered."""
SORTS = {
    "reference": "Reference",
    "title": "Title",
    "state": "State",
    "tier": "Tier",
    "next_review_on": "Next review",
    "in_force_since": "In force since",
}
HEADER = (
    "Reference",
    "Title",
    "State",
    "Standing",
    "Tier",
    "Owner",
    "Version",
    "In force since",
    "Next review",
    "Evidence due",
    "Data in doubt",
)


@dataclass(frozen=True)
class Row:
    """A decision with its standing."""

    decision: Decision
    standing: Standing

    def cells(self) -> tuple[Any, ...]:
        """Return the row of the CSV file."""
        decision = self.decision
        return (
            decision.reference,
            decision.title,
            decision.get_state_display(),
            str(self.standing),
            decision.get_tier_display(),
            str(decision.owner),
            decision.version or "",
            decision.in_force_since.date().isoformat() if decision.in_force_since else "",
            decision.next_review_on.isoformat() if decision.next_review_on else "",
            decision.evidence_due_on.isoformat() if decision.evidence_due_on else "",
            "yes" if decision.data_in_doubt else "",  # type: ignore[attr-defined]
        )


def found(user: User, wanted: dict[str, str], *, now: datetime) -> QuerySet[Decision]:
    """Return the decisions this person may see that fit; a filter that names nothing known finds nothing."""
    rows = annotated(Decision.objects.visible_to(user)).select_related("owner")
    for name, column in (("state", "state"), ("tier", "tier"), ("owner", "owner__username")):
        if wanted.get(name):
            rows = rows.filter(**{column: wanted[name]})
    if wanted.get("metric"):
        metric = Metric.objects.visible_to(user).filter(key=wanted["metric"])
        rows = rows.filter(pk__in=DecisionMetric.objects.filter(metric__in=metric).values("decision"))
    if wanted.get("standing"):
        rows = rows.filter(_standing(wanted["standing"], now))
    if wanted.get("quality"):
        rows = rows.filter(doubted()) if wanted["quality"] == "doubt" else rows.none()
    for word in wanted.get("q", "").split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(reference__icontains=word))
    sort = wanted.get("sort", "")
    return rows.order_by(sort if sort.lstrip("-") in SORTS else "-reference", "-reference")


def annotated(rows: QuerySet[Decision]) -> QuerySet[Decision]:
    """Add what standing follows from, and whether the data that a decision rests on are in doubt."""
    due = Reevaluation.objects.filter(decision=OuterRef("pk"), state__in=Reevaluation.OPEN_STATES)
    near = Condition.objects.filter(watcher=OuterRef("reference"), armed=True, state__in=UNEASY)
    return rows.annotate(
        answer_due_at=Subquery(due.values("due_at")[:1]), near_break=Exists(near), data_in_doubt=doubted()
    )


def rows_of(decisions: Iterable[Any], *, now: datetime) -> Iterator[Row]:
    """Yield annotated decisions with their standing."""
    for decision in decisions:
        facts = Facts(
            state=decision.state,
            answer_due_at=decision.answer_due_at,
            evidence_due_on=decision.evidence_due_on,
            near_break=decision.near_break,
        )
        yield Row(decision, standing(facts, now=now))


def _standing(wanted: str, now: datetime) -> Q:
    """Return the filter that agrees with `decisions.domain.standing`."""
    live = Q(state__in=[state.value for state in LIVE])
    overdue = live & Q(answer_due_at__lt=now)
    # Not the negation of the above: SQL's NULL is neither overdue nor not overdue.
    in_time = Q(answer_due_at__isnull=True) | Q(answer_due_at__gte=now)
    questioned = Q(state=State.QUESTIONED) & in_time
    in_force = Q(state=State.IN_FORCE) & in_time
    stale = in_force & Q(evidence_due_on__lt=now.date())
    fresh = in_force & (Q(evidence_due_on__isnull=True) | Q(evidence_due_on__gte=now.date()))
    filters = {
        Standing.OVERDUE_ANSWER: overdue,
        Standing.QUESTIONED: questioned,
        Standing.EVIDENCE_OVERDUE: stale,
        Standing.NEAR_BREAK: fresh & Q(near_break=True),
        Standing.SOUND: fresh & Q(near_break=False),
    }
    return filters.get(wanted, Q(pk__in=[]))  # type: ignore[call-overload, no-any-return]
