"""Tell owners what has become due on their live decisions, once for each due day: evidence, reviews, commitments."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from approvals.models import User
from approvals.services.notices import notify
from decisions.models import CommitmentRecord, Decision
from decisions.services import places

LAST_RESORT_AFTER = timedelta(days=14)
"""When evidence is overdue for so long, the owner of last resort hears of it, too."""


def remind(now: datetime) -> int:
    """Put every notice that is due today and was not given yet; returns how many things are due."""
    today = now.date()
    live = Decision.objects.live().select_related("owner", "owner_of_last_resort")
    return _evidence(live, today) + _reviews(live, today) + _commitments(today)


def _evidence(live: Iterable[Decision], today: date) -> int:
    due = [each for each in live if each.evidence_due_on is not None and each.evidence_due_on < today]
    for decision in due:
        day = decision.evidence_due_on
        title = f"Evidence of {decision.reference} is overdue since {day}: {decision.title}"
        _tell(decision, decision.owner, f"evidence:{day}", title)
        if decision.owner_of_last_resort and day is not None and day < today - LAST_RESORT_AFTER:
            _tell(decision, decision.owner_of_last_resort, f"evidence:{day}", title)
    return len(due)


def _reviews(live: Iterable[Decision], today: date) -> int:
    due = [each for each in live if each.next_review_on is not None and each.next_review_on <= today]
    for decision in due:
        title = f"A review of {decision.reference} is due: {decision.title}"
        _tell(decision, decision.owner, f"review:{decision.next_review_on}", title)
    return len(due)


def _commitments(today: date) -> int:
    """Remind on the day itself, and the decision's owner from the day after."""
    state = CommitmentRecord.State.OPEN
    due = CommitmentRecord.objects.filter(state=state, due_on__lte=today, decision__in=Decision.objects.live())
    rows = list(due.select_related("owner", "decision__owner"))
    for record in rows:
        decision = record.decision
        to = [record.owner] + ([decision.owner] if record.due_on < today else [])
        for person in to:
            title = f"A commitment of {decision.reference} is due on {record.due_on}: {record.text[:120]}"
            _tell(decision, person, f"commitment:{record.key}:{record.due_on}", title)
    return len(rows)


def _tell(decision: Decision, person: User, cause: str, title: str) -> None:
    if Decision.objects.visible_to(person).filter(pk=decision.pk).exists():
        cause_key = f"decision:{decision.reference}:{cause}"
        notify(to=person, cause_key=cause_key, title=title, url=places.decision_url(decision.reference))
