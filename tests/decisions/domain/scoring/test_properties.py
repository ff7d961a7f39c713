"""What must hold for any model."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.domain.scoring import Criterion, Model, Option, Triple, rank

scores = st.lists(st.integers(0, 100), min_size=3, max_size=3).map(lambda three: Triple(*map(float, sorted(three))))


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw models with stated ranges, either direction."""
    criteria = []
    for i in range(draw(st.integers(1, 4))):
        direction = draw(st.sampled_from(["max", "min"]))
        linear = draw(st.booleans())
        worst, best = (0.0, 100.0) if direction == "max" else (100.0, 0.0)
        criteria.append(
            Criterion(
                id=f"c{i}",
                weight=float(draw(st.integers(1, 40))),
                direction=direction,
                scale="linear" if linear else "direct",
                worst=worst if linear else None,
                best=best if linear else None,
            )
        )
    options = [
        Option(id=f"o{i}", scores={c.id: draw(scores) for c in criteria}) for i in range(draw(st.integers(2, 5)))
    ]
    return Model(criteria=tuple(criteria), options=tuple(options))


@given(models(), st.data())
def test_adding_a_dominated_option_never_changes_the_leader(case, data):
    ranking = rank(case, draws=50)
    over = data.draw(st.sampled_from(case.options))
    worse = {}
    for criterion in case.criteria:
        drop = data.draw(st.integers(0, 30))
        sign = -1 if criterion.direction == "max" else 1
        triple = over.scores[criterion.id]
        worse[criterion.id] = Triple(
            *(min(100.0, max(0.0, part + sign * drop)) for part in (triple.low, triple.likely, triple.high))
        )
    larger = replace(case, options=(*case.options, Option(id="worse", scores=worse)))
    again = rank(larger, draws=50)
    assert again.ranking[0].option == ranking.ranking[0].option
    before = {r.option: r.value for r in ranking.ranking}
    assert {r.option: r.value for r in again.ranking if r.option != "worse"} == pytest.approx(before)


@given(models(), st.floats(1e-6, 1e6))
def test_scaling_all_weights_changes_nothing(case, factor):
    scaled = replace(case, criteria=tuple(replace(c, weight=c.weight * factor) for c in case.criteria))
    one, other = rank(case, draws=50), rank(scaled, draws=50)
    assert [r.option for r in one.ranking] == [r.option for r in other.ranking]
    assert one.shares == pytest.approx(other.shares)
    assert [f.new_leader for f in one.break_even] == [f.new_leader for f in other.break_even]


@given(models(), st.sampled_from(["fixed", "uniform", "ordinal", "around"]))
def test_acceptabilities_are_shares(case, weights):
    ranking = rank(case, weights=weights, draws=100)
    for row in ranking.acceptability.values():
        assert sum(row) == pytest.approx(1)
        assert min(row) >= 0
    for option, central in ranking.central_weights.items():
        assert (central is None) == (ranking.acceptability[option][0] == 0)
        if central:
            assert sum(central.values()) == pytest.approx(1)


@given(models())
def test_values_lie_between_0_and_100_and_ranks_follow_them(case):
    ranking = rank(case, draws=10)
    assert all(-1e-9 <= r.value <= 100 + 1e-9 for r in ranking.ranking)
    for r in ranking.ranking:
        assert r.rank == 1 + sum(other.value > r.value + 1e-9 for other in ranking.ranking)


@given(models())
def test_the_order_of_options_does_not_matter_to_their_values(case):
    turned = replace(case, options=case.options[::-1])
    assert {r.option: r.value for r in rank(case, draws=10).ranking} == pytest.approx(
        {r.option: r.value for r in rank(turned, draws=10).ranking}
    )
