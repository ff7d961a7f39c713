"""Three-way merge of a section: what two people made of the same base, field by field and item by item.

What only one of them changed is taken; prose that both changed is merged by words where their changes lie apart; what
cannot be settled so is a clash, for a person to choose. Items of lists are found again by their identifiers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from approvals.domain.diff import tokens
from decisions.domain.dossier import Clear, Estimate

MINE, THEIRS, BOTH = "mine", "theirs", "both"
LARGEST = 4_000_000
"""Tokens of the base times tokens of a text: beyond, prose that both changed is a clash."""
_KEYS = (
    *(("id",), ("criterion", "option"), ("option", "success_metric"), ("option", "text")),
    *(("option",), ("criterion",), ("evaluator",)),
)
WHOLE = (Estimate, Clear)
"""What makes sense only as a whole: half of mine and half of theirs could be low above high."""
GONE = None
"""The value of an item that one side has removed, or not yet had."""


@dataclass(frozen=True)
class Difference:
    """One place that at least one of the two changed; `taken` says whose stands in the proposal, "" for a clash."""

    path: str
    base: Any
    mine: Any
    theirs: Any
    taken: str

    @property
    def clash(self) -> bool:
        """Say whether a person must choose."""
        return not self.taken


@dataclass(frozen=True)
class Merge:
    """The proposal and every difference behind it."""

    value: Any
    differences: tuple[Difference, ...]

    @property
    def clashes(self) -> list[Difference]:
        """Return what a person must choose."""
        return [difference for difference in self.differences if difference.clash]


def merge(base: Any, mine: Any, theirs: Any, chosen: Mapping[str, str] | None = None, otherwise: str = "") -> Merge:
    """Merge two versions of a section; `chosen` says by path whose stands, `otherwise` settles what it leaves open."""
    merger = _Merger(chosen or {}, otherwise)
    value = merger.value("", base, mine, theirs)
    return Merge(value, tuple(merger.found))


class _Merger:
    """Walks the three values side by side and notes where they part."""

    def __init__(self, chosen: Mapping[str, str], otherwise: str) -> None:
        self.chosen, self.otherwise = chosen, otherwise
        self.found: list[Difference] = []

    def value(self, path: str, base: Any, mine: Any, theirs: Any) -> Any:
        """Return what stands at a path."""
        if mine == theirs == base:
            return base
        if is_dataclass(mine) and not isinstance(mine, WHOLE):
            return self._fields(path, base, mine, theirs)
        keys = _keys([*_items(base), *_items(mine), *_items(theirs)])
        if keys:
            return self._list(path, keys, base, mine, theirs)
        if isinstance(base, tuple) and all(isinstance(each, str) for each in (*base, *mine, *theirs)):
            return self._words(path, base, mine, theirs)
        return self._leaf(path, base, mine, theirs)

    def _fields(self, path: str, base: Any, mine: Any, theirs: Any) -> Any:
        """Return an item or a section, field by field."""
        made = {}
        for name in (each.name for each in fields(base) if each.name != "id"):
            old, left, right = (getattr(side, name) for side in (base, mine, theirs))
            made[name] = self.value(f"{path}.{name}" if path else name, old, left, right)
        merged: Any = replace(theirs, **made)
        return merged

    def _leaf(self, path: str, base: Any, mine: Any, theirs: Any) -> Any:
        """Return what stands of a value that is chosen as a whole."""
        if mine == theirs:
            return mine
        both = _together(base, mine, theirs)
        taken = self.chosen.get(path) or (THEIRS if mine == base else MINE if theirs == base else "")
        taken = taken or (BOTH if both is not None else self.otherwise)
        self.found.append(Difference(path, base, mine, theirs, taken))
        if taken == BOTH:
            return both if both is not None else _one_after_the_other(mine, theirs)
        return mine if taken == MINE else theirs

    def _words(self, path: str, base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> Any:
        """Return a set of words, such as the assumptions a scenario rests on: additions of both, without removals."""
        removed = (set(base) - set(mine)) | (set(base) - set(theirs))
        every = dict.fromkeys((*mine, *theirs))
        merged = tuple(each for each in every if each not in removed)
        taken = MINE if merged == mine else THEIRS if merged == theirs else BOTH
        self.found.append(Difference(path, base, mine, theirs, taken))
        return merged

    def _list(self, path: str, keys: tuple[str, ...], base: Any, mine: Any, theirs: Any) -> tuple[Any, ...]:
        """Return a list of items in my order, with what they added after what it follows in theirs."""
        at = [{_name(item, keys): item for item in side} for side in (base, mine, theirs)]
        made = {}
        for name in _order(list(at[1]), list(at[2])):
            sides = [side.get(name, GONE) for side in at]
            decide = self._leaf if GONE in sides else self.value
            kept = decide(f"{path}[{name}]", *sides)
            if kept is not GONE:
                made[name] = kept
        return tuple(made.values())


def _items(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) and all(is_dataclass(item) for item in value) else ()


def _keys(items: Iterable[Any]) -> tuple[str, ...]:
    """Return the attributes by which items of a list are told apart; none where only their order tells."""
    items = list(items)
    if not items:
        return ()
    names = {each.name for each in fields(items[0])}
    return next((keys for keys in _KEYS if names.issuperset(keys)), ())


def _name(item: Any, keys: tuple[str, ...]) -> str:
    return "/".join(str(getattr(item, key)) for key in keys)


def _order(mine: list[str], theirs: list[str]) -> list[str]:
    """Return every name: mine in my order, each of theirs that I lack after the one it follows in theirs."""
    found = list(mine)
    for place, name in enumerate(theirs):
        if name not in found:
            before = theirs[place - 1] if place else None
            found.insert(found.index(before) + 1 if before else 0, name)
    return found


def _one_after_the_other(mine: Any, theirs: Any) -> Any:
    """Return both texts, mine first; of anything else mine."""
    if isinstance(mine, str) and isinstance(theirs, str):
        return "\n\n".join(filter(None, [mine, theirs]))
    return mine


def _together(base: Any, mine: Any, theirs: Any) -> str | None:
    """Return prose with the changes of both, or None where it cannot be done without choosing."""
    if not (isinstance(base, str) and isinstance(mine, str) and isinstance(theirs, str) and " " in base):
        return None
    old = tokens(base)
    edits = []
    for side in (mine, theirs):
        new = tokens(side)
        if len(old) * len(new) > LARGEST:
            return None
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        edits.append([(i, j, new[k:m]) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"])
    apart = all(right[1] < left[0] or left[1] < right[0] for left in edits[0] for right in edits[1])
    if not apart:
        return None
    made, place = [], 0
    for start, end, words in sorted([*edits[0], *edits[1]]):
        made += [*old[place:start], *words]
        place = end
    return "".join([*made, *old[place:]])
