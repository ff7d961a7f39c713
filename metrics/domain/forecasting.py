"""Where a metric is heading: a band for its next values, and the chance that they cross a bound.

Method: exponential smoothing with a damped trend (φ = 0.9). Of a grid of smoothing weights the one is used whose
one-step errors up to that moment were smallest, by Akaike's final prediction error; weights without a trend are in
the grid. The future is then drawn a thousand times by the smoothing's own recursion, with one-step errors that the
metric has really shown, smoothed and widened for the weights that were fitted. Nothing is assumed of the errors'
shape but that those to come are like those that were. Everything is causal: what is said at a period depends on the
values up to it only, so a backtest says what would have been said. The draws are fixed: same values, same answer.

Sources: R. Hyndman et al., Forecasting with Exponential Smoothing, 2008 (damped trend, simulated intervals);
B. Silverman, Density Estimation, 1986 (the width of the smoothed bootstrap).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

METHOD = "Exponential smoothing with a damped trend, intervals from the metric's own errors"
LEVEL_ONLY = "Too few values for a forecast: only the present level is known"
DAMPING = 0.9
LEVELS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
TRENDS = (0.0, 0.1, 0.3)
LEAST_VALUES = 8
DRAWS = 1000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known at one moment: level, trend, their smoothing weights, and the errors shown so far."""

    level: float
    trend: float
    level_weight: float
    trend_weight: float
    errors: Floats


@dataclass(frozen=True, slots=True)
class Band:
    """The next values as (low, likely, high), one a period, and how often such bands held (None: unknown)."""

    steps: tuple[tuple[float, float, float], ...]
    method: str
    share: float  # of the next values that the band should hold
    coverage: float | None = None
    tried: int = 0  # past values the coverage was counted on


def chances(
    values: Sequence[float | None], *, bound: float, above: bool, horizon: int, least: int = LEAST_VALUES
) -> list[float | None]:
    """Return, per period, the chance that one of the next `horizon` values lies beyond the bound.

    None where there is no value, or fewer than `least` values so far.
    """
    found: list[float | None] = []
    for outlook in _outlooks(values, least):
        if outlook is None:
            found.append(None)
            continue
        paths = _draw(outlook, horizon)
        reached = paths.max(axis=1) > bound if above else paths.min(axis=1) < bound
        found.append(float(reached.mean()))
    return found


def band(values: Sequence[float | None], *, horizon: int, share: float = 0.8, least: int = LEAST_VALUES) -> Band | None:
    """Return the band for the next `horizon` values; under `least` values the level alone, None without any value."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    last = list(_outlooks(values, least))
    outlook = next((each for each in reversed(last) if each is not None), None)
    if outlook is None:
        return Band(steps=((known[-1],) * 3,) * horizon, method=LEVEL_ONLY, share=share)
    held = [
        low <= value <= high
        for before, value in zip(last, values[1:], strict=False)
        if before is not None and value is not None
        for low, _, high in _quantiles(before, 1, share)
    ]
    coverage = sum(held) / len(held) if held else None
    steps = _quantiles(outlook, horizon, share)
    return Band(steps=steps, method=METHOD, share=share, coverage=coverage, tried=len(held))


def _quantiles(outlook: Outlook, horizon: int, share: float) -> tuple[tuple[float, float, float], ...]:
    edges = np.quantile(_draw(outlook, horizon), [(1 - share) / 2, 0.5, (1 + share) / 2], axis=0)
    return tuple((float(low), float(likely), float(high)) for low, likely, high in edges.T)


def _outlooks(values: Sequence[float | None], least: int) -> Iterator[Outlook | None]:
    """Yield what is known at each period, following every pair of weights at once."""
    grid = np.array(list(product(LEVELS, TRENDS)))
    alpha, beta = grid[:, 0], grid[:, 1]
    fitted = np.where(beta > 0, 2, 1)
    level, trend = np.zeros(len(grid)), np.zeros(len(grid))
    errors = np.zeros((len(values), len(grid)))
    squares, count = np.zeros(len(grid)), 0
    for value in values:
        if value is None:
            yield None
            continue
        count += 1
        if count == 1:
            level[:] = value
        else:
            errors[count - 2] = error = value - (level + DAMPING * trend)
            level, trend = level + DAMPING * trend + alpha * error, DAMPING * trend + alpha * beta * error
            squares += error * error
        if count < max(least, 4):
            yield None
            continue
        best = int(np.argmin(squares * (count - 1 + fitted) / (count - 1 - fitted)))
        widened = errors[: count - 1, best] * math.sqrt((count - 1) / (count - 1 - fitted[best]))
        yield Outlook(float(level[best]), float(trend[best]), float(alpha[best]), float(beta[best]), widened)


def _draw(outlook: Outlook, horizon: int) -> Floats:
    """Return DRAWS possible futures, one a row."""
    uniform, normal = _fixed(horizon)
    count = len(outlook.errors)
    drawn = outlook.errors[(uniform * count).astype(int)]
    drawn = drawn + normal * (0.9 * outlook.errors.std() * count**-0.2)
    level, trend = np.full(DRAWS, outlook.level), np.full(DRAWS, outlook.trend)
    paths = np.empty((DRAWS, horizon))
    for step in range(horizon):
        expected = level + DAMPING * trend
        paths[:, step] = expected + drawn[step]
        level = expected + outlook.level_weight * drawn[step]
        trend = DAMPING * trend + outlook.level_weight * outlook.trend_weight * drawn[step]
    return paths


@lru_cache(maxsize=16)
def _fixed(horizon: int) -> tuple[Floats, Floats]:
    """Return the draws for a horizon: the same ones every time, so that evaluating twice says the same."""
    source = np.random.default_rng(20260101)
    return source.random((horizon, DRAWS)), source.standard_normal((horizon, DRAWS))
