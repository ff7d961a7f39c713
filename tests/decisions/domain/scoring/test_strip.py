"""The strip's straight lines say what a whole ranking with those weights says."""

from dataclasses import replace

import pytest

from decisions.domain.scoring import Criterion, Model, Option, Triple, rank, standings, weight_lines
from tests.decisions.domain.scoring.cases import office


@pytest.mark.parametrize("percent", [0.0, 7.5, 32.0, 61.3, 99.0])
@pytest.mark.parametrize("criterion", ["closeness", "image", "parking"])
def test_a_moved_weight_ranks_as_the_model_with_that_weight(criterion, percent):
    model = office()
    lines = weight_lines(rank(model, draws=10))
    rest = sum(c.weight for c in model.criteria if c.id != criterion)
    weights = {c.id: percent if c.id == criterion else c.weight / rest * (100 - percent) for c in model.criteria}
    moved = replace(model, criteria=tuple(replace(c, weight=weights[c.id]) for c in model.criteria))
    expected = {ranked.option: ranked for ranked in rank(moved, draws=10).ranking}
    for standing in standings(lines[criterion], percent):
        assert standing.value == pytest.approx(expected[standing.option].value, abs=0.002)
        assert standing.rank == expected[standing.option].rank


def test_options_that_are_level_share_a_rank_and_a_criterion_alone_has_no_strip():
    model = Model(
        criteria=(Criterion(id="c", weight=1.0),),
        options=tuple(Option(id=name, scores={"c": Triple.exactly(50.0)}) for name in "ab"),
    )
    assert weight_lines(rank(model, draws=10)) == {}
    assert [s.rank for s in standings({"a": (50.0, 20.0), "b": (30.0, 40.0)}, 50.0)] == [1, 1]
