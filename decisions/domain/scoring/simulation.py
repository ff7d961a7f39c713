"""Stochastic multicriteria acceptability: how often each option comes at each rank when weights and scores are drawn.

SMAA-2 (Lahdelma and Salminen 2001): weights come from a distribution over the simplex, scores from their
triangles. Drawn arrays have the draws last, so that each operation runs over contiguous memory.
"""

from dataclasses import dataclass

import numpy as np

from decisions.domain.scoring.model import TIE, Array, Triple

CONCENTRATION = 50.0  # of the Dirichlet around the stated shares: a share of 30% moves by ± 6.4 points (one deviation)


@dataclass(frozen=True)
class Simulated:
    """What the draws say; `central` and `confidence` hold NaN for an option that never comes first."""

    acceptability: Array  # option × rank, rows sum to 1
    central: Array  # option × criterion: mean weights of the draws in which the option comes first
    confidence: Array  # per option: share of score draws in which it comes first, given its central weights


def draw_weights(kind: str, shares: Array, draws: int, rng: np.random.Generator) -> Array:
    """Return criteria × draws of shares: `fixed`, `uniform`, `ordinal` or `around` the stated shares.

    Ordinal keeps the order of the stated shares; among equal shares every order is equally likely.
    """
    count = len(shares)
    if kind == "fixed":
        return np.repeat(shares[:, None], draws, axis=1)
    if kind == "around":
        drawn = rng.standard_gamma(shares[:, None] * CONCENTRATION, (count, draws))
    else:
        drawn = rng.standard_exponential((count, draws))
    drawn /= drawn.sum(axis=0)
    return _in_order(drawn, shares, rng) if kind == "ordinal" else drawn


def _in_order(drawn: Array, shares: Array, rng: np.random.Generator) -> Array:
    """Hand the drawn shares out so that a greater stated share never gets the smaller drawn one."""
    descending = -np.sort(-drawn, axis=0)
    placed = np.empty_like(drawn)
    start = 0
    for share in np.unique(shares)[::-1]:
        members = np.flatnonzero(shares == share)
        block = descending[start : start + len(members)]
        placed[members] = rng.permuted(block, axis=0) if len(members) > 1 else block
        start += len(members)
    return placed


def draw_triangle(triple: Triple, draws: int, rng: np.random.Generator) -> Array:
    """Return raw scores drawn from one triangle with low < high, by inversion of its distribution.

    One score at a time on purpose: its few small arrays stay in the processor's cache.
    """
    width = triple.high - triple.low
    peak = (triple.likely - triple.low) / width
    uniform = rng.random(draws)
    rising = triple.low + np.sqrt(uniform * peak) * width
    falling = triple.high - np.sqrt((1.0 - uniform) * (1.0 - peak)) * width
    return np.where(uniform < peak, rising, falling)


def ranks(totals: Array) -> Array:
    """Return the rank of each option in each draw (options × draws), 1 is best, ties share the better rank."""
    result = np.ones(totals.shape)
    for i in range(len(totals)):
        result[i] += (totals > totals[i] + TIE).sum(axis=0)
    return result


def simulate(values: Array, weights: Array) -> Simulated:
    """Rank drawn values (criteria × options × draws) under drawn weights (criteria × draws)."""
    criteria, options, _ = values.shape
    placed = ranks(np.einsum("mnd,md->nd", values, weights))
    acceptability = np.stack([(placed == rank).mean(axis=1) for rank in range(1, options + 1)], axis=1)
    central = np.full((options, criteria), np.nan)
    confidence = np.full(options, np.nan)
    for option in range(options):
        first = placed[option] == 1
        if first.any():
            central[option] = weights[:, first].mean(axis=1)
            given = np.einsum("mnd,m->nd", values, central[option])
            confidence[option] = (given.max(axis=0) <= given[option] + TIE).mean()
    return Simulated(acceptability, central, confidence)


def first_share(values: Array, weights: Array, option: int) -> float:
    """Return the share of draws in which one option comes first or ties for it."""
    totals = np.einsum("mnd,md->nd", values, weights)
    return float((totals.max(axis=0) <= totals[option] + TIE).mean())
