"""What changes when the past changes: comparing episodes before and after a correction, or an edit of the condition.

A correction, a late or a back-dated value re-folds the whole history (`fold` is fast enough, and pure); this module
says what the difference means. Episodes that overlap in time are the same episode: it keeps its identity, and so its
signal's key, when its start has moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from metrics.domain.accumulator import RETRACTED, SUPERSEDED, Episode
from metrics.domain.kinds import State
from metrics.domain.periods import Cadence, Duration


@dataclass(frozen=True, slots=True)
class Appeared:
    """An episode that was not there before and is worth a signal; late: a whole further period had settled by then."""

    episode: Episode
    late: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """One and the same episode, before and after; its stored row keeps the key it has."""

    before: Episode
    after: Episode

    @property
    def moved(self) -> bool:
        """Whether the correction moved its start or the period it fired in."""
        return (self.before.start, self.before.fired) != (self.after.start, self.after.fired)

    @property
    def recovered(self) -> bool:
        """Whether it was going on before and is over now."""
        return self.before.end is None and self.after.end is not None

    @property
    def reopened(self) -> bool:
        """Whether it was over before and goes on now."""
        return self.before.end is not None and self.after.end is None


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do: signal the appeared, store the history, close the retracted, update the kept."""

    appeared: tuple[Appeared, ...] = ()
    history: tuple[Episode, ...] = ()
    retracted: tuple[Episode, ...] = ()
    kept: tuple[Kept, ...] = ()


def compare(
    before: Sequence[Episode], after: Sequence[Episode], *, as_of: datetime, cadence: Cadence, look_back: Duration
) -> Changes:
    """Compare the episodes stored for a condition with those just folded; retracted and superseded ones are left out.

    An episode that appeared is a signal if it is still open or ended within `look_back` of `as_of`, otherwise only
    history. One that vanished comes back with the ending `retracted`. Where two stored episodes have become one, the
    earlier lives on in it; where one has become two, the earlier of these carries on its identity.
    """
    stored = [episode for episode in before if episode.ending not in (RETRACTED, SUPERSEDED)]
    kept, appeared, history = [], [], []
    for episode in after:
        same = next((known for known in stored if overlap(known, episode)), None)
        if same is not None:
            stored.remove(same)
            kept.append(Kept(same, episode))
        elif episode.end is None or look_back.after(_end_of(episode.end, cadence), cadence.zone) >= as_of:
            appeared.append(Appeared(episode, is_late(episode, as_of, cadence)))
        else:
            history.append(episode)
    retracted = tuple(replace(episode, end=episode.end or episode.fired, ending=RETRACTED) for episode in stored)
    return Changes(tuple(appeared), tuple(history), retracted, tuple(kept))


def overlap(one: Episode, other: Episode) -> bool:
    """Say whether two episodes share a period; the period of the clear value no longer belongs to an episode."""
    return (other.end is None or one.start < other.end) and (one.end is None or other.start < one.end)


def is_late(episode: Episode, as_of: datetime, cadence: Cadence) -> bool:
    """Say whether the period after the one that fired had already settled: it should have been known earlier."""
    following = cadence.index(episode.fired) + 1
    return cadence.settled_at(cadence.start_of(following + 1)) <= as_of


def _end_of(period_start: datetime, cadence: Cadence) -> datetime:
    return cadence.start_of(cadence.index(period_start) + 1)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a changed predicate does to the open episode of the version before.

    `superseded` is that episode, closed. `carries_on` is the open episode of the new version that takes over its task
    without a second notice; `demoted` says that the new version is only pending. `signals` are open episodes that
    nobody was told of yet.
    """

    superseded: Episode | None = None
    carries_on: Episode | None = None
    demoted: bool = False
    signals: tuple[Appeared, ...] = ()


def edit(before: Episode | None, after: Sequence[Episode], state: State, *, as_of: datetime, cadence: Cadence) -> Edit:
    """Judge an edit: `before` is the old version's open episode, `after` and `state` are the new version, replayed.

    Call it only when the predicate changed (`conditions.same_predicate`); a change of words changes nothing.
    """
    going_on = after[-1] if after and after[-1].end is None else None
    if before is None:
        signals = (Appeared(going_on, is_late(going_on, as_of, cadence)),) if going_on else ()
        return Edit(signals=signals)
    closed = replace(before, end=cadence.start_of(cadence.last_settled(as_of)), ending=SUPERSEDED)
    return Edit(superseded=closed, carries_on=going_on, demoted=going_on is None and state is State.PENDING)
