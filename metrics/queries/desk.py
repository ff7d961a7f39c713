"""What waits for a steward: every kind of chore has its finder, and the desk shows what they find."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from approvals.models import User
from metrics.queries import (
    experimenting,
    incidents,
    late_wholes,
    pair_facts,
    pull_facts,
    retained,
    steward_chores,
    waiting,
)
from metrics.queries.chores import Chore

FINDERS: tuple[Callable[[User, datetime], Iterable[Chore]], ...] = (
    steward_chores.disputes,
    steward_chores.definitions,
    steward_chores.standing,
    retained.unlimited,
    experimenting.to_judge,
    pull_facts.chores,
    incidents.chores,
    waiting.ends,
    late_wholes.chores,
    pair_facts.chores,
)
"""Each yields the chores of one kind that wait for this person now, a fixed number of queries at any size."""


NEVER = datetime.max.replace(tzinfo=UTC)


def waiting_for(user: User, now: datetime) -> list[Chore]:
    """Return everything that waits for the person, each kind together, what is due first at the head of its kind."""
    found = [chore for finder in FINDERS for chore in finder(user, now)]
    kinds = list(dict.fromkeys(chore.kind for chore in found))
    return sorted(found, key=lambda chore: (kinds.index(chore.kind), chore.due or NEVER))
