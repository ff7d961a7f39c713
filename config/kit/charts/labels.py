"""Labels that do not touch: spread along an edge, or placed round a mark."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from config.kit.charts.ink import FONT, LINE_HEIGHT, text_width

PRIORITY = ("break", "band", "target", "limit", "mean", "reference")


@dataclass(frozen=True)
class Box:
    """What a piece of text covers."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Box") -> bool:
        """Say whether the two overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def covers(self, other: "Box") -> bool:
        """Say whether the other lies wholly inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    def holds(self, x: float, y: float) -> bool:
        """Say whether a point lies inside."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def spread(wanted: Sequence[float], low: float, high: float, gap: float = LINE_HEIGHT) -> list[float]:
    """Move places apart to at least `gap`, inside [low, high], each as near to where it was wanted as the rest allows.

    The input is in ascending order, and there is room for all (see `crowded_out`).
    """
    groups: list[list[float]] = []  # [sum of wanted starts, count, start]
    for place in wanted:
        groups.append([place, 1, min(max(place, low), high)])
        while len(groups) > 1 and groups[-1][2] < groups[-2][2] + groups[-2][1] * gap:
            total, count, _ = groups.pop()
            before = groups[-1]
            # A merged group starts so that its members' shifts average to nothing.
            before[0] += total - count * before[1] * gap
            before[1] += count
            before[2] = min(max(before[0] / before[1], low), high - (before[1] - 1) * gap)
    return [start + index * gap for _, count, start in groups for index in range(int(count))]


def crowded_out(tones: Sequence[str], room: float) -> set[int]:
    """Return the indices to leave out when labels of these tones do not all fit into `room`."""
    most = max(1, int(room // LINE_HEIGHT))
    ranked = sorted(range(len(tones)), key=lambda index: (_rank(tones[index]), index))
    return set(ranked[most:])


def _rank(tone: str) -> int:
    return PRIORITY.index(tone) if tone in PRIORITY else len(PRIORITY)


def place_beside(
    text: str,
    x: float,
    y: float,
    *,
    area: Box,
    taken: Iterable[Box],
    points: Sequence[tuple[float, float]] = (),
    levels: Sequence[float] = (),
) -> Box | None:
    """Return where text fits beside a mark at (x, y): inside the area, off other labels, best off points and levels."""
    width, half = text_width(text) * 1.06, FONT / 2 + 1
    lefts = (x - width / 2, x + 8, x - width - 8)
    held = list(taken)
    best: tuple[int, Box] | None = None
    for middle in (y - 14, y + 14, y, y - 26, y + 26):
        for left in lefts[1:] if middle == y else lefts:
            kept = min(max(left, area.left), area.right - width)
            box = Box(kept, middle - half, kept + width, middle + half)
            if not area.covers(box) or any(map(box.touches, held)):
                continue
            hits = sum(box.holds(*point) for point in points)
            hits += sum(3 for level in levels if box.top < level < box.bottom)
            if best is None or hits < best[0]:
                best = (hits, box)
    return best[1] if best else None
