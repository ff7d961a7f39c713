"""What makes two metrics look like the same one: their formula, its words, or the course of their values."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.kit.canonical import decimal_text
from metrics.domain.expressions import Call, Expression, Input, Node, Number

PERIODS = 104  # how far back values are compared
LEAST_IN_COMMON = 12
OF_VALUES = 0.95  # least r of the values
OF_CHANGES = 0.9  # least r of the changes from period to period: two trends alike are not one metric
ROWS_AT_ONCE = 256

Numbers = NDArray[np.float64]

_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_GAPS = re.compile(r"[\W_]+")


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Two rows that move together, by their numbers; r of values and of changes over `periods` in common."""

    first: int
    second: int
    periods: int
    of_values: float
    of_changes: float


def normal_form(expression: Expression) -> str:
    """Write a formula so that those which always yield the same by the laws of sums and products read the same.

    Order and brackets of sums and products do not count, nor does how a number is written; a - b is a + (-b). What
    takes more algebra than that (a * (b + c) and a * b + a * c) stays apart.
    """
    try:
        return _written(expression.root)
    except ArithmeticError:  # numbers too large to be gathered in front of a product
        return expression.text


def _written(node: Node) -> str:
    if isinstance(node, Number):
        return decimal_text(node.value)
    if isinstance(node, Input):
        return f'"{node.key}"'
    if node.name in {"+", "-", "sum", "neg"}:
        return _of_terms(node)
    if node.name in {"*", "/"}:
        return _of_factors(node)
    return f"{node.name}({', '.join(sorted(map(_written, node.parts)))})"


def _of_terms(node: Node) -> str:
    terms = sorted(f"{'-' if sign < 0 else ''}{_written(part)}" for part, sign in _terms(node, 1))
    return terms[0] if len(terms) == 1 else f"sum({', '.join(terms)})"


def _terms(node: Node, sign: int) -> Iterator[tuple[Node, int]]:
    """Yield what is added up, each with its sign."""
    if not isinstance(node, Call) or node.name not in {"+", "-", "sum", "neg"}:
        yield node, sign
        return
    for position, part in enumerate(node.parts):
        turned = node.name == "neg" or (node.name == "-" and position == 1)
        yield from _terms(part, -sign if turned else sign)


def _of_factors(node: Node) -> str:
    """Write a product or quotient as what is multiplied over what divides, with one number in front."""
    above: list[str] = []
    below: list[str] = []
    scale = Decimal(1)
    for part, power in _factors(node, 1):
        if isinstance(part, Number) and part.value:
            scale = scale * part.value if power > 0 else scale / part.value
        else:
            (above if power > 0 else below).append(_written(part))
    front = [] if scale == 1 else [decimal_text(scale.normalize())]
    top = front + sorted(above)
    if below:
        return f"product({', '.join(top)}) / product({', '.join(sorted(below))})"
    return top[0] if len(top) == 1 else f"product({', '.join(top)})"


def _factors(node: Node, power: int) -> Iterator[tuple[Node, int]]:
    if not isinstance(node, Call) or node.name not in {"*", "/"}:
        yield node, power
        return
    for position, part in enumerate(node.parts):
        yield from _factors(part, -power if node.name == "/" and position == 1 else power)


def normal_words(text: str) -> str:
    """Write a formula in words so that case, spaces and punctuation do not count; what is left keeps its order."""
    text = text.casefold().replace("×", "*").replace("·", "*").replace("÷", "/")
    signs = re.sub(r"([*/+%-])", r" \1 ", _HYPHEN.sub(" ", text))
    return " ".join(word for part in signs.split() for word in _words(part))


def _words(part: str) -> list[str]:
    return [part] if part in {"*", "/", "+", "-", "%"} else _GAPS.sub(" ", part).split()


def alike(rows: Numbers, *, of_values: float = OF_VALUES, of_changes: float = OF_CHANGES) -> Iterator[Alike]:
    """Yield the pairs of rows that move together; a row is a series, a column a period, NaN a period without a value.

    All pairs are worked out by a handful of matrix products a block, in memory of ROWS_AT_ONCE × rows: 1,500 series of
    104 periods take about a second. The sign of r does not count: a share and its complement say the same.
    """
    changes = np.diff(rows, axis=1)
    prepared = (_prepared(rows), _prepared(changes))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        (r, periods), (moves, moved) = (_pearson(each, block) for each in prepared)
        common = (periods >= LEAST_IN_COMMON) & (moved >= LEAST_IN_COMMON - 1)
        found = common & (np.abs(r) >= of_values) & (np.abs(moves) >= of_changes)
        for i, j in zip(*np.nonzero(found), strict=True):
            if start + i < j:
                yield Alike(
                    first=int(start + i),
                    second=int(j),
                    periods=int(periods[i, j]),
                    of_values=float(r[i, j]),
                    of_changes=float(moves[i, j]),
                )


def _prepared(rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return each row about its own mean in its own spread, gaps as 0, and where there are values as 1."""
    there = np.isfinite(rows)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    filled = np.where(there, rows, 0.0)
    centred = np.where(there, filled - filled.sum(axis=1, keepdims=True) / count, 0.0)
    largest = np.abs(centred).max(axis=1, keepdims=True, initial=0.0)
    return np.divide(centred, largest, out=np.zeros_like(centred), where=largest > 0), there.astype(np.float64)


def _pearson(prepared: tuple[Numbers, Numbers], block: slice) -> tuple[Numbers, Numbers]:
    """Return Pearson's r of the block's rows with every row over what they have in common, and how much that is.

    NaN becomes 0 where one of the two does not move.
    """
    values, there = prepared
    mine, mine_there = values[block], there[block]
    count = mine_there @ there.T
    sums, others = mine @ there.T, mine_there @ values.T
    squares, other_squares = (mine * mine) @ there.T, mine_there @ (values * values).T
    covariance = count * (mine @ values.T) - sums * others
    spread = np.maximum(count * squares - sums * sums, 0.0) * np.maximum(count * other_squares - others * others, 0.0)
    moves = spread > 1e-18 * np.maximum(count, 1.0) ** 4
    return np.divide(covariance, np.sqrt(spread), out=np.zeros_like(covariance), where=moves), count


def strongest(pairs: Sequence[Any], most: int) -> list[Any]:
    """Return the pairs that are most alike, at most so many."""
    return sorted(pairs, key=lambda pair: (-abs(pair.of_changes), -abs(pair.of_values), pair.first, pair.second))[:most]
