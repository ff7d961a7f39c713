"""A stage's rules in words."""

from collections.abc import Mapping
from typing import Any

DELEGATES = {
    (True, False): "may sign",
    (True, True): "only delegates sign",
    (False, False): "may not sign",
    (False, True): "only delegates sign",
}


def asks(*, kind: str, quorum: str, value: int, who: list[str], checks: list[str]) -> str:
    """Say what a stage asks, for example “2 of Approvers” or “60 % of Approvers and Demo steward”."""
    if kind == "checks":
        return f"Machine checks: {', '.join(checks) or 'none'}"
    number = {"count": f"{value}", "percentage": f"{value} %", "all": "All"}[quorum]
    return f"{number} of {' and '.join(who) or 'nobody'}"


def deadline(stage: Mapping[str, Any]) -> str:
    """Say by when a stage answers, when it reminds, to whom it escalates and when it expires."""
    if not stage["hours"]:
        return "No limit"
    words = [f"{stage['hours']} hours"]
    before = stage["remind_before"]
    words.append("reminder when a quarter is left" if before is None else f"reminder {before} hours before")
    if stage["remind_every"]:
        words.append(f"then every {stage['remind_every']} hours")
    if stage["escalate_to"]:
        words.append(f"late: {stage['escalate_to']} are told")
    if stage["expires_after"] is not None:
        words.append(f"expires {stage['expires_after']} hours after that")
    return "; ".join(words)


def stage_row(number: int, stage: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a stage of a proposed policy as a row of a table."""
    who = [*stage["groups"], *stage["people"]]
    said = asks(
        kind=stage["kind"], quorum=stage["quorum"], value=stage["quorum_value"], who=who, checks=stage["checks"]
    )
    delegates = DELEGATES[stage["delegation_allowed"], stage["delegation_required"]]
    ending = "one ends it" if stage["one_rejection_ends"] else "counts as a vote"
    return (f"{number}. {stage['name']}", said, deadline(stage), delegates, ending)
