"""The complaints that users of other systems repeat (13, 15 and 17), each one as a regression test."""

import pytest

from metrics.domain.accumulator import Accumulator
from metrics.domain.backtesting import summary
from metrics.domain.cases import read_case, run_case, written
from metrics.domain.conditions import BadCondition, parse, same_predicate
from metrics.domain.corrections import Appeared, compare, edit
from metrics.domain.fold import Health, State, fold
from metrics.domain.periods import Duration
from tests.metrics.domain.notation import WEEKLY, episodes, letters, monday, replay, states, week, weeks

ABOVE = {"kind": "above", "bound": 70}


def test_complaint_13_evidence_that_stopped_coming_is_seen():
    """Stale decisions go unseen: silence breaks a stale condition, and shows in the health of every other."""
    stale = replay({"kind": "stale", "grace": "P7D"}, "60 61", after=3)
    assert (letters(stale), stale.state) == ("o o o B B", State.BREACHED)
    assert replay(ABOVE, "60 61", after=3).health is Health.NO_DATA


def test_complaint_15_a_backtest_is_the_live_evaluation():
    """Triggers cannot be tried on history: the file form replays by the same function, week by week, as it ran live."""
    values = ["60", "71", "72", ".", "73", "60", "71", "71", "71"]
    spec = ABOVE | {"sustained": 2, "clear": {"bound": 65}}
    rows = ",".join(f'["{monday(n)}", {"null" if v == "." else v}]' for n, v in enumerate(values, start=1))
    condition = '{"kind": "above", "bound": 70, "sustained": 2, "clear": {"bound": 65}}'
    case = f'{{"condition": {condition}, "cadence": "weekly", "values": [{rows}], "as_of": "{monday(10)}"}}'
    live = [
        fold(parse(spec), weeks(" ".join(values[:count])), week(count + 1), WEEKLY).state.value
        for count in range(1, len(values) + 1)
    ]
    answer = run_case(read_case(case))
    assert answer["states"] == live
    assert answer == written(replay(spec, " ".join(values)), WEEKLY)


def test_complaint_15_the_author_sees_how_often_it_would_have_cried_wolf():
    assert summary(replay(ABOVE, "71 60 " * 9)).fired == 9
    assert summary(replay(ABOVE | {"sustained": 2}, "71 60 " * 9)).fired == 0


def test_complaint_17_a_late_or_back_dated_value_fires():
    spec = ABOVE | {"sustained": 2}
    before, after = replay(spec, "60 60 _ 71 60"), replay(spec, "60 60 71 71 60")
    found = compare(before.episodes, after.episodes, as_of=week(6), cadence=WEEKLY, look_back=Duration(days=14))
    assert found.appeared == (Appeared(after.episodes[0], late=True),)


def test_complaint_17_a_restart_forgets_no_pending_state():
    spec = parse(ABOVE | {"sustained": 3})
    machine = Accumulator(spec, WEEKLY)
    machine.advance([week(1), week(2)], [week(2), week(3)], [2, 2])
    restarted = machine.copy()
    assert restarted.advance([week(3)], [week(4)], [2]) == [State.BREACHED]
    assert letters(fold(spec, weeks("71 71 71"), week(4), WEEKLY)) == "p p B"


def test_complaint_17_an_edit_of_words_changes_nothing():
    assert same_predicate(parse(ABOVE), parse(ABOVE | {"severity": "critical", "note": "said better"}))


def test_complaint_17_an_edit_neither_fires_again_nor_loses_the_resolve():
    old = replay(ABOVE, "60 71 72")
    new = replay(ABOVE | {"bound": 65}, "60 71 72")
    done = edit(old.open_episode, new.episodes, new.state, as_of=week(4), cadence=WEEKLY)
    assert (done.carries_on, done.signals) == (new.open_episode, ())
    later = replay(ABOVE | {"bound": 65}, "60 71 72 60")
    found = compare(new.episodes, later.episodes, as_of=week(5), cadence=WEEKLY, look_back=Duration(days=14))
    assert [kept.recovered for kept in found.kept] == [True]


def test_complaint_17_an_empty_trailing_bucket_does_not_read_zero():
    spec = {"kind": "below", "bound": 10}
    folded = replay(spec, "60 60 .", after=2)
    assert (letters(folded), folded.health) == ("o o o", Health.NO_DATA)
    assert fold(parse(spec), weeks("60 60 3"), week(3), WEEKLY).state is State.OK  # the open week


@pytest.mark.parametrize(("inclusive", "expected"), [(False, "o"), (True, "B")])
def test_complaint_17_equality_fires_only_when_told_so(inclusive, expected):
    assert states({"kind": "above", "bound": "0.3", "inclusive": inclusive}, "0.30") == expected


@pytest.mark.parametrize(
    ("percent", "values", "expected"), [(10, "-100 -89", "o B"), (10, "-100 -111", "o o"), (-10, "-100 -111", "o B")]
)
def test_complaint_17_a_percent_change_has_the_right_sign_and_scale(percent, values, expected):
    assert states({"kind": "change", "percent": percent, "against": 1}, values) == expected


def test_complaint_17_a_recovery_threshold_has_an_effect_or_is_refused():
    assert states(ABOVE | {"clear": {"bound": 60}}, "71 65 60") == "B B o"
    with pytest.raises(BadCondition, match="it would never have an effect"):
        parse(ABOVE | {"clear": {"bound": 75}})


def test_complaint_17_a_cooldown_skips_no_evaluation():
    folded = replay(ABOVE | {"cooldown": 3}, "71 60 71 60")
    assert (letters(folded), episodes(folded), folded.episodes[0].flaps) == ("B o B o", [(1, 1, 4)], 1)
