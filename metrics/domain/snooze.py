"""Snoozing mutes messages about a condition; the condition itself is evaluated as ever."""

from dataclasses import dataclass
from datetime import datetime

from metrics.domain.kinds import SEVERITIES


@dataclass(frozen=True, slots=True)
class Snooze:
    """Silence until a moment, agreed while the condition had this severity."""

    until: datetime
    severity: str


def muted(snooze: Snooze | None, *, severity: str, at: datetime) -> bool:
    """Say whether a message is muted: a snooze ends by itself, and a rise in severity breaks it."""
    if snooze is None or at >= snooze.until:
        return False
    return SEVERITIES.index(severity) <= SEVERITIES.index(snooze.severity)
