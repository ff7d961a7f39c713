"""Break conditions as the condition language has them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from decisions.domain import conditions as c
from decisions.domain import dossier as d
from decisions.domain.breaking import conditions_of, key_of, metrics_of, mistakes, spec_of, tidied, words_of
from decisions.domain.reading import section_from
from decisions.domain.writing import section_to
from metrics.domain.conditions import parse, to_json
from tests.factories.dossiers import BACKLOG, assumption, condition, dossier


def test_a_condition_is_armed_under_its_assumption():
    assert key_of(assumption(), condition()) == "a1.c1"
    assert [(one.id, two.id) for one, two in conditions_of(dossier())] == [("a1", "c1")]


def test_every_field_reaches_the_condition_language():
    given = condition(
        kind="below",
        bound=Decimal("10.50"),
        inclusive=True,
        sustained=3,
        clear=d.Clear(bound=Decimal(12), sustained=2),
        gap="skip",
        no_data="breach",
        severity="critical",
    )
    assert to_json(parse(spec_of(given))) == {
        "kind": "below",
        "bound": "10.5",
        "inclusive": True,
        "sustained": 3,
        "clear": {"bound": "12", "sustained": 2},
        "gap": "skip",
        "no_data": "breach",
        "cooldown": 0,
        "severity": "critical",
    }


def test_a_band_takes_its_two_bounds_and_no_other():
    spec = spec_of(condition(kind="outside", bound=Decimal(5), low=Decimal(1), high=Decimal(9)))
    assert (spec["low"], spec["high"]) == ("1", "9")
    assert "bound" not in spec


@pytest.mark.parametrize(
    "given",
    [
        condition(bound=None),
        condition(kind="outside", low=Decimal(9), high=Decimal(1)),
        condition(kind="above", clear=d.Clear(bound=Decimal(11))),
        condition(kind="below", clear=d.Clear(bound=Decimal(9))),
    ],
)
def test_what_the_language_refuses_is_said(given: d.BreakCondition):
    assert mistakes(given)


def test_it_is_said_in_words():
    assert mistakes(condition()) == ()
    assert words_of(condition(sustained=2), "backlog growth", "%", "weekly") == (
        "when backlog growth is above 10 % for 2 settled weeks"
    )


def test_unit_and_cadence_may_be_unknown():
    assert words_of(condition(sustained=2), "It") == "when It is above 10 for 2 settled periods"


def of_kind(kind: str, **fields: Any) -> d.BreakCondition:
    return d.BreakCondition(**{"id": "c1", "metric": BACKLOG, "kind": kind} | fields)


# Every kind with all its parameters, what the condition language makes of it, and how it reads.
EVERY_KIND = [
    (of_kind(kind="above", bound=Decimal(4), sustained=2), "when growth is above 4 % for 2 settled weeks"),
    (
        of_kind(kind="below", bound=Decimal(4), sustained_for="P21D", clear=d.Clear(bound=Decimal(5), itself="no")),
        "when growth is below 4 % for 21 days, until it is above 5 %",
    ),
    (
        of_kind(kind="outside", low=Decimal(1), high=Decimal(9), clear=d.Clear(low=Decimal(2), high=Decimal(8))),
        "when growth is outside 1 to 9 %, until it is inside 2 to 8 %",
    ),
    (
        of_kind(kind="inside", low=Decimal(1), high=Decimal(9), inclusive=True, clear=d.Clear(sustained_for="P14D")),
        "when growth is inside 1 to 9 %, until it is clear for 14 days",
    ),
    (
        of_kind(kind="change", change=c.Change(percent=Decimal(20), direction="fall", periods=4)),
        "when growth falls by more than 20 % against 4 weeks before",
    ),
    (
        of_kind(kind="change", inclusive=True, change=c.Change(percent=Decimal(5), baseline=Decimal(70))),
        "when growth rises by at least 5 % against the baseline 70 %",
    ),
    (
        of_kind(kind="process", process=c.Process(rules=(1, 5)), baseline=c.Window(periods=20)),
        "when growth breaks Nelson rules 1, 5 against the first 20 weeks",
    ),
    (
        of_kind(
            kind="process",
            process=c.Process(rules=(4,), rule_set="western_electric"),
            baseline=c.Window(first=date(2026, 1, 5), last=date(2026, 3, 30)),
        ),
        "when growth breaks Western Electric rule 4 against 5 Jan 2026 to 30 Mar 2026",
    ),
    (
        of_kind(
            kind="drift",
            drift=c.Drift(
                side="above",
                target=Decimal(50),
                sigma=Decimal("2.5"),
                weight=Decimal("0.3"),
                width=Decimal(3),
                limits="exact",
            ),
        ),
        "when growth drifts upwards by its EWMA chart (λ 0.3, limits at 3 σ exact, target 50, σ 2.5)",
    ),
    (
        of_kind(
            kind="drift",
            drift=c.Drift(chart="cusum", slack=Decimal("0.5"), interval=Decimal(4)),
            baseline=c.Window(periods=12),
        ),
        "when growth drifts by its CUSUM chart (k 0.5 σ, h 4 σ, against the first 12 weeks)",
    ),
    (
        of_kind(kind="stale", stale=c.Stale(grace="P3D")),
        "when growth has no settled value within its cadence and 3 days of grace",
    ),
    (
        of_kind(
            kind="forecast",
            bound=Decimal(70),
            forecast=c.Forecast(side="below", probability=Decimal(80), horizon=4, minimum_history=12),
        ),
        "when growth is 80 % likely to be below 70 % within 4 weeks",
    ),
    (
        of_kind(kind="definition", definition_version=3),
        "when the approved definition of growth is no longer version 3",
    ),
    (
        of_kind(
            kind="all",
            sustained=2,
            cooldown="P7D",
            parts=(
                c.Predicate(id="p1", kind="above", bound=Decimal(4)),
                c.Predicate(id="p2", metric="inflow", kind="below", bound=Decimal(9), sustained=3),
            ),
        ),
        "when (growth is above 4 %) and (cases in is below 9 cases for 3 settled months) for 2 settled weeks",
    ),
    (
        of_kind(kind="any", parts=(c.Predicate(id="p1", metric=BACKLOG, kind="stale"),)),
        "when (growth has no settled value within its cadence)",
    ),
]


@pytest.mark.parametrize(("given", "words"), EVERY_KIND)
def test_every_kind_with_all_its_parameters_reads_as_one_plain_sentence(given: d.BreakCondition, words: str):
    assert mistakes(given) == ()
    assert words_of(given, "growth", "%", "weekly", {"inflow": ("cases in", "cases", "monthly")}) == words


@pytest.mark.parametrize(("given", "words"), EVERY_KIND)
def test_every_kind_is_written_and_read_back_whole(given: d.BreakCondition, words: str):
    criteria = d.Criteria(assumptions=(assumption(conditions=(given,)),))
    assert section_from("criteria", section_to(criteria)) == criteria
    assert tidied(given) == given


def test_what_the_first_release_wrote_is_written_as_it_was():
    assert section_to(condition()).keys() == {
        *("id", "metric", "kind", "bound", "low", "high", "inclusive", "sustained", "clear", "gap", "no_data"),
        "severity",
    }


def test_what_belongs_to_another_kind_is_not_kept():
    mixed = condition(
        kind="process",
        bound=Decimal(4),
        low=Decimal(1),
        clear=d.Clear(bound=Decimal(3), itself="yes", sustained=2),
        process=c.Process(rules=(1,)),
        baseline=c.Window(periods=20),
        stale=c.Stale(grace="2"),
        parts=(c.Predicate(id="p1"),),
    )
    wanted = condition(
        kind="process",
        bound=None,
        clear=d.Clear(sustained=2),
        process=c.Process(rules=(1,)),
        baseline=c.Window(periods=20),
    )
    assert tidied(mixed) == wanted


def test_a_composite_watches_the_metrics_of_its_parts():
    parts = (c.Predicate(id="p1"), c.Predicate(id="p2", metric="inflow"))
    assert metrics_of(condition(kind="any", parts=parts)) == {BACKLOG, "inflow"}
    assert metrics_of(condition(parts=parts)) == {BACKLOG}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (condition(kind="all"), "Give it at least one condition to put together."),
        (condition(kind="any", parts=(c.Predicate(id="p1"),)), "Part 1: “Bound” is missing: give a number."),
        (condition(kind="inside", low=Decimal(9), high=Decimal(1)), "The lower bound must lie below the upper bound."),
        (condition(kind="change"), "“Percent” is missing: give a number."),
        (condition(kind="process", baseline=c.Window(periods=9)), "different numbers with commas, from 1 to 8"),
        (condition(kind="process", process=c.Process(rules=(1,))), "State the baseline"),
        (
            condition(kind="process", process=c.Process(rules=(1,)), baseline=c.Window(first=date(2026, 1, 1))),
            "Write the two dates of the baseline",
        ),
        (condition(kind="drift"), "Give a target and σ, or how many of the first periods"),
        (condition(kind="stale", stale=c.Stale(grace="soon")), "“Grace”"),
        (condition(kind="forecast", bound=None), "“Probability”: give a number of percent"),
        (condition(kind="definition"), "“Version of the definition” is missing"),
        (condition(sustained_for="for ever"), "“Periods in a row”"),
        (condition(cooldown="PT1"), "“Cooldown”"),
        (
            condition(kind="outside", low=Decimal(1), high=Decimal(9), clear=d.Clear(low=Decimal(0), high=Decimal(8))),
            "The clear band must lie within the band that may not be left.",
        ),
    ],
)
def test_what_is_wrong_with_a_kind_is_a_sentence(given: d.BreakCondition, sentence: str):
    assert sentence in " ".join(mistakes(given))


def test_what_a_definition_has_no_field_for_is_not_asked_of_it():
    """Periods in a row that were typed while another kind was chosen are no obstacle, and are not kept."""
    left = condition(kind="definition", definition_version=1, sustained=2, clear=c.Clear(sustained=3))
    assert mistakes(left) == ()
    assert tidied(left) == replace(tidied(left), sustained=1, clear=c.Clear())
