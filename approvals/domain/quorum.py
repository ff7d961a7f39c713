"""Quorum arithmetic: when a stage has passed, and when it no longer can."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What the votes of a stage amount to."""

    PASSED = "passed"
    HOPELESS = "hopeless"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a stage demands: `kind` is count, percentage or all; `value` a number of people or per cent."""

    kind: str
    value: int = 1
    one_rejection_ends: bool = True


@dataclass(frozen=True, kw_only=True)
class Votes:
    """What has been said, and how many eligible people have not spoken yet."""

    approved: int = 0
    rejected: int = 0
    abstained: int = 0
    left: int = 0


@dataclass(frozen=True)
class Count:
    """Where a stage stands: approvals needed in all, and what that amounts to."""

    needed: int
    approved: int
    left: int
    outcome: Outcome


def needed(rule: Rule, votes: Votes) -> int:
    """Return how many approvals the stage needs, never fewer than one; who abstains counts neither way."""
    electorate = votes.approved + votes.rejected + votes.left
    if rule.kind == "count":
        return max(1, rule.value)
    if rule.kind == "percentage":
        return max(1, -(-rule.value * electorate // 100))
    if rule.kind == "all":
        return max(1, electorate)
    raise ValueError(f"There is no quorum of the kind {rule.kind!r}.")


def count(rule: Rule, votes: Votes) -> Count:
    """Judge the votes; hopeless means that no votes still to come can make it pass."""
    number = needed(rule, votes)
    if votes.rejected and rule.one_rejection_ends:
        outcome = Outcome.HOPELESS
    elif votes.approved >= number:
        outcome = Outcome.PASSED
    elif votes.approved + votes.left < number:
        # Everybody left approving is the best case: an approval adds more to the share than an abstention frees.
        outcome = Outcome.HOPELESS
    else:
        outcome = Outcome.UNDECIDED
    return Count(number, votes.approved, votes.left, outcome)
