"""When one metric of a pair improves while the other gets worse, and neither by mere noise.

At the end of each settled period of the slower metric the last `window` periods are cut in two halves. A side's move is
the median of its values in the recent half less that in the earlier one, by the metric's own direction. Its noise is
taken from the window itself: sigma from the median moving range (divided by 0.954, as on a robust XmR chart; by the
mean moving range and 1.128 where more than half of the steps are none), so that the step between the halves hardly
counts as noise. A move is one beyond SIGMAS standard errors of the difference of two medians. For two unmoved metrics
the chance that both seem to move, one up and one down, is about 1 in 500 windows; a test holds it below 1 in 100.

A collision that lasts `sustained` periods in a row is an episode: from its first period, fired at the last of the run,
ended in the first of as many periods without it. A period on which too few values bear (LEAST in each half) neither
advances nor ends anything. The whole is a pure function of the two series: corrections fold anew.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Any

from metrics.domain.periods import Cadence
from metrics.domain.timeline import Reading

SIGMAS = 2.0
LEAST = 3  # values in each half
WINDOWS, RUNS = (6, 60), (1, 12)
MOST_PERIODS = 1_500  # looked back over
MEDIAN_RANGE, MEAN_RANGE = 0.954, 1.128  # expected moving range of normal values, in sigmas
MEDIAN_LOSS = 1.2533  # standard error of a median, in those of a mean


class Course(StrEnum):
    """Which way a metric went over the window, by its own direction."""

    BETTER = "better"
    WORSE = "worse"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Aim:
    """Which values of a metric are good: `higher`, `lower`, or `within` the band from low to high."""

    direction: str
    low: Decimal | None = None
    high: Decimal | None = None

    def goodness(self, value: float) -> float:
        """Return the value so that more is better; within a band it is the distance to it, never above 0."""
        if self.direction == "within":
            low = -math.inf if self.low is None else float(self.low)
            high = math.inf if self.high is None else float(self.high)
            return -max(low - value, value - high, 0.0)
        return -value if self.direction == "lower" else value


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one side over a window: its level before and of late, and what a move must exceed, in its unit."""

    course: Course
    before: float | None = None
    recent: float | None = None
    threshold: float | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        numbers = {name: getattr(self, name) for name in ("before", "recent", "threshold")}
        return {"course": str(self.course)} | {
            name: None if value is None else f"{value:.6g}" for name, value in numbers.items()
        }


