"""Break conditions as the condition language has them."""

from decimal import Decimal

import pytest

from decisions.domain import dossier as d
from decisions.domain.breaking import conditions_of, key_of, mistakes, spec_of, words_of
from metrics.domain.conditions import parse, to_json
from tests.factories.dossiers import assumption, condition, dossier


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
