"""What a correction, a late value or an edit does to episodes: before and after, in weeks → changes."""

from datetime import timedelta

import pytest

from metrics.domain.accumulator import Episode
from metrics.domain.corrections import Appeared, Edit, Kept, compare, edit, free_key, is_late, overlap
from metrics.domain.kinds import State
from metrics.domain.periods import Duration
from tests.metrics.domain.notation import WEEKLY, replay, week

ABOVE = {"kind": "above", "bound": 70, "sustained": 2}


def ep(start: int, fired: int, end: int | None = None, ending: str | None = None) -> Episode:
    ending = ending or ("recovered" if end else None)
    return Episode(start=week(start), fired=week(fired), end=end and week(end), ending=ending)


def changes(before, after, *, now: int = 10, look_back: str = "P14D"):
    return compare(before, after, as_of=week(now + 1), cadence=WEEKLY, look_back=Duration.parse(look_back))


def test_nothing_changed_changes_nothing():
    same = [ep(1, 2, 4), ep(6, 7)]
    found = changes(same, same)
    assert (found.appeared, found.history, found.retracted, found.merged) == ((), (), (), ())
    assert [(kept.moved, kept.recovered, kept.reopened) for kept in found.kept] == [(False, False, False)] * 2


@pytest.mark.parametrize(
    ("episode", "now", "look_back", "is_signal", "late"),
    [
        (ep(9, 10), 10, "P14D", True, False),
        (ep(8, 9), 10, "P14D", True, True),
        (ep(1, 2), 10, "P14D", True, True),
        (ep(5, 6, 8), 10, "P14D", True, True),
        (ep(5, 6, 7), 10, "P14D", False, None),
        (ep(5, 6, 7), 10, "P21D", True, True),
        (ep(8, 9, 10), 10, "P0D", True, True),
        (ep(8, 9, 9), 10, "P0D", False, None),
    ],
)
def test_what_appeared_is_a_signal_while_open_or_within_look_back_and_else_history(
    episode, now, look_back, is_signal, late
):
    found = changes([], [episode], now=now, look_back=look_back)
    if is_signal:
        assert (found.appeared, found.history) == ((Appeared(episode, late),), ())
    else:
        assert (found.appeared, found.history) == ((), (episode,))


def test_what_vanished_is_retracted_and_never_lost():
    found = changes([ep(1, 2, 4), ep(6, 7)], [])
    assert found.retracted == (ep(1, 2, 4, "retracted"), ep(6, 7, 7, "retracted"))


def test_what_is_gone_already_is_not_retracted_again():
    gone = [ep(1, 2, 2, "retracted"), ep(3, 4, 5, "superseded"), ep(6, 7, 7, "merged")]
    found = changes(gone, [])
    assert (found.retracted, found.kept, found.merged) == ((), (), ())


@pytest.mark.parametrize(
    ("before", "after", "moved", "recovered", "reopened"),
    [
        (ep(3, 4), ep(2, 3), True, False, False),
        (ep(3, 4), ep(3, 5), True, False, False),
        (ep(3, 4), ep(3, 4, 9), False, True, False),
        (ep(3, 4, 6), ep(3, 4), False, False, True),
        (ep(3, 4, 6), ep(5, 6, 9), True, False, False),
    ],
)
def test_an_episode_that_moved_but_overlaps_is_the_same_one(before, after, moved, recovered, reopened):
    found = changes([before], [after])
    assert found.kept == (Kept(before, after),)
    assert (found.appeared, found.history, found.retracted) == ((), (), ())
    assert (found.kept[0].moved, found.kept[0].recovered, found.kept[0].reopened) == (moved, recovered, reopened)


def test_where_one_has_become_two_the_earlier_carries_on():
    found = changes([ep(2, 3)], [ep(2, 3, 5), ep(9, 10)])
    assert found.kept == (Kept(ep(2, 3), ep(2, 3, 5)),)
    assert found.appeared == (Appeared(ep(9, 10), late=False),)


