"""The state machine of a condition: verdicts in, states and episodes out, one period at a time.

Conventions:
- a run is consecutive settled periods with a breaching verdict; the N-th (or the first whose end lies the sustained
  duration after the end of the run's first) fires;
- a period without a verdict (missing, too small a sample, an error) holds the state and advances no count; under
  gap `break` the next verdict starts its run anew, under `skip` it carries on;
- between trigger and clear bound a breach goes on, and a run of clear values starts anew;
- an episode ends in the period of the M-th clear value;
- a break that returns within the cooldown (from the end of one episode to the start of the next run) re-opens the
  episode and counts a flap; evaluation is never skipped.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime

from metrics.domain.kinds import Condition, State
from metrics.domain.periods import EPOCH, Cadence, Duration
from metrics.domain.timeline import BREACH, CLEAR

RECOVERED, SUPERSEDED, RETRACTED, MERGED = "recovered", "superseded", "retracted", "merged"


@dataclass(frozen=True, slots=True)
class Episode:
    """One breach, by the starts of its periods (UTC): the run's first, the one that fired, the one it cleared in."""

    start: datetime
    fired: datetime
    end: datetime | None = None
    ending: str | None = None  # recovered | superseded | retracted | merged; None while it is open
    flaps: int = 0


class Accumulator:
    """The fold's memory; `copy()` it to keep a checkpoint, go on from the copy to fold only what is new."""

    __slots__ = (
        "_clear_due", "_clear_run", "_cooldown", "_ended", "_needed", "_needed_clear", "_position", "_run", "_run_due",
        "_run_first", "_skips", "_zone", "episodes", "state",
    )  # fmt: skip

    def __init__(self, condition: Condition, cadence: Cadence) -> None:
        self._needed, self._needed_clear = condition.sustained, condition.clear.sustained
        self._cooldown, self._skips, self._zone = condition.cooldown, condition.gap == "skip", cadence.zone
        self.state = State.OK
        self.episodes: list[Episode] = []
        self._run = self._clear_run = self._position = 0
        self._run_due: datetime | None = None
        self._clear_due: datetime | None = None
        self._run_first = (0, EPOCH, EPOCH)  # of the present run: position, start, end
        self._ended: tuple[int, datetime] | None = None

    def copy(self) -> "Accumulator":
        """Return an independent checkpoint."""
        twin = copy(self)
        twin.episodes = list(self.episodes)
        return twin

    def advance(self, starts: Iterable[datetime], ends: Iterable[datetime], verdicts: Iterable[int]) -> list[State]:
        """Take in periods that follow those already seen; return their states."""
        ok, pending, breached, recovering = State.OK, State.PENDING, State.BREACHED, State.RECOVERING
        state, states = self.state, []
        for start, end, verdict in zip(starts, ends, verdicts, strict=True):
            if verdict < 0:
                if not self._skips:
                    self._run = self._clear_run = 0
            elif state is ok or state is pending:
                if verdict != BREACH:
                    self._run = 0
                    state = ok
                elif self._fires(start, end):
                    state = breached
                else:
                    state = pending
            elif verdict != CLEAR:
                self._clear_run = 0
                state = breached
            else:
                state = ok if self._clears(start, end) else recovering
            states.append(state)
            self._position += 1
        self.state = state
        return states

    def _fires(self, start: datetime, end: datetime) -> bool:
        """Count one more breaching period; say whether the run is long enough, and open the episode if so."""
        if not self._run:
            self._run_first = (self._position, start, end)
            self._run_due = self._needed.after(end, self._zone) if isinstance(self._needed, Duration) else None
        self._run += 1
        if self._run < self._needed if isinstance(self._needed, int) else self._run_due is None or end < self._run_due:
            return False
        self._open(start)
        self._run = self._clear_run = 0
        return True

    def _clears(self, start: datetime, end: datetime) -> bool:
        """Count one more clear period; say whether it ends the episode, and end it if so."""
        needed = self._needed_clear
        if not self._clear_run:
            self._clear_due = needed.after(end, self._zone) if isinstance(needed, Duration) else None
        self._clear_run += 1
        if self._clear_run < needed if isinstance(needed, int) else self._clear_due is None or end < self._clear_due:
            return False
        self.episodes[-1] = replace(self.episodes[-1], end=start, ending=RECOVERED)
        self._ended = (self._position, end)
        self._run = self._clear_run = 0
        return True

    def _open(self, fired: datetime) -> None:
        position, start, end = self._run_first
        if self._returned_soon(position, end):
            last = self.episodes[-1]
            self.episodes[-1] = replace(last, end=None, ending=None, flaps=last.flaps + 1)
        else:
            self.episodes.append(Episode(start=start, fired=fired))

    def _returned_soon(self, position: int, end: datetime) -> bool:
        if self._ended is None or not self._cooldown:
            return False
        ended_at, ended = self._ended
        if isinstance(self._cooldown, int):
            return position - ended_at <= self._cooldown
        return end <= self._cooldown.after(ended, self._zone)
