"""Readiness of the loop: signals that wait too long mean that nobody takes them in hand."""

from typing import Any

from django.utils import timezone

from decisions.services.receiving import given_up, oldest_waiting

# The sweep comes round every few seconds; one that fails waits minutes by design before it is given up.
LONGEST_WAIT_SECONDS = 600.0


def check() -> tuple[bool, dict[str, Any]]:
    """Return whether no signal waits longer than it may, the age of the oldest, and how many were given up.

    What was given up needs a person; restarting the service would not help, so it does not make it unready.
    """
    oldest = oldest_waiting()
    age = 0.0 if oldest is None else (timezone.now() - oldest).total_seconds()
    return age <= LONGEST_WAIT_SECONDS, {"age": round(age, 1), "given_up": given_up().count()}
