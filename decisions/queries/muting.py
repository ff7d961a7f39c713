"""Which conditions are muted now, and until when."""

from datetime import datetime

from decisions.models import Snooze


def silences(decision_id: int, now: datetime) -> dict[str, Snooze]:
    """Return the decision's silences that run, by the key of the condition."""
    running = Snooze.objects.filter(decision=decision_id, lifted_at=None, until__gt=now)
    return {each.condition.key: each for each in running.select_related("condition", "by")}