UNKNOWN = Move(Course.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Point:
    """How both sides stood at the end of one period of the slower metric; `middle` parts the window's halves."""

    middle: datetime
    end: datetime
    left: Move
    right: Move

    def collision(self, *, one_way: bool) -> int | None:
        """Return 1 where the left improved at the right's cost, -1 the other way round, 0 for neither, None unknown."""
        courses = (self.left.course, self.right.course)
        if Course.UNKNOWN in courses:
            return None
        if courses == (Course.BETTER, Course.WORSE):
            return 1
        return -1 if courses == (Course.WORSE, Course.BETTER) and not one_way else 0


@dataclass(slots=True)
class Collision:
    """An episode: which side improved (1: the left), and the ends of the periods in which it began, fired and ended.

    `since` is when the values began that stood apart from those before: the middle of its first window.
    """

    sign: int
    since: datetime
    start: datetime
    fired: datetime
    at: Point
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One metric of a pair: what it aims at, its periods, its values by period."""

    aim: Aim
    cadence: Cadence
    readings: Sequence[Reading]
    minimum_sample: int | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """What a pair's two series say: every period looked at, and the episodes, oldest first."""

    points: Sequence[Point] = ()
    episodes: Sequence[Collision] = field(default_factory=tuple)


class _Track:
    """A side's usable values by the ends of their periods, in order."""

    def __init__(self, side: Side, as_of: datetime) -> None:
        self.aim = side.aim
        rows = sorted((end, float(value)) for end, value in _usable(side, as_of))
        self.ends = [end for end, _ in rows]
        self.values = [value for _, value in rows]

    def move(self, begin: datetime, middle: datetime, end: datetime) -> Move:
        """Compare the values of periods that ended in (middle, end] with those in (begin, middle]."""
        first, split, last = (bisect_right(self.ends, moment) for moment in (begin, middle, end))
        return moved(self.values[first:split], self.values[split:last], self.aim)


def _usable(side: Side, as_of: datetime) -> Iterator[tuple[datetime, Decimal]]:
    """Yield end and value of every settled period with a value from a sample that is large enough."""
    for reading in side.readings:
        end, sample = reading.period_end, reading.sample_size
        if reading.value is None or not isinstance(end, datetime) or side.cadence.settled_at(end) > as_of:
            continue
        if side.minimum_sample is None or sample is None or sample >= side.minimum_sample:
            yield end, reading.value


def moved(earlier: Sequence[float], later: Sequence[float], aim: Aim) -> Move:
    """Say how far the level moved between two runs of values, and whether that is more than noise."""
    if len(earlier) < LEAST or len(later) < LEAST:
        return UNKNOWN
    before, recent = median(earlier), median(later)
    good = [aim.goodness(value) for value in (*earlier, *later)]
    change = median(good[len(earlier) :]) - median(good[: len(earlier)])
    error = MEDIAN_LOSS * _sigma(good) * math.sqrt(1 / len(earlier) + 1 / len(later))
    threshold = SIGMAS * error
    course = Course.STEADY
    if abs(change) > threshold:
        course = Course.BETTER if change > 0 else Course.WORSE
    return Move(course, before, recent, threshold)


def _sigma(values: Sequence[float]) -> float:
    """Return the noise of a run of values from its moving ranges, robust against single steps."""
    steps = [abs(after - before) for before, after in pairwise(values)]
    return median(steps) / MEDIAN_RANGE or math.fsum(steps) / len(steps) / MEAN_RANGE


def fold(left: Side, right: Side, *, window: int, sustained: int, one_way: bool, as_of: datetime) -> Folded:
    """Return how the two sides stood at each period's end, and the episodes in which they collided."""
    tracks = (_Track(left, as_of), _Track(right, as_of))
    grid = list(_grid(left, right, tracks, as_of))
    half = window // 2
    points = [
        Point(
            grid[last - half],
            grid[last],
            *(track.move(grid[last - window], grid[last - half], grid[last]) for track in tracks),
        )
        for last in range(window, len(grid))
    ]
    return Folded(points, list(_episodes(points, sustained, one_way=one_way)))


def _grid(left: Side, right: Side, tracks: Sequence[_Track], as_of: datetime) -> Iterator[datetime]:
    """Yield the boundaries of the slower metric's periods, from where both have values to the last settled one."""
    if not all(track.ends for track in tracks):
        return
    slower = max(left.cadence, right.cadence, key=_length)
    first = slower.index(max(track.ends[0] for track in tracks)) - 2
    newest = max(track.ends[-1] for track in tracks) - timedelta(microseconds=1)
    last = min(slower.last_settled(as_of), slower.index(newest))
    for index in range(max(first, last - MOST_PERIODS), last + 1):
        end = slower.start_of(index + 1)
        if all(side.cadence.settled_at(end) <= as_of for side in (left, right)):
            yield end


def _length(cadence: Cadence) -> float:
    step = cadence.step
    return step.months * 30.4 * 86_400 + step.days * 86_400 + step.seconds


def _episodes(points: Sequence[Point], sustained: int, *, one_way: bool) -> Iterator[Collision]:
    """Yield the episodes, by stepping through the periods once."""
    running: Collision | None = None
    first: Point | None = None
    sign, length = 0, 0  # the run that may become an episode, or may end one
    for point in points:
        found = point.collision(one_way=one_way)
        if found is None:
            continue
        if found == sign:
            length += 1
        else:
            sign, first, length = found, point, 1
        if running is not None:
            quiet = 0 if found == running.sign else length if found == 0 else sustained
            if quiet < sustained:
                continue
            running.end = point.end
            yield running
            running = None
        if sign and length >= sustained and first is not None:
            running = Collision(sign, first.middle, first.end, point.end, point)
    if running is not None:
        yield running
