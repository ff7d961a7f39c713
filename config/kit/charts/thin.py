"""Thinning: ten thousand points become what a screen can show, and no peak is lost."""

from collections.abc import Sequence

Point = tuple[float, float | None]


def thin(points: Sequence[Point], buckets: int) -> list[Point]:
    """Keep the lowest and the highest of each stretch, in order; a stretch without any value stays a gap.

    `points` are (place, value) in order of place; few points come back as they are.
    """
    if len(points) <= 2 * buckets:
        return list(points)
    first, last = points[0][0], points[-1][0]
    width = (last - first) / buckets or 1.0
    kept: list[Point] = []
    start = 0
    for bucket in range(buckets):
        edge = first + (bucket + 1) * width
        stop = start
        while stop < len(points) and (points[stop][0] < edge or bucket == buckets - 1):
            stop += 1
        kept += _extremes(points, start, stop)
        start = stop
    return kept


def _extremes(points: Sequence[Point], start: int, stop: int) -> list[Point]:
    known = [index for index in range(start, stop) if points[index][1] is not None]
    if not known:
        return [(points[start][0], None)] if stop > start else []
    ends = {start, stop - 1} & {0, len(points) - 1} & set(known)
    lowest = min(known, key=lambda index: points[index][1] or 0.0)
    highest = max(known, key=lambda index: points[index][1] or 0.0)
    return [points[index] for index in sorted({lowest, highest} | ends)]
