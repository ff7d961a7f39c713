"""When one metric of a pair improves while the other gets worse: tables of short series, and what noise alone does."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.domain.periods import Cadence
from metrics.domain.timeline import Reading
from metrics.domain.trade_offs import Aim, Course, Folded, Point, Side, _episodes, fold, moved

HIGHER, LOWER = Aim("higher"), Aim("lower")
BAND = Aim("within", Decimal(-10), Decimal(10))
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(weeks=1)
WEEKLY, MONTHLY = Cadence.of("weekly"), Cadence.of("monthly")
# Six before, six after; every step is one, so that sigma is 1/0.954 and a move must exceed about 1.5.
FLAT = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]
UP = [1, 2, 1, 2, 1, 2, 5, 6, 5, 6, 5, 6]
DOWN = [-value for value in UP]


def readings(values, start=MONDAY):
    return [
        Reading(start + WEEK * number, start + WEEK * (number + 1), None if value is None else Decimal(str(value)))
        for number, value in enumerate(values)
    ]


def folded(left, right, *, window=12, sustained=1, one_way=False, aims=(HIGHER, HIGHER), as_of=None) -> Folded:
    sides = [Side(aim, WEEKLY, readings(values)) for aim, values in zip(aims, (left, right), strict=True)]
    as_of = as_of or MONDAY + WEEK * max(len(left), len(right))
    return fold(*sides, window=window, sustained=sustained, one_way=one_way, as_of=as_of)


@pytest.mark.parametrize(
    "values, aim, expected",
    [
        (FLAT, HIGHER, Course.STEADY),
        (UP, HIGHER, Course.BETTER),
        (UP, LOWER, Course.WORSE),
        (DOWN, HIGHER, Course.WORSE),
        (DOWN, LOWER, Course.BETTER),
        ([3] * 12, HIGHER, Course.STEADY),  # no movement, no noise, no move
        ([3] * 6 + [4] * 6, HIGHER, Course.BETTER),  # more than half of the steps are none: by the mean one
        ([0] * 6 + [9] * 6, BAND, Course.STEADY),  # inside the band all is equally good
        ([0] * 6 + [30] * 6, BAND, Course.WORSE),
        ([-30] * 6 + [0] * 6, BAND, Course.BETTER),
        ([1, 2, 1, 2, 1, 2, 1, 2, 60, 2, 1, 2], HIGHER, Course.STEADY),  # one value out of line moves no median
    ],
)
def test_a_metric_moves_by_its_own_direction_and_beyond_its_noise(values, aim, expected):
    assert moved(values[:6], values[6:], aim).course is expected


@pytest.mark.parametrize("earlier, later", [([1, 2], [5, 6, 5]), ([1, 2, 1], [5, 6]), ([], [])])
def test_too_few_values_say_nothing(earlier, later):
    assert moved(earlier, later, HIGHER).course is Course.UNKNOWN


@pytest.mark.parametrize(
    "left, right, one_way, signs",
    [
        (UP, DOWN, False, [1]),
        (DOWN, UP, False, [-1]),
        (DOWN, UP, True, []),  # a counter-metric's own gain costs nothing that is watched
        (UP, DOWN, True, [1]),
        (UP, UP, False, []),
        (DOWN, DOWN, False, []),
        (UP, FLAT, False, []),
    ],
)
def test_a_collision_is_one_better_and_the_other_worse(left, right, one_way, signs):
    assert [episode.sign for episode in folded(left, right, one_way=one_way).episodes] == signs


# "x" the sides collide, "." they do not, "?" unknown; start, fired and end as positions of periods.
@pytest.mark.parametrize(
    "courses, sustained, expected",
    [
        ("x", 1, [(0, 0, None)]),
        ("x.", 1, [(0, 0, 1)]),
        ("x", 2, []),
        ("xx", 2, [(0, 1, None)]),
        ("x.xx", 2, [(2, 3, None)]),
        ("xx.x", 2, [(0, 1, None)]),  # one quiet period ends nothing where two in a row are needed
        ("xx..", 2, [(0, 1, 3)]),
        ("xx..xx", 2, [(0, 1, 3), (4, 5, None)]),
        ("x?x", 2, [(0, 2, None)]),  # unknown neither advances nor ends
        ("xx?.", 2, [(0, 1, None)]),
        ("xxo", 2, [(0, 1, 2)]),  # the other way round is another trouble
        ("xxoo", 2, [(0, 1, 2), (2, 3, None)]),
    ],
)
def test_an_episode_lasts_from_its_run_to_as_many_quiet_periods(courses, sustained, expected):
    better, worse = UP, DOWN
    sides = {"x": (better, worse), "o": (worse, better), ".": (FLAT, FLAT), "?": ([], [])}
    # Windows side by side instead of sliding: each letter is a period of its own.
    points = [
        Point(MONDAY, MONDAY + WEEK * number, *(moved(values[:6], values[6:], HIGHER) for values in sides[letter]))
        for number, letter in enumerate(courses)
    ]
    episodes = _episodes(points, sustained, one_way=False)
    found = [tuple(None if at is None else (at - MONDAY) // WEEK for at in (e.start, e.fired, e.end)) for e in episodes]
    assert found == expected


def test_only_settled_periods_count():
    assert folded(UP, DOWN).points
    assert not folded(UP, DOWN, as_of=MONDAY + WEEK * 12 - timedelta(seconds=1)).points


def test_values_from_too_small_a_sample_do_not_count():
    rows = [row._replace(sample_size=5) for row in readings(UP)]
    side = Side(HIGHER, WEEKLY, rows, minimum_sample=30)
    found = fold(
        side, Side(HIGHER, WEEKLY, readings(DOWN)), window=12, sustained=1, one_way=False, as_of=MONDAY + WEEK * 12
    )
    assert not found.points


def test_the_slower_metric_sets_the_periods():
    months = [Reading(*MONTHLY.period(MONTHLY.index(MONDAY) + n), Decimal(value)) for n, value in enumerate(DOWN)]
    weeks = readings([value for value in UP for _ in range(4)] + [6, 6, 6, 6])
    found = fold(
        Side(HIGHER, WEEKLY, weeks),
        Side(HIGHER, MONTHLY, months),
        window=12,
        sustained=1,
        one_way=False,
        as_of=datetime(2027, 1, 10, tzinfo=UTC),
    )
    assert [point.end for point in found.points] == [datetime(2027, 1, 1, tzinfo=UTC)]
    assert [episode.sign for episode in found.episodes] == [1]


def test_noise_alone_hardly_ever_collides():
    dice = random.Random(7)
    runs = 3_000

    def course() -> Course:
        return moved([dice.gauss(0, 1) for _ in range(6)], [dice.gauss(0, 1) for _ in range(6)], HIGHER).course

    collisions = sum({course(), course()} == {Course.BETTER, Course.WORSE} for _ in range(runs))
    assert collisions / runs < 0.01


@settings(max_examples=30)
@given(st.lists(st.integers(-50, 50), min_size=12, max_size=40), st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter_and_looking_again_changes_nothing(values, dice):
    right = [-value for value in values]
    first = folded(values, right, window=6, sustained=2)
    shuffled = readings(values)
    dice.shuffle(shuffled)
    again = fold(
        Side(HIGHER, WEEKLY, shuffled),
        Side(HIGHER, WEEKLY, readings(right)),
        window=6,
        sustained=2,
        one_way=False,
        as_of=MONDAY + WEEK * len(values),
    )
    assert again == first
