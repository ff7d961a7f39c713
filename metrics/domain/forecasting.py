"""Where a metric is heading: intervals for its next values with how often such intervals held, and chances of crossing.

The method is `smoothing`; here it is asked, and tested against what came. Nothing here reads a clock or a cache, so
live evaluation, backtest and rebuild of a `forecast` condition, and the stored forecast of the metric's page, are all
the same pure function of the values.

Why not a library: a condition's chance is needed at every past period, in the transaction that records a value, as a
pure function of the values up to it. statsforecast refits a model at each period; this follows all its models in one
pass, which also makes a back-test of every interval affordable.
"""

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.domain.smoothing import Floats, Outlook, draw, outlooks

METHOD = "Exponential smoothing with a damped trend; intervals from the metric's own errors"
SEASONAL_METHOD = "Exponential smoothing with a damped trend and a season; intervals from the metric's own errors"
LEVEL_ONLY = "Too few values for a forecast: only the present level is known"
LEAST_VALUES = 8
SHARES = (0.8, 0.95)
MOST_ORIGINS = 250  # the newest periods that the back-test begins at
LEAST_RATIOS = 40  # values that must have come before intervals are stretched by how they held
LEAST_STRETCH, MOST_STRETCH = 0.5, 3.0

Step = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Interval:
    """Where each of the next values should lie with a probability, and how often such intervals held when tried.

    `coverage` counts every step of every origin that the values reach (`tried` of them); None: never tried.
    """

    share: float
    steps: tuple[Step, ...]
    coverage: float | None = None
    tried: int = 0


@dataclass(frozen=True, slots=True)
class Projection:
    """The next values: the likeliest of each, the intervals, and how the likeliest did against the naive peer.

    `error` and `naive_error`: mean absolute error, over the same past values, of the likeliest value and of saying
    that everything stays as it is. `count`: values it was made from; too few for more than the present level leave
    no intervals.
    """

    likely: tuple[float, ...]
    intervals: tuple[Interval, ...]
    method: str
    count: int
    error: float | None = None
    naive_error: float | None = None


def chances(
    values: Sequence[float | None],
    *,
    bound: float,
    above: bool,
    horizon: int,
    least: int = LEAST_VALUES,
    season: int = 0,
) -> list[float | None]:
    """Return, per period, the chance that one of the next `horizon` values lies beyond the bound.

    None where there is no value, or fewer than `least` values so far.
    """
    found: list[float | None] = []
    for outlook in outlooks(values, least, season):
        if outlook is None:
            found.append(None)
            continue
        paths = draw(outlook, horizon)
        reached = paths.max(axis=1) > bound if above else paths.min(axis=1) < bound
        found.append(float(reached.mean()))
    return found


def project(
    values: Sequence[float | None], *, horizon: int, season: int = 0, least: int = LEAST_VALUES
) -> Projection | None:
    """Return what to expect of the next `horizon` periods; the level alone under `least` values, None without any."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    found = list(outlooks(values, least, season))
    newest = next((each for each in reversed(found) if each is not None), None)
    if newest is None:
        return Projection((known[-1],) * horizon, (), LEVEL_ONLY, len(known))
    trial = _Trial(values, found, horizon)
    likely, *edges = _fan(newest, horizon)
    intervals = []
    for at, share in enumerate(SHARES):
        low, high = _stretched(likely, edges[2 * at], edges[2 * at + 1], trial.stretch(at))
        coverage = trial.held[at] / trial.tried if trial.tried else None
        intervals.append(Interval(share, tuple(zip(low.tolist(), high.tolist(), strict=True)), coverage, trial.tried))
    method = SEASONAL_METHOD if len(newest.season) else METHOD
    mean = (trial.errors / trial.tried, trial.naive_errors / trial.tried) if trial.tried else (None, None)
    return Projection(tuple(likely.tolist()), tuple(intervals), method, len(known), *mean)


def _fan(outlook: Outlook, horizon: int) -> Floats:
    """Return the median of each step, then low and high of each share, as drawn."""
    levels = [0.5, *(edge for share in SHARES for edge in ((1 - share) / 2, (1 + share) / 2))]
    edges: Floats = np.quantile(draw(outlook, horizon), levels, axis=0)
    return edges


def _stretched(likely: Floats, low: Floats, high: Floats, by: float) -> tuple[Floats, Floats]:
    return likely - by * (likely - low), likely + by * (high - likely)


class _Trial:
    """A back-test with a rolling origin: what would have been said at past periods, held against what came.

    Each drawn interval is stretched by what would have made the earlier ones hold as often as they promise; only
    values known at the origin count for that. So the coverage is that of the intervals as people would have seen them.
    """

    def __init__(self, values: Sequence[float | None], found: Sequence[Outlook | None], horizon: int) -> None:
        self.held, self.tried = [0] * len(SHARES), 0
        self.errors = self.naive_errors = 0.0
        self._ratios: list[list[float]] = [[] for _ in SHARES]  # sorted; of what is known by now
        self._coming: list[tuple[int, list[float]]] = []  # (position at which a value came, its ratio for each share)
        origins = [position for position, each in enumerate(found[:-1]) if each is not None]
        for origin in origins[-MOST_ORIGINS:]:
            outlook = found[origin]
            if outlook is not None:
                self._learn(origin)
                self._try(origin, _fan(outlook, horizon), values)
        self._learn(len(values) - 1)

    def stretch(self, at: int) -> float:
        """Return by how much to stretch an interval of a share: the conformal quantile of how far off values were."""
        ratios = self._ratios[at]
        rank = math.ceil((len(ratios) + 1) * SHARES[at])
        if len(ratios) < LEAST_RATIOS or rank > len(ratios):
            return 1.0
        return min(max(ratios[rank - 1], LEAST_STRETCH), MOST_STRETCH)

    def _learn(self, now: int) -> None:
        """Count what has come by now."""
        for position, ratios in self._coming:
            if position <= now:
                for known, ratio in zip(self._ratios, ratios, strict=True):
                    insort(known, ratio)
        self._coming = [each for each in self._coming if each[0] > now]

    def _try(self, origin: int, fan: Floats, values: Sequence[float | None]) -> None:
        last, (likely, *edges) = values[origin], fan
        stretches = [self.stretch(at) for at in range(len(SHARES))]
        for step, value in enumerate(values[origin + 1 : origin + 1 + len(likely)]):
            if value is None or last is None:
                continue
            self.tried += 1
            self.errors += abs(value - float(likely[step]))
            self.naive_errors += abs(value - last)
            ratios = [
                _ratio(value, likely[step], edges[2 * at][step], edges[2 * at + 1][step]) for at in range(len(SHARES))
            ]
            for at, (ratio, stretch) in enumerate(zip(ratios, stretches, strict=True)):
                self.held[at] += ratio <= stretch
            self._coming.append((origin + 1 + step, ratios))


def _ratio(value: float, likely: float, low: float, high: float) -> float:
    """Return how far from the likeliest a value came, as a share of the way to the interval's end on its side."""
    room = high - likely if value > likely else likely - low
    off = abs(value - likely)
    return float(off / room) if room else (0.0 if not off else math.inf)
