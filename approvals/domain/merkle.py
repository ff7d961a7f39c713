"""The Merkle tree of RFC 9162: roots, inclusion proofs and their verification; hashes are 32 raw bytes."""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    """Hash an entry (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the complete subtrees so far, largest first: enough to go on adding and to tell the root."""

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size = size
        self.roots = list(roots)
        if len(self.roots) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} complete subtrees.")

    def add(self, hashed: bytes) -> None:
        """Append a leaf hash."""
        size, roots = self.size, self.roots
        while size & 1:
            hashed = node(roots.pop(), hashed)
            size >>= 1
        roots.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over everything added."""
        if not self.roots:
            return EMPTY
        *larger, whole = self.roots
        for subtree in reversed(larger):
            whole = node(subtree, whole)
        return whole


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    for each in leaves:
        frontier.add(each)
    return frontier.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the path that leads from the leaf at `index` (from 0) to the root; IndexError outside the tree."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"There is no leaf {index} in a tree of {len(leaves)}.")
    path, level = [], list(leaves)
    while len(level) > 1:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        pairs = [node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        # An odd last node rises unpaired, which is the RFC's split at the largest power of two, seen from below.
        level = pairs + level[len(level) & ~1 :]
        index >>= 1
    return path


def includes(*, root: bytes, size: int, index: int, hashed: bytes, path: Iterable[bytes]) -> bool:
    """Say whether the path proves that the leaf hash stands at `index` in the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last = index, size - 1
    for step in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            hashed = node(step, hashed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            hashed = node(hashed, step)
        position, last = position >> 1, last >> 1
    return last == 0 and hashed == root


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Return what proves that the tree over the `first` leaves grew into the one over all (RFC 9162, 2.1.4.1).

    Empty when both are the same tree; IndexError unless 0 < first ≤ the number of leaves.
    """
    if not 0 < first <= len(leaves):
        raise IndexError(f"A tree of {len(leaves)} leaves does not grow from one of {first}.")
    path: list[bytes] = []
    low, high, whole = 0, len(leaves), True
    while first != high - low:
        # The split of the tree's definition: the largest power of two below the number of leaves.
        split = 1 << (high - low - 1).bit_length() - 1
        if first <= split:
            path.append(root(leaves[low + split : high]))
            high = low + split
        else:
            path.append(root(leaves[low : low + split]))
            low, first, whole = low + split, first - split, False
    return [*([] if whole else [root(leaves[low:high])]), *reversed(path)]


def grew(*, first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Say whether the path proves that the second tree begins with the whole first one (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    # A first tree that is complete stands in the second as it is, so the proof leaves it out.
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not steps:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node(step, old), node(step, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node(new, step)
        position, last = position >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
