"""Units as products of symbols, so that a formula cannot add euros to tickets.

A unit is text such as `EUR`, `EUR/month`, `tickets·days` or `%`. Ratios of like things (`%`, `ratio`, nothing at all)
have no dimension, and a bare number has none either: it may be added to a ratio, and scales anything.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from metrics.domain.expressions import Call, Expression, Input, Node, Number

DIMENSIONLESS = frozenset({"", "%", "percent", "percentage points", "pp", "ratio", "share", "score", "index", "1"})
_SPLIT = re.compile(r"([*/·×])")


def words_of(text: str) -> list[str]:
    """Return a unit's symbols and the signs between them, in lower case."""
    return [part.strip().casefold() for part in _SPLIT.split(text.replace(" per ", "/"))]


class Mismatch(ValueError):
    """Two units that do not go together; carries the sentence."""


@dataclass(frozen=True)
class Unit:
    """A product of symbols to powers, in order; empty for a pure ratio."""

    powers: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, text: str) -> "Unit":
        """Read a unit as people write it; case does not matter, and neither does an English plural s."""
        powers: Counter[str] = Counter()
        sign = 1
        for word in words_of(text):
            if word in {"*", "·", "×"}:
                sign = 1
            elif word == "/":
                sign = -1
            elif word not in DIMENSIONLESS:
                powers[word.removesuffix("s") if len(word) > 3 else word] += sign
        return cls._made(powers)

    @classmethod
    def _made(cls, powers: Mapping[str, int]) -> "Unit":
        return cls(tuple(sorted((symbol, power) for symbol, power in powers.items() if power)))

    def times(self, other: "Unit", sign: int = 1) -> "Unit":
        """Return the product, or with `sign` -1 the quotient."""
        powers = Counter(dict(self.powers))
        for symbol, power in other.powers:
            powers[symbol] += sign * power
        return self._made(powers)

    def __str__(self) -> str:
        above = "·".join(_named(symbol, power) for symbol, power in self.powers if power > 0)
        below = "·".join(_named(symbol, -power) for symbol, power in self.powers if power < 0)
        return f"{above or '1'}/{below}" if below else above or "a pure ratio"


def _named(symbol: str, power: int) -> str:
    return symbol if power == 1 else f"{symbol}^{power}"


def unit_of(expression: Expression, units: Mapping[str, str]) -> Unit:
    """Return the unit that a formula yields over inputs of these units; Mismatch where it adds unlike things."""
    return _unit(expression.root, units) or Unit()


def _unit(node: Node, units: Mapping[str, str]) -> Unit | None:
    """Return a part's unit; None for a bare number, which goes with everything."""
    if isinstance(node, Number):
        return None
    if isinstance(node, Input):
        return Unit.of(units.get(node.key, ""))
    parts = [_unit(part, units) for part in node.parts]
    if node.name in {"*", "/"}:
        first, second = (part or Unit() for part in parts)
        if parts == [None, None]:
            return None
        return first.times(second, 1 if node.name == "*" else -1)
    return _alike(node, parts)


def _alike(node: Call, parts: "list[Unit | None]") -> Unit | None:
    """Return the one unit of parts that are added or compared; bare numbers only go with ratios."""
    known = list(dict.fromkeys(part for part in parts if part is not None))
    if len(known) > 1:
        raise Mismatch(f"The formula adds or compares {known[0]} and {known[1]}, which are not the same unit.")
    if known and None in parts and known[0].powers:
        raise Mismatch(f"The formula adds a bare number to {known[0]}; only a ratio goes with a bare number.")
    return known[0] if known else None
