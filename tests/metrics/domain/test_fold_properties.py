"""What holds of every fold, whatever the values, the condition and the order in which things arrive."""

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.domain.accumulator import Accumulator, Episode
from metrics.domain.conditions import parse
from metrics.domain.corrections import GONE, Changes, compare, free_key
from metrics.domain.fold import Reading, State, fold, with_policy
from metrics.domain.periods import Duration
from metrics.domain.timeline import BETWEEN, BREACH, CLEAR, ERROR, INSUFFICIENT, MISSING
from tests.metrics.domain.notation import FIRST, WEEKLY, week

SPANS = st.one_of(st.integers(1, 4), st.sampled_from(["P7D", "P14D", "P20D", "P1M"]))
BASE = st.fixed_dictionaries(
    {},
    optional={
        "sustained": SPANS,
        "gap": st.sampled_from(["break", "skip"]),
        "no_data": st.sampled_from(["hold", "breach", "ok"]),
        "cooldown": st.integers(0, 3),
    },
)
KINDS = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("above"), "bound": st.integers(4, 7), "inclusive": st.booleans()},
        optional={"clear": st.fixed_dictionaries({"bound": st.integers(2, 4), "sustained": SPANS})},
    ),
    st.fixed_dictionaries({"kind": st.just("outside"), "low": st.integers(1, 4), "high": st.integers(5, 8)}),
    st.fixed_dictionaries(
        {"kind": st.just("change"), "percent": st.integers(-50, 50).filter(bool), "against": st.just(1)}
    ),
    st.just({"kind": "process", "rules": [1, 2, 3, 5, 6], "baseline": 5}),
    st.just({"kind": "drift", "chart": "cusum", "baseline": 5, "h": 2}),
    st.just({"kind": "stale", "grace": "P3D"}),
    st.just({"kind": "any", "parts": [{"kind": "above", "bound": 6, "sustained": 2}, {"kind": "below", "bound": 2}]}),
)
SPECS = st.builds(lambda kind, base: kind | base, KINDS, BASE)
VALUES = st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=30)
NOW = 31


def readings(values) -> list[Reading]:
    return [
        Reading(*WEEKLY.period(FIRST + place), None if value is None else Decimal(value))
        for place, value in enumerate(values)
    ]


@given(SPECS, VALUES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(spec, values, random):
    ordered = readings(values)
    shuffled = list(ordered)
    random.shuffle(shuffled)
    assert fold(parse(spec), shuffled, week(NOW), WEEKLY) == fold(parse(spec), ordered, week(NOW), WEEKLY)


@given(SPECS, VALUES)
def test_evaluating_twice_or_later_in_the_same_week_changes_nothing(spec, values):
    condition, known = parse(spec), readings(values)
    folded = fold(condition, known, week(NOW), WEEKLY)
    assert fold(condition, known, week(NOW), WEEKLY) == folded
    if spec["kind"] != "stale":  # whose grace may well end within the week
        later = week(NOW + 1) - timedelta(seconds=1)
        assert fold(condition, known, later, WEEKLY) == folded


@given(SPECS, VALUES, st.integers(0, 30))
def test_a_reading_without_a_value_is_the_same_as_no_reading(spec, values, last):
    known = [*readings([*values, 5])]
    sparse = [reading for reading in known if reading.value is not None]
    dense = known[known.index(sparse[0]) :]
    folded = [fold(parse(spec), some, week(NOW + 1), WEEKLY) for some in (sparse, dense)]
    assert folded[0] == folded[1]


VERDICTS = st.lists(st.sampled_from([BREACH, BREACH, CLEAR, CLEAR, BETWEEN, MISSING, INSUFFICIENT, ERROR]), max_size=40)


@given(SPECS, VERDICTS, st.lists(st.integers(0, 40), max_size=6))
def test_splitting_a_batch_changes_nothing(spec, verdicts, cuts):
    condition = parse(spec)
    verdicts = with_policy(verdicts, condition.no_data)
    starts = [week(number + 1) for number in range(len(verdicts))]
    ends = [week(number + 2) for number in range(len(verdicts))]
    whole = Accumulator(condition, WEEKLY)
    expected = whole.advance(starts, ends, verdicts)
    machine, states, begin = Accumulator(condition, WEEKLY), [], 0
    for cut in [*sorted(min(cut, len(verdicts)) for cut in cuts), len(verdicts)]:
        checkpoint = machine.copy()
        machine.advance(starts[begin:cut], ends[begin:cut], [BREACH] * (cut - begin))  # what a crash leaves behind
        states += checkpoint.advance(starts[begin:cut], ends[begin:cut], verdicts[begin:cut])
        machine, begin = checkpoint, cut
    assert (states, machine.state, machine.episodes) == (expected, whole.state, whole.episodes)


@given(SPECS, VALUES)
def test_states_and_episodes_tell_the_same_story(spec, values):
    folded = fold(parse(spec), readings(values), week(NOW), WEEKLY)
    assert folded.state is (folded.states[-1] if folded.states else State.OK)
    assert (folded.open_episode is not None) == (folded.state in (State.BREACHED, State.RECOVERING))
    assert all(episode.end is not None for episode in folded.episodes[:-1])
    for episode in folded.episodes:
        assert episode.start <= episode.fired
        assert episode.end is None or episode.fired < episode.end
        assert (episode.end is None) == (episode.ending is None)
        assert folded.states[folded.periods.index(episode.fired)] is State.BREACHED
    starts = [episode.start for episode in folded.episodes]
    assert starts == sorted(set(starts))


EVENTS = st.lists(st.tuples(st.integers(0, 19), st.one_of(st.none(), st.integers(0, 9))), max_size=30)


@given(SPECS, EVENTS, st.data())
@settings(max_examples=150)
def test_the_stored_episodes_equal_a_rebuild_after_any_history_of_values(spec, events, data):
    condition, known, rows, now = parse(spec), {}, {}, 2
    for place, value in events:
        known[place] = value
        now = data.draw(st.integers(now, min(now + 3, 21)))
        current = [reading for place, reading in enumerate(readings(map(known.get, range(20)))) if place in known]
        folded = fold(condition, current, week(now), WEEKLY)
        found = compare(
            list(rows.values()), folded.episodes, as_of=week(now), cadence=WEEKLY, look_back=Duration(days=21)
        )
        apply(found, rows)
        alive = [episode for episode in rows.values() if episode.ending not in GONE]
        assert sorted(alive, key=lambda episode: episode.start) == list(folded.episodes)


def apply(found: Changes, rows: dict[datetime, Episode]) -> None:
    """Store changes as a database would: a row's key is the start it was first seen with, and is never given again."""
    keys = {episode: key for key, episode in rows.items()}
    for kept in found.kept:
        rows[keys[kept.before]] = kept.after
    for gone in (*found.retracted, *found.merged):
        key = next(keys[row] for row in keys if row.start == gone.start and row.ending not in GONE)
        rows[key] = gone
    for fresh in (*(appeared.episode for appeared in found.appeared), *found.history):
        alive = {key for key, row in rows.items() if row.ending not in GONE}
        rows[free_key(fresh.start, alive)] = fresh
