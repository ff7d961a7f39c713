"""The sensitivity strip: the ranking as one weight moves, at the weight asked for, and as numbers for the browser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.kit.numbers import rounded
from decisions.domain.scoring import Lines, Ranking, standings, weight_lines


@dataclass(frozen=True)
class Moved:
    """One option at the weight asked for: its place in the lines, and its value as the browser would write it."""

    line: int
    name: str
    value: str
    rank: int


@dataclass(frozen=True)
class Sensitivity:
    """The criterion whose weight moves, where it stands now and where it was moved to, in percent."""

    criterion: str
    percent: str
    stated: str
    rows: Sequence[Moved]
    choices: Sequence[tuple[str, str]]
    data: Mapping[str, Any]

    @classmethod
    def of(cls, ranking: Ranking, names: Mapping[str, str], criterion: str, percent: str) -> "Sensitivity | None":
        """Return the strip at a criterion and a weight; the heaviest criterion where it is stands for nonsense."""
        lines = weight_lines(ranking)
        if not lines:
            return None
        if criterion not in lines:
            criterion, percent = max(lines, key=lambda each: ranking.shares[each]), ""
        stated = tenth(ranking.shares[criterion] * 100)
        wanted = _percent(percent) or stated
        order = list(lines[criterion])
        return cls(
            criterion,
            wanted,
            stated,
            [
                Moved(order.index(s.option), names[s.option], tenth(s.value), s.rank)
                for s in standings(lines[criterion], float(wanted))
            ],
            [(key, names[key]) for key in lines],
            {key: [tenth(ranking.shares[key] * 100), _plain(each)] for key, each in lines.items()},
        )


def _plain(lines: Lines) -> list[list[float]]:
    """Return the lines in the order of the ranking."""
    return [list(pair) for pair in lines.values()]


def _percent(text: str) -> str:
    """Return a weight in percent as it was asked for; nothing for what is none."""
    if len(text) > 6 or not text.replace(".", "", 1).isascii() or not text.replace(".", "", 1).isdigit():
        return ""
    return text if float(text) <= 100 else ""


def tenth(value: float) -> str:
    """Write a number to a tenth, halves up, as `toFixed` does in a browser."""
    return str(rounded(value, 1))
