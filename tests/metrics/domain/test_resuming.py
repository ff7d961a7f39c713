"""Folding the end of a history says what folding all of it says, or says that it cannot."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from metrics.domain.accumulator import Episode
from metrics.domain.conditions import parse
from metrics.domain.fold import Context, Reading, fold
from metrics.domain.resuming import Resumed, may_resume, resume
from metrics.domain.timeline import History
from tests.metrics.domain.notation import FIRST, WEEKLY, week
from tests.metrics.domain.test_fold_properties import SPANS

ABOVE = {"kind": "above", "bound": 5}
BOUNDS = st.builds(
    lambda kind, base: kind | base,
    st.one_of(
        st.fixed_dictionaries(
            {"kind": st.just("above"), "bound": st.integers(4, 7), "inclusive": st.booleans()},
            optional={"clear": st.fixed_dictionaries({"bound": st.integers(2, 4), "sustained": SPANS})},
        ),
        st.fixed_dictionaries(
            {"kind": st.just("below"), "bound": st.integers(2, 5)},
            optional={"clear": st.fixed_dictionaries({"bound": st.integers(5, 6), "sustained": SPANS})},
        ),
        st.fixed_dictionaries(
            {"kind": st.sampled_from(["outside", "inside"]), "low": st.integers(1, 4), "high": st.integers(5, 8)}
        ),
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "sustained": SPANS,
            "gap": st.sampled_from(["break", "skip"]),
            "no_data": st.sampled_from(["hold", "breach", "ok"]),
        },
    ),
)
# Of each week: nothing, a withdrawn value, or a value with its sample.
WEEKS = st.lists(
    st.one_of(st.tuples(st.integers(0, 9), st.sampled_from([None, 5, 50])), st.sampled_from([None, (None, None)])),
    min_size=4,
    max_size=40,
)
CONTEXT = Context(minimum_sample=10)


def at(place: int) -> datetime:
    """Return the start of a week, numbered from 0."""
    return week(place + 1)


def readings(weeks) -> list[Reading]:
    return [
        Reading(*WEEKLY.period(FIRST + place), None if value is None else Decimal(value), sample)
        for place, (value, sample) in ((place, each) for place, each in enumerate(weeks) if each is not None)
    ]


def ending(known: list[Reading], begin: datetime, now: datetime) -> History:
    return History([each for each in known if each.period_start >= begin], now, WEEKLY, CONTEXT.minimum_sample)


def ways(spec, values: str, *, changed: int, folded_at: int, begin: int = 0, known=()) -> Resumed | None:
    """Resume over weekly values ("." for none) of which those from week `changed` on are new."""
    weeks = [None if value == "." else (int(value), None) for value in values.split()]
    history = ending(readings(weeks), at(begin), at(len(weeks)))
    return resume(parse(spec), history, CONTEXT, known=known, folded_at=at(folded_at), changed=at(changed))


@settings(max_examples=150)
@given(BOUNDS, WEEKS, WEEKS, st.data())
def test_it_is_the_end_of_the_fold_of_all(spec, weeks, later, data):
    condition = parse(spec)
    changed = data.draw(st.integers(1, len(weeks)), "the first week with a new value")
    folded_at = data.draw(st.integers(changed // 2, len(weeks)), "the week in which it was folded before")
    now = data.draw(
        st.integers(folded_at, max(folded_at, changed + len(later) + 2)), "the week in which it is folded now"
    )
    begin = data.draw(st.integers(0, changed // 2), "the first week that is read")
    before, after = readings(weeks), readings([*weeks[:changed], *later])
    assume(after)
    known = fold(condition, before, at(folded_at), WEEKLY, CONTEXT).episodes
    whole = fold(condition, after, at(now), WEEKLY, CONTEXT)
    resumed = resume(
        condition,
        ending(after, at(begin), at(now)),
        CONTEXT,
        known=known,
        folded_at=at(folded_at),
        changed=at(changed),
    )
    event("resumed" if resumed else "needs all")
    if resumed is None:
        return
    rested = resumed.rested
    assert (resumed.folded.state, resumed.folded.health) == (whole.state, whole.health)
    assert resumed.folded.episodes == tuple(each for each in whole.episodes if each.start > rested)
    assert [each for each in known if each.start <= rested] == [e for e in whole.episodes if e.start <= rested]


def test_it_goes_on_from_the_last_clear_week_before_the_change():
    resumed = ways(ABOVE | {"sustained": 2}, "9 1 6 1 6 7", changed=5, folded_at=5)
    assert resumed is not None
    assert resumed.rested == at(3)
    assert resumed.folded.episodes == (Episode(start=at(4), fired=at(5)),)


def test_a_breach_that_is_over_is_left_as_it_is():
    over = Episode(start=at(0), fired=at(0), end=at(2), ending="recovered")
    resumed = ways(ABOVE, "9 9 1 1 9", changed=4, folded_at=4, known=[over])
    assert resumed is not None
    assert resumed.rested == at(3)
    assert resumed.folded.episodes == (Episode(start=at(4), fired=at(4)),)


@pytest.mark.parametrize(
    ("spec", "values", "given"),
    [
        pytest.param(ABOVE, "9 9 9 9", {}, id="no clear value"),
        pytest.param(ABOVE, "9 1 1 1", {"known": [Episode(at(0), at(0))]}, id="a breach goes on"),
        pytest.param(ABOVE, "1 1 1 1", {"folded_at": 0}, id="nothing had settled when it was folded"),
        pytest.param(ABOVE, "1 1 1 1", {"changed": 0}, id="all is new"),
        pytest.param(ABOVE, "1 9 . 9", {"begin": 1}, id="what is read begins too late"),
        pytest.param(ABOVE | {"cooldown": 2}, "1 1 1 1", {}, id="a cooldown remembers"),
        pytest.param({"kind": "change", "percent": 5, "against": 1}, "1 1 1 1", {}, id="a change has a base"),
        pytest.param({"kind": "any", "parts": [ABOVE]}, "1 1 1 1", {}, id="parts have memories of their own"),
        pytest.param({"kind": "stale", "grace": "P3D"}, "1 1 1 1", {}, id="silence begins anywhere"),
    ],
)
def test_all_of_the_history_is_needed(spec, values, given):
    assert ways(spec, values, **({"changed": 3, "folded_at": 3} | given)) is None


def test_only_bounds_without_a_cooldown_are_resumed():
    kinds = {"above": {"bound": 1}, "below": {"bound": 1}, "outside": {"low": 1, "high": 2}}
    assert all(may_resume(parse({"kind": kind} | rest)) for kind, rest in kinds.items())
    assert not may_resume(parse(ABOVE | {"cooldown": "P7D"}))
    assert not may_resume(parse({"kind": "process", "rules": [1], "baseline": 5}))
