"""What a replay over a metric's history tells the author of a condition: how often, how long, how late, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from metrics.domain.fold import Context, Folded, Reading, fold
from metrics.domain.kinds import Condition, State
from metrics.domain.noise import LEAST_VALUES, Noise, noise_of
from metrics.domain.periods import Cadence

IN_BREACH = (State.BREACHED, State.RECOVERING)


@dataclass(frozen=True, slots=True)
class Summary:
    """A replay in figures. `share` is the share of settled periods in breach; `mean_delay` from start to firing."""

    fired: int
    flaps: int
    periods: int
    periods_in_breach: int
    share: float
    mean_delay: timedelta | None
    longest: int  # periods
    open: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """A condition tried on a metric's history; `values` counts the readings that say something."""

    folded: Folded
    summary: Summary
    noise: Noise | None
    values: int

    @property
    def warning(self) -> str:
        """Say why its firings should not be taken at their word, or ''."""
        if not self.values:
            return ""
        if self.values < LEAST_VALUES:
            count = "is 1 value" if self.values == 1 else f"are {self.values} values"
            return f"There {count} so far: too little history to tell noise from a real change."
        return self.noise.warning if self.noise else ""


def tried(
    condition: Condition, readings: Sequence[Reading], as_of: datetime, cadence: Cadence, context: Context
) -> Tried:
    """Try a condition on readings in order of their periods; ValueError where they cannot be folded."""
    folded = fold(condition, readings, as_of, cadence, context)
    summed = summary(folded)
    found = noise_of(condition, readings, summed.fired, as_of=as_of, cadence=cadence, context=context)
    return Tried(folded, summed, found, sum(reading.value is not None for reading in readings))


def summary(folded: Folded) -> Summary:
    """Sum up a replay; the delay is measured from the end of a run's first period to the end of the one that fired."""
    ends = dict(zip(folded.periods, folded.ends, strict=True))
    delays = [ends[episode.fired] - ends[episode.start] for episode in folded.episodes]
    in_breach = [state in IN_BREACH for state in folded.states]
    return Summary(
        fired=len(folded.episodes),
        flaps=sum(episode.flaps for episode in folded.episodes),
        periods=len(in_breach),
        periods_in_breach=sum(in_breach),
        share=sum(in_breach) / len(in_breach) if in_breach else 0.0,
        mean_delay=sum(delays, timedelta()) / len(delays) if delays else None,
        longest=_longest(in_breach),
        open=folded.open_episode is not None,
    )


def _longest(flags: list[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
