"""What a replay over a metric's history tells the author of a condition: how often, how long, how late, and why."""

from dataclasses import dataclass
from datetime import timedelta

from metrics.domain.fold import Folded
from metrics.domain.kinds import State

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
