"""Fold only the end of a history, where that says the same as folding all of it.

A condition that compares each value with bounds remembers nothing but the runs it is counting. In a period whose
verdict is clear, while no breach goes on, there are none: after it the state machine stands as it did before the first
value (see `accumulator`; a cooldown would be a memory, too). So whatever came before such a period has no part in what
follows it, and a value a minute, for years, costs no more than the first few.

It does no harm that the fold of the end begins in the middle of a run. A breach in it is one in the fold of the whole,
too, whose run is at least as long; and both end it in the same period. So where no breach goes on in the whole, none
does in the end, and from there on they agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from metrics.domain.accumulator import Episode
from metrics.domain.fold import EMPTY, Context, Folded, fold_history
from metrics.domain.kinds import Condition
from metrics.domain.timeline import CLEAR, History

RESUMABLE = {"above", "below", "outside", "inside"}


@dataclass(frozen=True, slots=True)
class Resumed:
    """What the end of a history makes of a condition. `rested` is the start (UTC) of the period that it went on from.

    Breaches that began before are as they were; `folded` has those after it.
    """

    folded: Folded
    rested: datetime


def may_resume(condition: Condition) -> bool:
    """Say whether the condition remembers no more than its runs."""
    return condition.kind in RESUMABLE and not condition.cooldown


def resume(
    condition: Condition,
    ending: History,
    context: Context = EMPTY,
    *,
    known: Sequence[Episode],
    folded_at: datetime,
    changed: datetime,
) -> Resumed | None:
    """Fold the end of a history; None where it has no period to go on from, and all of the history is needed.

    `ending` has every reading from some period on. `known` are the breaches that the whole history had at `folded_at`,
    and since then nothing is new before `changed` (the start of a period).
    """
    if not may_resume(condition):
        return None
    folded = fold_history(condition, ending, context)
    for start, end, verdict in zip(*map(reversed, (folded.periods, folded.ends, folded.verdicts)), strict=True):
        settled = start < changed and ending.cadence.settled_at(end) <= folded_at
        if settled and verdict == CLEAR and not any(_goes_on(episode, start) for episode in known):
            after = tuple(episode for episode in folded.episodes if episode.start > start)
            return Resumed(replace(folded, episodes=after), start)
    return None


def _goes_on(episode: Episode, start: datetime) -> bool:
    """Say whether the breach goes on after a period; with that of the clear value it is over."""
    return episode.start <= start and (episode.end is None or episode.end > start)
