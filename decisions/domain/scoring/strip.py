"""The sensitivity strip: every option's value as one weight moves and the others keep their proportions.

Each value is a straight line over the weight's share, so two numbers an option say everything; the browser draws the
same line from the same numbers, rounded once, here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from decisions.domain.scoring.findings import Ranking

DIGITS = 3
LEVEL = 0.5 * 10**-DIGITS

Lines = Mapping[str, tuple[float, float]]
"""Option → its value when the criterion has none of the weight, and all of it."""


@dataclass(frozen=True)
class Standing:
    """One option at some weight; options that are level share the better rank."""

    option: str
    value: float
    rank: int


def weight_lines(ranking: Ranking) -> dict[str, Lines]:
    """Return the lines of every criterion beside which some other carries weight."""
    found: dict[str, Lines] = {}
    for criterion, share in ranking.shares.items():
        rest = 1.0 - share
        if rest <= 1e-12:
            continue
        found[criterion] = {
            ranked.option: (
                round((ranked.value - share * ranking.values[ranked.option][criterion]) / rest, DIGITS) + 0.0,
                round(ranking.values[ranked.option][criterion], DIGITS) + 0.0,
            )
            for ranked in ranking.ranking
        }
    return found


def standings(lines: Lines, percent: float) -> list[Standing]:
    """Return the options at a weight in percent of the whole, best first; level ones in the order of the lines."""
    values = {option: none + (all_ - none) * percent / 100 for option, (none, all_) in lines.items()}
    ranked = [
        Standing(option, value, 1 + sum(other > value + LEVEL for other in values.values()))
        for option, value in values.items()
    ]
    return sorted(ranked, key=lambda standing: standing.rank)
