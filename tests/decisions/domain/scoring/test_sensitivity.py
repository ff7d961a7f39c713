"""Break-even weights and smallest flips, each checked by ranking again on both sides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.domain.scoring import Model, Triple, rank
from tests.decisions.domain.scoring.cases import model

STEP = 1e-6


def with_share(case: Model, criterion: str, share: float) -> Model:
    """Return the model with one criterion's share set and the others in proportion."""
    others = sum(c.weight for c in case.criteria if c.id != criterion)
    return replace(
        case,
        criteria=tuple(
            replace(c, weight=share if c.id == criterion else (1 - share) * c.weight / others) for c in case.criteria
        ),
    )


def leader(case: Model) -> str:
    return rank(case, draws=1).ranking[0].option


@st.composite
def models(draw: st.DrawFn) -> Model:
    criteria = [f"c{i}" for i in range(draw(st.integers(2, 4)))]
    scores = st.integers(0, 100)
    options = [f"o{i}" for i in range(draw(st.integers(2, 5)))]
    weights = {c: float(draw(st.integers(1, 50))) for c in criteria}
    return model(weights, {o: {c: draw(scores) for c in criteria} for o in options})


@given(models())
def test_the_leader_changes_exactly_at_the_break_even_weight(case):
    ranking = rank(case, draws=1)
    if len(ranking.leaders) > 1:
        return
    for found in ranking.break_even:
        away = STEP if found.weight >= found.stated else -STEP
        before, beyond = found.weight - away, found.weight + away
        if not 0 < min(before, beyond) <= max(before, beyond) < 1 or abs(found.weight - found.stated) < STEP:
            continue
        assert leader(with_share(case, found.criterion, before)) == ranking.leaders[0]
        assert leader(with_share(case, found.criterion, beyond)) != ranking.leaders[0]


@given(models())
def test_no_break_even_weight_is_missed(case):
    ranking = rank(case, draws=1)
    if len(ranking.leaders) > 1:
        return
    for criterion, stated in ranking.shares.items():
        found = [f.weight for f in ranking.break_even if f.criterion == criterion]
        low = max((w for w in found if w <= stated), default=0.0)
        high = min((w for w in found if w >= stated), default=1.0)
        for share in np.linspace(low + STEP, high - STEP, 7):
            if low + STEP <= share <= high - STEP:
                assert ranking.leaders[0] in rank(with_share(case, criterion, float(share)), draws=1).leaders


def test_the_new_leader_is_named():
    case = model({"a": 60.0, "b": 40.0}, {"x": {"a": 100, "b": 0}, "y": {"a": 0, "b": 100}, "z": {"a": 45, "b": 45}})
    found = {f.criterion: f for f in rank(case).break_even}
    assert found["a"].weight == pytest.approx(0.5)
    assert found["a"].new_leader == "y"
    assert found["b"].weight == pytest.approx(0.5)


def test_both_sides_have_a_break_even_weight_and_the_nearer_comes_first():
    case = model({"a": 40.0, "b": 60.0}, {"x": {"a": 0, "b": 100}, "y": {"a": 60, "b": 70}, "z": {"a": 100, "b": 0}})
    found = [f for f in rank(case).break_even if f.criterion == "a"]
    assert [(f.new_leader, round(f.weight, 4)) for f in found] == [("x", 0.3333), ("z", 0.6364)]


def test_one_criterion_has_no_break_even():
    assert rank(model({"a": 1.0}, {"x": {"a": 1}, "y": {"a": 2}})).break_even == ()


def test_a_dominating_leader_cannot_be_overturned_by_weights():
    ranking = rank(model({"a": 1.0, "b": 2.0}, {"x": {"a": 90, "b": 80}, "y": {"a": 70, "b": 60}}))
    assert ranking.break_even == ()
    assert ranking.weight_flip is None
    assert ranking.score_flip.new_leader == "y"


@given(models())
def test_the_smallest_weight_flip_draws_level_and_nothing_smaller_does(case):
    ranking = rank(case, draws=1)
    flip = ranking.weight_flip
    if flip is None or len(ranking.leaders) > 1:
        return
    assert sum(flip.weights.values()) == pytest.approx(1)
    assert min(flip.weights.values()) >= -1e-12
    values = np.array([list(ranking.values[o.id].values()) for o in case.options])
    changed = values @ np.array(list(flip.weights.values()))
    ids = [o.id for o in case.options]
    assert changed[ids.index(flip.new_leader)] == pytest.approx(changed[ids.index(ranking.leaders[0])])
    rng = np.random.default_rng(0)
    shares = np.array(list(ranking.shares.values()))
    tried = rng.dirichlet(np.ones(len(shares)), 2000)
    distance = np.abs(tried - shares).sum(axis=1) / 2
    nearer = tried[distance < flip.moved - 1e-9]
    totals = nearer @ values.T
    assert (totals[:, ids.index(ranking.leaders[0])] >= totals.max(axis=1) - 1e-9).all()


@given(models())
def test_the_smallest_score_flip_draws_level(case):
    ranking = rank(case, draws=1)
    flip = ranking.score_flip
    if flip is None or len(ranking.leaders) > 1:
        return

    def moved(points: float) -> Model:
        options = []
        for option in case.options:
            scores = dict(option.scores)
            if option.id == flip.option:
                value = min(100.0, max(0.0, flip.score_from + points))
                scores[flip.criterion] = Triple.exactly(value)
            options.append(replace(option, scores=scores))
        return replace(case, options=tuple(options))

    assert flip.score_to == pytest.approx(flip.score_from + flip.points)
    assert leader(moved(flip.points * (1 - 1e-4))) == ranking.leaders[0]
    level = {r.option: r.value for r in rank(moved(flip.points), draws=1).ranking}
    assert level[flip.new_leader] == pytest.approx(level[ranking.leaders[0]])


def test_the_score_flip_speaks_the_unit_of_the_criterion():
    case = model(
        {"cost": 1.0}, {"x": {"cost": 100}, "y": {"cost": 300}}, scale="linear", direction="min", worst=500.0, best=0.0
    )
    flip = rank(case).score_flip
    assert abs(flip.points) == pytest.approx(40)
    assert flip.score_to == pytest.approx(300 if flip.option == "x" else 100)
