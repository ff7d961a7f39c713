"""Audit paths of many ledger entries in one tree (RFC 9162), every level hashed once."""

from collections.abc import Iterable, Sequence

from approvals.domain.merkle import node


def audit_paths(leaves: Sequence[bytes], indexes: Iterable[int]) -> dict[int, list[str]]:
    """Return index → path in hexadecimal; IndexError outside the tree."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = [node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        # An odd last node rises unpaired.
        levels.append(pairs + level[len(level) & ~1 :])
    return {index: [step.hex() for step in _path(levels, index)] for index in indexes}


def _path(levels: Sequence[Sequence[bytes]], index: int) -> Iterable[bytes]:
    if not 0 <= index < len(levels[0]):
        raise IndexError(f"There is no leaf {index} in a tree of {len(levels[0])}.")
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            yield level[index ^ 1]
        index >>= 1
