"""Parity: what one option has and another lacks."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.domain import dossier as d
from decisions.domain.parity import DEMANDED_OF_ALL, FACETS, KINDS, gaps, parity
from tests.factories.dossiers import dossier, option


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


FULL = dossier()
FIRST, *REST = FULL.options.options


def with_first(**fields: object) -> d.Dossier:
    return replace(FULL, options=replace(FULL.options, options=(replace(FIRST, **fields), *REST)))  # type: ignore[arg-type]


def with_costs(**fields: object) -> d.Dossier:
    first, *rest = FULL.costs.costs
    return replace(FULL, costs=replace(FULL.costs, costs=(replace(first, **fields), *rest)))  # type: ignore[arg-type]


def with_impact(**fields: object) -> d.Dossier:
    first, *rest = FULL.impacts.impacts
    return replace(FULL, impacts=replace(FULL.impacts, impacts=(replace(first, **fields), *rest)))  # type: ignore[arg-type]


ONE = Decimal(1)


@pytest.mark.parametrize(
    ("given", "facet"),
    [
        (with_first(summary=" "), "summary"),
        (with_first(resources=" "), "resources"),
        (with_first(complexity=None), "complexity with its reason"),
        (with_first(complexity_reason=""), "complexity with its reason"),
        (with_first(position=None), "place on the trade-off"),
        (with_first(signal=d.Signal(text="x")), "quantitative signal"),
        (with_first(signal=d.Signal(text=" ", bound=ONE)), "quantitative signal"),
        (with_first(risk_indicator=d.Signal(metric="x")), "risk indicator"),
        (with_first(evidence=()), "evidence"),
        (with_impact(option="z"), "impact on every success metric"),
        (with_impact(success_metric="m2"), "impact on every success metric"),
        (with_impact(estimate=d.Estimate(low=ONE, likely=ONE)), "impact on every success metric"),
        (with_costs(option="z"), "cost estimate"),
        (with_costs(cost=d.Estimate(low=ONE, high=ONE)), "cost estimate"),
        (
            replace(FULL, risks=replace(FULL.risks, risks=FULL.risks.risks[1:])),
            "risk with mitigation",
        ),
        (
            replace(
                FULL,
                risks=replace(FULL.risks, risks=(replace(FULL.risks.risks[0], mitigation=" "), *FULL.risks.risks[1:])),
            ),
            "risk with mitigation",
        ),
    ],
)
def test_each_facet_counts(given: d.Dossier, facet: str):
    assert [(row.option, row.facet) for row in gaps(given)] == [("a", facet)]


def test_a_signal_in_words_or_by_a_metric_counts():
    for signal in (d.Signal(text="x", bound=ONE), d.Signal(metric="x", bound=ONE)):
        assert gaps(with_first(signal=signal)) == ()


def test_an_effort_counts_for_its_own_option_only():
    effort = d.Estimate(low=ONE, likely=ONE, high=ONE)
    rows = gaps(with_costs(effort_days=effort))
    assert [(row.option, row.facet, row.anchor) for row in rows] == [
        ("b", "effort estimate", "cost-b"),
        ("c", "effort estimate", "cost-c"),
    ]


def test_depth_is_a_share():
    first, second, _ = parity(with_first(summary="", position=None))
    assert (second.share - first.share) * len(FACETS) == pytest.approx(2)
    assert (first.name, first.option) == ("Option A", "a")
    assert parity(with_first(name=" "))[0].name == "a"


def test_three_facets_are_left_to_parity():
    assert {facet for facet, _, _ in FACETS} - DEMANDED_OF_ALL == {"summary", "side effects", "effort estimate"}


def test_each_facet_is_of_one_kind_and_the_gauge_counts_them():
    assert sorted(facet for facets in KINDS.values() for facet in facets) == sorted(facet for facet, _, _ in FACETS)
    assert parity(dossier())[0].kinds == (("fields", 4, 4), ("evidence", 1, 1), ("signals", 2, 2), ("depth", 3, 5))
