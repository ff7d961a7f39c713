"""What changes when the past changes: comparing episodes before and after a correction, or an edit of the condition.

A correction, a late or a back-dated value re-folds the whole history (`fold` is fast enough, and pure); this module
says what the difference means. Episodes that overlap in time are the same episode: it keeps its identity, and so its
signal's key, when its start has moved.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from metrics.domain.accumulator import MERGED, RETRACTED, SUPERSEDED, Episode
from metrics.domain.kinds import State
from metrics.domain.periods import Cadence, Duration

GONE = (RETRACTED, SUPERSEDED, MERGED)


@dataclass(frozen=True, slots=True)
class Appeared:
    """An episode that was not there before and is worth a signal; late: a whole further period had settled by then.

    `revives` is an episode of the same start that was retracted earlier: its key is taken, so it comes back to life.
    """

    episode: Episode
    late: bool
    revives: Episode | None = None


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
    """What to do: signal the appeared, store the history, update the kept, close the retracted and the merged.

    A merged episode lives on in a kept one. Unlike that of a retracted one its cause has not gone away, so its task
    stays as it is.
    """

    appeared: tuple[Appeared, ...] = ()
    history: tuple[Episode, ...] = ()
    kept: tuple[Kept, ...] = ()
    retracted: tuple[Episode, ...] = ()
    merged: tuple[Episode, ...] = ()


def compare(
    before: Sequence[Episode], after: Sequence[Episode], *, as_of: datetime, cadence: Cadence, look_back: Duration
) -> Changes:
    """Compare the episodes stored for a condition with those just folded.

    Stored ones are matched by the same start (it is the key), then by overlap, each only once: where one has become
    two, the earlier of these carries on its identity; where two have become one, the earlier lives on in it and the
    other is merged. An episode that appeared is a signal if it is still open or ended within `look_back` of `as_of`,
    otherwise only history. One that vanished comes back with the ending `retracted`.
    """
    stored = [episode for episode in before if episode.ending not in GONE]
    pairs = _pairs(stored, after)
    fresh = [episode for episode in after if episode not in pairs]
    dead = {episode.start: episode for episode in before if episode.ending in (RETRACTED, MERGED)}
    told = [episode for episode in fresh if _recent(episode, as_of, cadence, look_back)]
    known = set(pairs.values())
    left = [episode for episode in stored if episode not in known]
    merged = [episode for episode in left if any(overlap(episode, other) for other in after)]
    return Changes(
        appeared=tuple(Appeared(each, is_late(each, as_of, cadence), dead.get(each.start)) for each in told),
        history=tuple(episode for episode in fresh if episode not in told),
        kept=tuple(Kept(known, episode) for episode, known in pairs.items()),
        retracted=tuple(_closed(episode, RETRACTED) for episode in left if episode not in merged),
        merged=tuple(_closed(episode, MERGED) for episode in merged),
    )


def free_key(start: datetime, taken: Container[datetime]) -> datetime:
    """Return the key of an episode that starts here: its start, or the next microsecond that no other one has.

    A corrected episode keeps its key when its start moves away; so another may start later where it once did.
    """
    while start in taken:
        start += timedelta(microseconds=1)
    return start


def _pairs(stored: Sequence[Episode], after: Sequence[Episode]) -> dict[Episode, Episode]:
    """Return after → before for the episodes that are the same one."""
    by_start = {episode.start: episode for episode in stored}
    pairs = {episode: by_start[episode.start] for episode in after if episode.start in by_start}
    known = set(pairs.values())
    free = [episode for episode in stored if episode not in known]
    for episode in after:
        same = next((each for each in free if overlap(each, episode)), None) if free else None
        if episode not in pairs and same is not None:
            pairs[episode] = same
            free.remove(same)
    return {episode: pairs[episode] for episode in after if episode in pairs}


def _recent(episode: Episode, as_of: datetime, cadence: Cadence, look_back: Duration) -> bool:
    if episode.end is None:
        return True
    ended = cadence.start_of(cadence.index(episode.end) + 1)
    return look_back.after(ended, cadence.zone) >= as_of


def _closed(episode: Episode, ending: str) -> Episode:
    return replace(episode, end=episode.end or episode.fired, ending=ending)


def overlap(one: Episode, other: Episode) -> bool:
    """Say whether two episodes share a period; the period of the clear value no longer belongs to an episode."""
    return (other.end is None or one.start < other.end) and (one.end is None or other.start < one.end)


def is_late(episode: Episode, as_of: datetime, cadence: Cadence) -> bool:
    """Say whether the period after the one that fired had already settled: it should have been known earlier."""
    following = cadence.index(episode.fired) + 1
    return cadence.settled_at(cadence.start_of(following + 1)) <= as_of


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
