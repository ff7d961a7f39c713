"""What would have to change for another option to lead: break-even weights and the smallest flips, by algebra.

Arrays: `values` options × criteria (0–100), `shares` of the criteria (sum 1), `leader` the leading option's index.
"""

from dataclasses import dataclass

import numpy as np

from decisions.domain.scoring.model import TIE, Array


@dataclass(frozen=True)
class Crossing:
    """Beyond `share` of one criterion's weight, away from its own, `leader` leads instead."""

    criterion: int
    share: float
    leader: int


@dataclass(frozen=True)
class WeightShift:
    """Move at least `moved` of the whole weight, taken per criterion from `taken` and given to `to`: `leader` leads."""

    moved: float
    taken: tuple[tuple[int, float], ...]
    to: int
    leader: int


@dataclass(frozen=True)
class ScoreShift:
    """Move one option's value on one criterion by more than `before` to `after`: `leader` leads."""

    option: int
    criterion: int
    before: float
    after: float
    leader: int


def crossings(values: Array, shares: Array, leader: int) -> list[Crossing]:
    """Return for each criterion the nearest share, below and above its own, at which the leader changes.

    The other weights keep their proportions. Shares of exactly 0 or 1 are left out: nothing lies beyond them.
    """
    found = []
    for criterion, share in enumerate(shares):
        lines = sensitivity_lines(values, shares, criterion)
        if lines is None:
            continue
        at_zero, at_one = lines
        gap = at_zero - at_zero[leader]
        slope = (at_one - at_one[leader]) - gap
        here = []
        for raised in (False, True):
            rivals = np.flatnonzero(slope > TIE if raised else slope < -TIE)
            where = -gap[rivals] / slope[rivals]
            # a rival that ties at the stated share crosses right there; rounding must not lose it
            where = np.maximum(where, share) if raised else np.minimum(where, share)
            inside = where < 1 - TIE if raised else where > TIE
            if not inside.any():
                continue
            rivals, where = rivals[inside], where[inside]
            nearest = where.min() if raised else where.max()
            level = rivals[np.abs(where - nearest) <= TIE]
            steepest = level[int(np.argmax(np.abs(slope[level])))]
            here.append(Crossing(criterion, float(nearest), int(steepest)))
        found += sorted(here, key=lambda crossing: abs(crossing.share - share))
    return found


def sensitivity_lines(values: Array, shares: Array, criterion: int) -> tuple[Array, Array] | None:
    """Return every option's value when a criterion has none and all of the weight; between, values are linear.

    None when the other criteria carry no weight, so that there are no proportions to keep.
    """
    others = np.delete(shares, criterion)
    if others.sum() <= 0:
        return None
    return np.delete(values, criterion, axis=1) @ (others / others.sum()), values[:, criterion]


def smallest_weight_shift(values: Array, shares: Array, leader: int) -> WeightShift | None:
    """Return the least weight to move so that another option draws level; None when no weights can do it.

    For a given rival it is best to give all of it to the criterion where the rival gains most, and to take it
    first from where the rival gains least.
    """
    best: WeightShift | None = None
    for rival in range(len(values)):
        if rival == leader:
            continue
        gain = values[rival] - values[leader]
        to = int(np.argmax(gain))
        if gain[to] <= TIE:
            continue
        shift = _shift(gain, shares, to, rival)
        if best is None or shift.moved < best.moved - TIE:
            best = shift
    return best


def _shift(gain: Array, shares: Array, to: int, rival: int) -> WeightShift:
    missing = -float(gain @ shares)
    taken = []
    for source in np.argsort(gain, kind="stable"):
        rate = float(gain[to] - gain[source])
        if missing <= TIE or rate <= TIE:
            break
        amount = min(float(shares[source]), missing / rate)
        if amount > 0:
            taken.append((int(source), amount))
            missing -= amount * rate
    return WeightShift(sum((amount for _, amount in taken), 0.0), tuple(taken), to, rival)


def smallest_score_shift(values: Array, shares: Array, leader: int) -> ScoreShift | None:
    """Return the least change of one value (within 0–100) so that another option draws level; None when none can."""
    totals = values @ shares
    rivals = [option for option in range(len(values)) if option != leader]
    if not rivals:
        return None
    runner_up = max(rivals, key=lambda option: totals[option])
    candidates = []
    for criterion, share in enumerate(shares):
        if share <= 0:
            continue
        for option in rivals:
            before = float(values[option, criterion])
            after = before + float(totals[leader] - totals[option]) / float(share)
            candidates.append(ScoreShift(option, criterion, before, after, option))
        before = float(values[leader, criterion])
        after = before - float(totals[leader] - totals[runner_up]) / float(share)
        candidates.append(ScoreShift(leader, criterion, before, after, runner_up))
    possible = [c for c in candidates if -TIE <= c.after <= 100 + TIE]
    return min(possible, key=lambda c: abs(c.after - c.before), default=None)