def test_where_two_have_become_one_the_other_is_merged_and_not_retracted():
    found = changes([ep(2, 3, 4), ep(6, 7)], [ep(2, 3)])
    assert found.kept == (Kept(ep(2, 3, 4), ep(2, 3)),)
    assert (found.merged, found.retracted) == ((ep(6, 7, 7, "merged"),), ())


def test_the_same_start_is_the_same_key_before_any_overlap():
    found = changes([ep(2, 3), ep(5, 6)], [ep(5, 6)], now=10)
    assert found.kept == (Kept(ep(5, 6), ep(5, 6)),)
    assert found.merged == (ep(2, 3, 3, "merged"),)


def test_each_episode_is_matched_only_once():
    found = changes([ep(2, 3, 9)], [ep(1, 2, 4), ep(5, 6, 9)])
    assert found.kept == (Kept(ep(2, 3, 9), ep(1, 2, 4)),)
    assert [each.episode for each in found.appeared] == [ep(5, 6, 9)]


def test_a_retracted_episode_that_comes_back_revives_its_key():
    dead = ep(9, 10, 10, "retracted")
    assert changes([dead], [ep(9, 10)]).appeared == (Appeared(ep(9, 10), late=False, revives=dead),)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (ep(1, 1, 3), ep(2, 2, 4), True),
        (ep(1, 1, 3), ep(3, 3, 4), False),
        (ep(1, 1), ep(9, 9), True),
        (ep(1, 1, 3), ep(3, 3), False),
        (ep(2, 2, 3), ep(1, 1, 9), True),
    ],
)
def test_the_period_of_the_clear_value_no_longer_belongs_to_an_episode(one, other, expected):
    assert overlap(one, other) is overlap(other, one) is expected


def test_late_is_when_the_next_period_had_already_settled():
    episode = ep(4, 5)
    edge = week(7)  # week 6 has just ended
    assert is_late(episode, edge, WEEKLY)
    assert not is_late(episode, edge - timedelta(seconds=1), WEEKLY)


def test_a_late_value_appears_with_its_own_week():
    before, after = replay(ABOVE, "60 . 71 60 60"), replay(ABOVE, "60 71 71 60 60")
    found = compare(before.episodes, after.episodes, as_of=week(6), cadence=WEEKLY, look_back=Duration.parse("P30D"))
    assert found.appeared == (Appeared(ep(2, 3, 4), late=True),)


def test_an_edit_supersedes_the_open_episode_and_carries_on_its_task():
    done = edit(ep(3, 4), [ep(2, 5)], State.BREACHED, as_of=week(11), cadence=WEEKLY)
    assert done == Edit(superseded=ep(3, 4, 10, "superseded"), carries_on=ep(2, 5))


def test_a_longer_sustained_demotes_to_pending():
    done = edit(ep(9, 10), [], State.PENDING, as_of=week(11), cadence=WEEKLY)
    assert (done.superseded, done.carries_on, done.demoted, done.signals) == (
        ep(9, 10, 10, "superseded"), None, True, ()
    )  # fmt: skip


def test_an_edit_that_is_no_longer_broken_only_supersedes():
    done = edit(ep(9, 10), [ep(1, 2, 4)], State.OK, as_of=week(11), cadence=WEEKLY)
    assert done == Edit(superseded=ep(9, 10, 10, "superseded"))


def test_an_edit_that_breaks_at_once_is_a_signal():
    done = edit(None, [ep(1, 2, 4), ep(9, 10)], State.BREACHED, as_of=week(11), cadence=WEEKLY)
    assert done == Edit(signals=(Appeared(ep(9, 10), late=False),))
    assert edit(None, [ep(1, 2, 4)], State.OK, as_of=week(11), cadence=WEEKLY) == Edit()


def test_a_key_is_the_start_or_the_next_free_microsecond():
    second = week(1) + timedelta(microseconds=1)
    assert free_key(week(1), set()) == week(1)
    assert free_key(week(1), {week(1), week(2)}) == second
    assert free_key(week(1), {week(1), second}) == week(1) + timedelta(microseconds=2)
