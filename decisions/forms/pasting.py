"""A table copied from a spreadsheet: found out which of its rows and columns are ours, and what its cells say.

Rows and columns are known by name (of options, criteria, metrics), in either direction; a header is wanted, so that
nothing lands in the wrong place. What is not understood is named, and leaves what is stored untouched.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from config.kit.numbers import parse_decimal
from decisions.domain.dossier import Estimate
from decisions.forms.estimates import EstimateField, ordered

LONGEST = 200_000
MOST_ROWS = 200
_NUMBER = r"[+\-\u2212]?[\d.,]+"
_TRIPLE = re.compile(rf"({_NUMBER})\s*[-\u2013\u2014/;|…]\s*({_NUMBER})\s*[-\u2013\u2014/;|…]\s*({_NUMBER})")
_NOT_GIVEN = {"", "-", "\u2013", "\u2014", "n/a", "na", "?"}

Key = tuple[str, str]


@dataclass(frozen=True)
class Cell:
    """What one pasted cell says: an estimate, or the sentence why it says nothing."""

    text: str
    estimate: Estimate | None = None
    problem: str = ""

    @property
    def shown(self) -> str:
        """Return the estimate the way it is typed."""
        return str(EstimateField().prepare_value(self.estimate)) if self.estimate else self.text


@dataclass
class Pasted:
    """A pasted table, understood: cells by (row, column) as the target names them, and what was not understood."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def filled(self) -> dict[Key, Estimate]:
        """Return what can be stored."""
        return {key: cell.estimate for key, cell in self.cells.items() if cell.estimate is not None}


def read_table(text: str) -> list[list[str]]:
    """Return rows of trimmed cells: between tabs as a spreadsheet copies them, else semicolons, bars or commas."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    between = next((sign for sign in "\t;|" if sign in lines), ",")
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(lines), delimiter=between)]
    return [row for row in rows if any(row)][: MOST_ROWS + 1]


def understand(text: str, rows: Mapping[str, str], columns: Mapping[str, str]) -> Pasted:
    """Match a pasted table with the target's rows and columns (identifier → name), whichever way round it is."""
    pasted = Pasted()
    try:
        table = read_table(text)
    except csv.Error:
        pasted.problems.append("This is not a table: a quotation mark is opened and not closed.")
        return pasted
    if len(table) < 2 or max(map(len, table)) < 2:
        pasted.problems.append("Paste at least two rows and two columns, with their names in the first of each.")
        return pasted
    if len(table) > MOST_ROWS:
        pasted.problems.append(f"Only the first {MOST_ROWS} rows are read.")
    _match(pasted, table, rows, columns)
    return pasted


def _match(pasted: Pasted, table: list[list[str]], rows: Mapping[str, str], columns: Mapping[str, str]) -> None:
    down, across = _by_name(rows), _by_name(columns)
    heads, sides = [_plain(cell) for cell in table[0][1:]], [_plain(row[0]) for row in table[1:]]
    straight = sum(head in across for head in heads) + sum(side in down for side in sides)
    turned = sum(head in down for head in heads) + sum(side in across for side in sides)
    if turned > straight:
        table = [list(row) for row in zip(*_padded(table), strict=True)]
        heads, sides = [_plain(cell) for cell in table[0][1:]], [_plain(row[0]) for row in table[1:]]
    if not max(straight, turned):
        known = ", ".join(f"“{name}”" for name in (*rows.values(), *columns.values()))
        pasted.problems.append(f"No row or column has a name that is known here. Known are {known}.")
        return
    unknown = [name for name, head in zip(table[0][1:], heads, strict=True) if head not in across]
    pasted.problems += [f"Column “{name}” is not known here." for name in unknown]
    for row, side in zip(table[1:], sides, strict=True):
        if side not in down:
            pasted.problems.append(f"Row “{row[0]}” is not known here.")
            continue
        for head, text in zip(heads, row[1:], strict=False):
            if head in across:
                _put(pasted, (down[side], across[head]), text, f"{rows[down[side]]}, {columns[across[head]]}")


def _put(pasted: Pasted, key: Key, text: str, place: str) -> None:
    if text.casefold() in _NOT_GIVEN:
        return
    if key in pasted.cells:
        pasted.problems.append(f"{place} is there twice; the first counts.")
        return
    try:
        pasted.cells[key] = Cell(text, read_cell(text))
    except ValueError as error:
        pasted.cells[key] = Cell(text, problem=str(error))
        pasted.problems.append(f"{place}: “{text[:60]}”. {error}")


def read_cell(text: str) -> Estimate:
    """Read “40”, “40,5”, or three as 40/55/70 or 40–55–70; ValueError with a sentence for anything else."""
    triple = _TRIPLE.fullmatch(text.strip())
    if triple is None:
        return Estimate(likely=parse_decimal(text))
    low, likely, high = (parse_decimal(part) for part in triple.groups())
    if not ordered(low, likely, high):
        raise ValueError("Low may not be above likely, nor likely above high.")
    return Estimate(low=low, likely=likely, high=high)


def _by_name(named: Mapping[str, str]) -> dict[str, str]:
    """Return plain name → identifier; a name that two share means the first."""
    found: dict[str, str] = {}
    for identifier, name in named.items():
        found.setdefault(_plain(name), identifier)
        found.setdefault(_plain(identifier), identifier)
    return found


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _padded(table: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    width = max(map(len, table))
    yield from ([*row, *[""] * (width - len(row))] for row in table)
