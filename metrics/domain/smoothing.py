"""Exponential smoothing with a damped trend and, where there is one, a season: what is known at each value.

A grid of smoothing weights is followed at once; at every value the weights are used whose one-step errors up to then
were smallest, by Akaike's final prediction error. Weights without a trend and without a season are in the grid, and
weights with a season are looked at only once two whole seasons have been foretold with it. The future is drawn a
thousand times by the smoothing's own recursion, with one-step errors that the metric has really shown, smoothed and
widened for the weights that were fitted: nothing is assumed of the errors' shape but that those to come are like those
that were. Everything is causal: what is said at a value depends on the values up to it only. The draws are fixed:
same values, same answer.

Sources: R. Hyndman et al., Forecasting with Exponential Smoothing, 2008 (damped trend, additive season, simulated
intervals); B. Silverman, Density Estimation, 1986 (the width of the smoothed bootstrap).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from metrics.domain.periods import Cadence

DAMPING = 0.9
PLAIN = tuple(product((0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0), (0.0, 0.1, 0.3), (0.0,)))
SEASONAL = tuple(product((0.05, 0.2, 0.5), (0.0, 0.1), (0.05, 0.2)))
LEAST_ERRORS = 4
DRAWS = 1000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known at one value: level, trend, season (of the next values, or none), weights, the errors shown."""

    level: float
    trend: float
    season: Floats
    level_weight: float
    trend_weight: float
    season_weight: float
    errors: Floats


def season_of(cadence: Cadence) -> int:
    """Return how many periods make a season: a week of days, a day of hours, a year of anything longer; 0 for none."""
    step = cadence.step
    if step.months and 12 % step.months == 0:
        return 12 // step.months if step.months < 12 else 0
    return {(7, 0): 52, (1, 0): 7, (0, 3600): 24}.get((step.days, step.seconds), 0)


def outlooks(values: Sequence[float | None], least: int, season: int = 0) -> Iterator[Outlook | None]:
    """Yield what is known at each period; None where there is no value, or fewer than `least` values so far.

    The place in the season is counted over periods, so `values` must have None where a period has no value.
    """
    grid = _Grid(len(values), season)
    for position, value in enumerate(values):
        if value is None:
            yield None
            continue
        grid.take(value, position)
        yield None if grid.count < max(least, LEAST_ERRORS) else grid.best(position)


class _Grid:
    """Every set of weights, followed at once: one column each, those with a season last."""

    def __init__(self, length: int, season: int) -> None:
        self.season = season if season and length >= 3 * season else 0
        weights = np.array(PLAIN + (SEASONAL if self.season else ()))
        self.level_weight, self.trend_weight, self.season_weight = weights.T
        self.plain = len(PLAIN)
        self.level, self.trend = np.zeros(len(weights)), np.zeros(len(weights))
        self.seasons = np.zeros((max(self.season, 1), len(weights)))
        self.fitted = np.where(self.trend_weight > 0, 2.0, 1.0) + np.where(self.season_weight > 0, self.season, 0)
        self.errors = np.zeros((length, len(weights)))
        self.squares, self.later_squares = np.zeros(len(weights)), np.zeros(len(weights))
        self.count = 0
        self.first: list[tuple[int, float]] = []  # the values of the first season: (place in the season, value)

    def take(self, value: float, position: int) -> None:
        """Learn from the next value."""
        self.count += 1
        if self.count == 1:
            self.level[:] = value
        else:
            self._learn(value, position)
        if self.season and len(self.first) < self.season:
            self.first.append((position % self.season, value))
            if len(self.first) == self.season:
                self._begin_season()

    def _learn(self, value: float, position: int) -> None:
        trend = DAMPING * self.trend
        expected = self.level + trend
        if self.season:
            place = self.seasons[position % self.season]
            error = value - (expected + place)
            place += self.season_weight * error
        else:
            error = value - expected
        self.errors[self.count - 2] = error
        step = self.level_weight * error
        self.level, self.trend = expected + step, trend + self.trend_weight * step
        squares = error * error
        self.squares += squares
        if self.count - 1 >= self.season:
            self.later_squares += squares

    def _begin_season(self) -> None:
        """Let the columns with a season begin at the first one's mean, and at how each of its values differed."""
        mean = sum(value for _, value in self.first) / len(self.first)
        self.level[self.plain :], self.trend[self.plain :] = mean, 0.0
        for place, value in self.first:
            self.seasons[place, self.plain :] = value - mean

    def best(self, position: int) -> Outlook:
        """Return what the weights know whose errors were smallest."""
        shown, squares, columns, since = self.count - 1, self.squares, self.plain, 0
        if self.season and self.count >= 3 * self.season:
            # All columns are held against the same errors: those since the first season.
            shown, squares, columns, since = self.count - self.season, self.later_squares, len(self.level), self.season
        fitted = self.fitted[:columns]
        best = int(np.argmin(squares[:columns] * (shown + fitted) / (shown - fitted)))
        from_first = since - 1 if best >= self.plain else 0
        errors = self.errors[from_first : self.count - 1, best]
        widened = errors * math.sqrt(len(errors) / (len(errors) - self.fitted[best]))
        ahead = np.roll(self.seasons[:, best], -(position + 1) % self.season) if best >= self.plain else np.zeros(0)
        level, trend, season = (
            float(each[best]) for each in (self.level_weight, self.trend_weight, self.season_weight)
        )
        return Outlook(float(self.level[best]), float(self.trend[best]), ahead, level, trend, season, widened)


def draw(outlook: Outlook, horizon: int) -> Floats:
    """Return DRAWS possible futures, one a row."""
    uniform, normal = _fixed(horizon)
    count = len(outlook.errors)
    drawn = outlook.errors[(uniform * count).astype(int)]
    drawn = drawn + normal * (0.9 * outlook.errors.std() * count**-0.2)
    level, trend = np.full(DRAWS, outlook.level), np.full(DRAWS, outlook.trend)
    paths = np.empty((DRAWS, horizon))
    season = len(outlook.season)
    for step in range(horizon):
        expected = level + DAMPING * trend
        paths[:, step] = expected + drawn[step]
        if season:
            paths[:, step] += outlook.season[step % season]
            for earlier in range(step - season, -1, -season):
                paths[:, step] += outlook.season_weight * drawn[earlier]
        level = expected + outlook.level_weight * drawn[step]
        trend = DAMPING * trend + outlook.level_weight * outlook.trend_weight * drawn[step]
    return paths


@lru_cache(maxsize=16)
def _fixed(horizon: int) -> tuple[Floats, Floats]:
    """Return the draws for a horizon: the same ones every time, so that evaluating twice says the same."""
    source = np.random.default_rng(20260101)
    return source.random((horizon, DRAWS)), source.standard_normal((horizon, DRAWS))
