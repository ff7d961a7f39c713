"""When a metric's relevance is to be looked at again, and whom its lateness is told: pure rules over times."""

from datetime import datetime, timedelta

EVERY_DAYS = 365
INTERVALS = {90: "In a quarter", 182: "In half a year", 365: "In a year", 730: "In two years"}
"""Days until the next review → how people choose it."""

LATE_STEPS = ((0, "steward"), (14, "steward"), (28, "owner"))
"""Days after the due day → whom it is told: the steward when it is due and again, then the owner."""


def due(counted_from: datetime, every_days: int | None) -> datetime:
    """Return when the review that is counted from an approval or an earlier review is due."""
    return counted_from + timedelta(days=every_days or EVERY_DAYS)


def told_by_now(due_at: datetime, now: datetime) -> list[str]:
    """Return whom the lateness has come to by now, step by step."""
    return [who for days, who in LATE_STEPS if due_at + timedelta(days=days) <= now]
