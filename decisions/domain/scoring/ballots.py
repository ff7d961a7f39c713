"""Ballots of several evaluators combined cell by cell, with how far they are apart.

A ballot maps (option, criterion) to a score on that criterion's scale. Spread is highest minus lowest;
deviation is the population standard deviation; both are in the score's own unit.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, pstdev

Cell = tuple[str, str]
Ballot = Mapping[Cell, float]


@dataclass(frozen=True, kw_only=True)
class CombinedCell:
    """What the evaluators together say about one option on one criterion."""

    option: str
    criterion: str
    low: float
    mean: float
    high: float
    deviation: float
    count: int

    @property
    def spread(self) -> float:
        """Return how far the highest lies above the lowest."""
        return self.high - self.low


@dataclass(frozen=True, kw_only=True)
class Combined:
    """All cells in the order first met; `missing` are (evaluator, option, criterion) still to come."""

    cells: tuple[CombinedCell, ...]
    missing: tuple[tuple[str, str, str], ...]


def combine(ballots: Mapping[str, Ballot]) -> Combined:
    """Combine the ballots (evaluator → ballot); a cell that someone left out is combined from the others."""
    if any(not math.isfinite(score) for ballot in ballots.values() for score in ballot.values()):
        raise ValueError("Every score on a ballot must be a finite number.")
    order: dict[Cell, None] = {cell: None for ballot in ballots.values() for cell in ballot}
    cells = []
    for option, criterion in order:
        scores = [ballot[option, criterion] for ballot in ballots.values() if (option, criterion) in ballot]
        cells.append(
            CombinedCell(
                option=option,
                criterion=criterion,
                low=min(scores),
                mean=fmean(scores),
                high=max(scores),
                deviation=pstdev(scores),
                count=len(scores),
            )
        )
    missing = tuple((who, *cell) for who, ballot in ballots.items() for cell in order if cell not in ballot)
    return Combined(cells=tuple(cells), missing=missing)
