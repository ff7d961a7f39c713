"""Disputes, relevance and likeness as pure rules."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from metrics.domain import disputing, relevance
from metrics.domain.disputing import Move, Step
from metrics.domain.expressions import parse
from metrics.domain.likeness import LEAST_IN_COMMON, alike, normal_form, normal_words

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "state, move, following",
    [
        ("open", Move.UPHOLD, "upheld"),
        ("open", Move.DECLINE, "declined"),
        ("open", Move.WITHDRAW, "withdrawn"),
        *((state, move, None) for state in ("upheld", "declined", "withdrawn") for move in Move),
    ],
)
def test_only_an_open_dispute_moves(state, move, following):
    if following is None:
        with pytest.raises(ValueError, match=state):
            disputing.after(state, move)
    else:
        assert disputing.after(state, move) == following


@pytest.mark.parametrize("level, hours", [("strategic", 24), ("business", 48), ("operational", 72), ("other", 72)])
def test_the_graver_the_metric_the_sooner_the_answer(level, hours):
    assert disputing.time_to_answer(level) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "missing, hours, come_to",
    [
        ((), 0, ["steward"]),
        ((), 23, ["steward"]),
        ((), 24, ["steward", "owner"]),
        ((), 48, ["steward", "owner", "last_resort"]),
        ((Step.STEWARD,), 0, ["owner"]),
        ((Step.STEWARD,), 24, ["owner", "last_resort"]),
        ((Step.STEWARD, Step.OWNER), 0, ["last_resort"]),
        (tuple(Step), 100, []),
    ],
)
def test_a_dispute_goes_up_its_path_and_waits_for_nobody_who_is_not_there(missing, hours, come_to):
    steps = disputing.path(DAY, DAY + 24 * HOUR, missing)
    assert disputing.reached(steps, DAY + hours * HOUR) == come_to


@pytest.mark.parametrize(
    "days, told",
    [(-1, []), (0, ["steward"]), (13, ["steward"]), (14, ["steward"] * 2), (28, ["steward", "steward", "owner"])],
)
def test_a_late_review_is_told_again_and_then_to_the_owner(days, told):
    assert relevance.told_by_now(DAY, DAY + timedelta(days=days)) == told


def test_a_review_is_due_a_year_after_what_it_is_counted_from_unless_said_otherwise():
    assert relevance.due(DAY, None) == DAY + timedelta(days=365)
    assert relevance.due(DAY, 90) == DAY + timedelta(days=90)


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("a + b", "b + a", True),
        ("sum(a, b)", "a + b", True),
        ("(a + b) + c", "a + (b + c)", True),
        ("a - (b - c)", "c + a - b", True),
        ("a - b", "b - a", False),
        ("a / b * 100", "100 * (a / b)", True),
        ("a / (b * c)", "a / b / c", True),
        ("a / b", "b / a", False),
        ("a * 1.0", "a", True),
        ("a / 4", "a * 0.25", True),
        ("a * 0", "b * 0", False),
        ("mean(a, b)", "mean(b, a)", True),
        ("min(a, b)", "max(a, b)", False),
        ("-a", "a", False),
        ("a * (b + c)", "(c + b) * a", True),
        ("a * (b + c)", "a * b + a * c", False),
    ],
)
def test_formulas_that_always_yield_the_same_read_the_same(one, other, same):
    assert (normal_form(parse(one)) == normal_form(parse(other))) is same


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("Resolved within two days / all requests × 100", "resolved within two-days/all requests * 100", True),
        ("resolved  (all)", "Resolved all.", True),
        ("opened - closed", "closed - opened", False),
    ],
)
def test_formulas_in_words_are_compared_by_their_words(one, other, same):
    assert (normal_words(one) == normal_words(other)) is same


class TestAlike:
    @pytest.fixture
    def course(self):
        return np.random.default_rng(7).normal(size=(8, 60)).cumsum(axis=1)

    def found(self, rows):
        return {(pair.first, pair.second): pair for pair in alike(np.array(rows))}

    def test_what_moves_in_step_is_found_with_how_much_there_was_to_see(self, course):
        noisy = course[0] * 3 + 10 + np.random.default_rng(8).normal(size=60) * 0.01
        found = self.found([*course, noisy])
        assert set(found) == {(0, 8)}
        assert found[0, 8].periods == 60
        assert found[0, 8].of_values == pytest.approx(np.corrcoef(course[0], noisy)[0, 1])
        assert found[0, 8].of_changes == pytest.approx(np.corrcoef(np.diff(course[0]), np.diff(noisy))[0, 1])

    def test_a_complement_says_the_same(self, course):
        assert self.found([course[0], 100 - course[0]])[0, 1].of_values == pytest.approx(-1)

    def test_two_trends_are_not_one_metric(self):
        noise = np.random.default_rng(9).normal(size=(2, 60))
        assert self.found(np.arange(60) * 10 + noise) == {}

    @pytest.mark.parametrize("common, count", [(LEAST_IN_COMMON - 1, 0), (LEAST_IN_COMMON, 1)])
    def test_few_periods_in_common_say_nothing(self, course, common, count):
        rows = np.array([course[0], course[0] * 2])
        rows[0, common:] = np.nan
        assert len(self.found(rows)) == count

    def test_gaps_are_left_out_pair_by_pair(self, course):
        rows = np.array([course[0], course[0] * -2 + 5])
        rows[0, 5], rows[1, 9] = np.nan, np.nan
        assert self.found(rows)[0, 1].periods == 58

    def test_what_never_moves_is_like_nothing(self):
        assert self.found(np.full((3, 40), 5.0)) == {}
        assert self.found(np.full((2, 40), np.nan)) == {}
        assert self.found(np.empty((0, 40))) == {}
