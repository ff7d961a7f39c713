"""Parity: what one option has and another lacks."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from decisions.domain import dossier as d
from decisions.domain.parity import DEMANDED_OF_ALL, FACETS, gaps, parity
from tests.factories.decisions import dossier, option


def test_options_worked_out_alike_have_no_gap():
    assert gaps(dossier()) == ()
    assert len({depth.share for depth in parity(dossier())}) == 1


def test_what_nobody_has_is_no_gap():
    bare = replace(dossier(), options=d.Options(options=tuple(d.Option(id=name) for name in "abc")))
    bare = replace(bare, impacts=d.Impacts(), costs=d.Costs(), risks=d.Risks())
    assert gaps(bare) == ()
    assert [depth.share for depth in parity(bare)] == [0, 0, 0]


def test_a_gap_names_the_option_the_facet_and_the_place():
    full = dossier()
    effects = (d.SideEffect(option="a", text="Louder."),)
    rows = gaps(replace(full, impacts=replace(full.impacts, side_effects=effects)))
    assert [(row.option, row.facet, row.section, row.anchor) for row in rows] == [
        ("b", "side effects", "impacts", "side_effect-b"),
        ("c", "side effects", "impacts", "side_effect-c"),
    ]
    assert rows[0].sentence == "“Option B” has no side effects, while “Option A” has; work both out to the same depth."


def test_an_empty_side_effect_does_not_count():
    full = dossier()
    effects = (d.SideEffect(option="a", text="Louder."), d.SideEffect(option="b", text=" "))
    rows = gaps(replace(full, impacts=replace(full.impacts, side_effects=effects)))
    assert [row.option for row in rows] == ["b", "c"]


@given(st.lists(st.sets(st.sampled_from(["summary", "resources", "position"])), min_size=2, max_size=4))
def test_gaps_are_what_somebody_has_minus_what_each_has(missing: list[set[str]]):
    blanks = {"summary": "", "resources": "", "position": None}
    options = tuple(
        option(f"o{place}", **{name: blanks[name] for name in names}) for place, names in enumerate(missing)
    )
    names = {"position": "place on the trade-off"}
    rows = {(row.option, row.facet) for row in gaps(d.Dossier(options=d.Options(options=options)))}
    had = {name for name in blanks if any(name not in gone for gone in missing)}
    assert rows == {
        (f"o{place}", names.get(name, name)) for place, gone in enumerate(missing) for name in gone if name in had
    }


def test_three_facets_are_left_to_parity():
    assert {facet for facet, _, _ in FACETS} - DEMANDED_OF_ALL == {"summary", "side effects", "effort estimate"}
