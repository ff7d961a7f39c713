"""Conditions that are refused: every mistake at once, each a sentence at its field."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.conditions import BadCondition, parse

ABOVE = {"kind": "above", "bound": 4}
PROCESS = {"kind": "process", "rules": [1, 2], "baseline": 20}
EWMA = {"kind": "drift", "chart": "ewma", "target": 50, "sigma": "2.0539", "lambda": Decimal("0.3")}
CUSUM = {"kind": "drift", "chart": "cusum", "baseline": ["2026-01-01", "2026-03-31"], "k": 1, "h": 4}
FORECAST = {"kind": "forecast", "bound": 70, "side": "below", "horizon": 4, "probability": "0.8"}


def mistakes(spec) -> dict[str, list[str]]:
    with pytest.raises(BadCondition) as refused:
        parse(spec)
    return refused.value.errors


def test_every_mistake_is_named_at_once_by_its_field():
    spec = {
        "kind": "above",
        "bound": "four",
        "sustained": 0,
        "gap": "fill",
        "no_data": 0,
        "inclusive": "yes",
        "sustian": 2,
    }
    assert mistakes(spec) == {
        "bound": ["“bound”: give a number."],
        "sustained": ["“sustained” must be a whole number from 1 to 10000."],
        "gap": ["“gap” must be one of break, skip."],
        "no_data": ["“no_data” must be one of hold, breach, ok."],
        "inclusive": ["“inclusive” must be true or false."],
        "sustian": ["“sustian” is not known here."],
    }


@pytest.mark.parametrize("given", [None, [], "above", 4])
def test_what_is_no_object_is_no_condition(given):
    assert mistakes(given)[""] == ["A condition is a JSON object with a “kind”."]


@pytest.mark.parametrize("kind", [None, "over", 1, [], {}])
def test_an_unknown_kind_is_refused(kind):
    assert "“kind” must be one of above, below, outside" in mistakes({"kind": kind, "bound": 1})["kind"][0]


DIGITS = "“bound”: give a number of at most 30 digits, not beyond ±1e18."
COUNT = "“sustained” must be a whole number from 1 to 10000."
NO_DURATION = "is not a duration; write for example P14D, P2W or PT5M."
RULES = "“rules” must be a list of different numbers from 1 to 8."
BASELINE = "State the baseline: the number of leading periods (2 or more), or a pair of dates."
ORDER = "The baseline's first date must come before its last."
AGAINST = "“against” must be “baseline”, or how many periods ago: a whole number from 1."
PERIODS_AGO = "“periods” must be a whole number from 1 to 10000."
CONTRADICTS = "A negative percentage contradicts the direction “either”."
WRONG_SIDE = "The clear bound must not lie {} the bound that breaches: it would never have an effect."
BOTH = "The bound itself cannot both breach and clear."


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (ABOVE | {"clear": {"bound": 5}}, "clear.bound", WRONG_SIDE.format("above")),
        ({"kind": "below", "bound": 4, "clear": {"bound": 3}}, "clear.bound", WRONG_SIDE.format("below")),
        (ABOVE | {"inclusive": True, "clear": {"bound": 4, "inclusive": True}}, "clear.bound", BOTH),
        (ABOVE | {"clear": {"inclusive": True}}, "clear.bound", "“inclusive” needs a clear bound."),
        (ABOVE | {"clear": {"bound": "x"}}, "clear.bound", "“bound”: give a number."),
        (ABOVE | {"clear": {"low": 1}}, "clear.low", "“low” is not known here."),
        (ABOVE | {"clear": 3}, "clear", "“clear” must be an object."),
        (ABOVE | {"clear": {"sustained": -1}}, "clear.sustained", COUNT),
        (ABOVE | {"sustained": 1.5}, "sustained", COUNT),
        (ABOVE | {"sustained": True}, "sustained", "“sustained”: give a number."),
        (ABOVE | {"sustained": "P1X"}, "sustained", f"“sustained”: “P1X” {NO_DURATION}"),
        (ABOVE | {"cooldown": -1}, "cooldown", "“cooldown” must be a whole number from 0 to 10000."),
        (ABOVE | {"bound": None}, "bound", "“bound” is missing: give a number."),
        (ABOVE | {"bound": True}, "bound", "“bound”: give a number."),
        (ABOVE | {"bound": float("nan")}, "bound", "“bound”: give a finite number."),
        (ABOVE | {"bound": "-Infinity"}, "bound", "“bound”: give a finite number."),
        (ABOVE | {"bound": "1e400"}, "bound", DIGITS),
        (ABOVE | {"bound": "1e-400"}, "bound", DIGITS),
        (ABOVE | {"bound": "9" * 31 + "e-20"}, "bound", DIGITS),
        (ABOVE | {"metric": 3}, "metric", "“metric” must be a short text."),
        (ABOVE | {"severity": "huge"}, "severity", "“severity” must be one of minor, major, critical."),
        (ABOVE | {"low": 3}, "low", "“low” is not known here."),
        ({"kind": "outside", "low": 1}, "high", "“high” is missing: give a number."),
        ({"kind": "outside", "low": 3, "high": 1}, "low", "The lower bound must lie below the upper bound."),
        ({"kind": "inside", "low": 3, "high": 3}, "low", "The lower bound must lie below the upper bound."),
        (
            {"kind": "outside", "low": 1, "high": 4, "clear": {"low": 2}},
            "clear.low",
            "Give both ends of the clear band, low and high.",
        ),
        (
            {"kind": "outside", "low": 1, "high": 4, "clear": {"low": 0, "high": 4}},
            "clear.low",
            "The clear band must lie within the band that may not be left.",
        ),
        (
            {"kind": "outside", "low": 1, "high": 4, "clear": {"low": 3, "high": 2}},
            "clear.low",
            "The clear band must lie within the band that may not be left.",
        ),
        (
            {"kind": "inside", "low": 1, "high": 4, "clear": {"low": 2, "high": 5}},
            "clear.low",
            "The clear band must enclose the band that may not be entered.",
        ),
        (
            {
                "kind": "inside",
                "low": 1,
                "high": 4,
                "inclusive": True,
                "clear": {"low": 0, "high": 4, "inclusive": True},
            },
            "clear.low",
            BOTH,
        ),
        (
            {"kind": "outside", "low": 1, "high": 4, "clear": {"inclusive": True}},
            "clear.low",
            "“inclusive” needs a clear band.",
        ),
        (
            {"kind": "change", "percent": 5},
            "against",
            "“against” must be “baseline”, or how many periods ago: a whole number from 1.",
        ),
        (
            {"kind": "change", "percent": 5, "against": 0},
            "against",
            "“against” must be “baseline”, or how many periods ago: a whole number from 1.",
        ),
        (
            {"kind": "change", "percent": 5, "against": 1.5},
            "against",
            "“against” must be “baseline”, or how many periods ago: a whole number from 1.",
        ),
        (
            {"kind": "change", "percent": -5, "against": 1, "direction": "rise"},
            "percent",
            "A negative percentage contradicts the direction “rise”.",
        ),
        (
            {"kind": "change", "percent": 0, "against": 1},
            "direction",
            "For 0 % say whether a rise or a fall breaks it.",
        ),
        ({"kind": "change", "against": 1}, "percent", "“percent” is missing: give a number."),
        (PROCESS | {"rules": [9]}, "rules", RULES),
        (PROCESS | {"rules": []}, "rules", RULES),
        (PROCESS | {"rules": [1, 1]}, "rules", RULES),
        (PROCESS | {"rules": [True]}, "rules", RULES),
        (
            PROCESS | {"rules": [5], "rule_set": "western_electric"},
            "rules",
            "“rules” must be a list of different numbers from 1 to 4.",
        ),
        (
            PROCESS | {"baseline": None},
            "baseline",
            "State the baseline: the number of leading periods (2 or more), or a pair of dates.",
        ),
        (
            PROCESS | {"baseline": 1},
            "baseline",
            "State the baseline: the number of leading periods (2 or more), or a pair of dates.",
        ),
        (PROCESS | {"baseline": ["2026-01-01", 3]}, "baseline", "Write the two dates of the baseline as YYYY-MM-DD."),
        (
            PROCESS | {"baseline": ["2026-01-01", "2025-01-01"]},
            "baseline",
            "The baseline's first date must come before its last.",
        ),
        ({"kind": "drift"}, "chart", "“chart” must be one of ewma, cusum."),
        ({"kind": "drift", "chart": "ewma"}, "baseline", "Give target and sigma, or the baseline to estimate them on."),
        (EWMA | {"sigma": None}, "baseline", "Give target and sigma, or the baseline to estimate them on."),
        (EWMA | {"target": None}, "baseline", "Give target and sigma, or the baseline to estimate them on."),
        (PROCESS | {"baseline": 10_001}, "baseline", BASELINE),
        (PROCESS | {"baseline": ["2026-01-01", "2026-01-01"]}, "baseline", ORDER),
        ({"kind": "change", "percent": 5, "against": 1001}, "against", AGAINST),
        ({"kind": "change", "percent": 5, "against": {"periods": 0}}, "against.periods", PERIODS_AGO),
        ({"kind": "change", "percent": -5, "against": 1, "direction": "either"}, "percent", CONTRADICTS),
        (EWMA | {"lambda": "1.1"}, "lambda", "“lambda” must be above 0 and at most 1."),
        (EWMA | {"lambda": 0}, "lambda", "“lambda” must be above 0 and at most 1."),
        (EWMA | {"sigma": 0, "baseline": 5}, "sigma", "“sigma” must be above 0."),
        (EWMA | {"start": 50}, "target", "“target” and “start” mean the same; give one of them."),
        (EWMA | {"k": 1}, "k", "“k” is not known here."),
        (CUSUM | {"lambda": 1}, "lambda", "“lambda” is not known here."),
        ({"kind": "stale", "grace": "P3"}, "grace", f"“grace”: “P3” {NO_DURATION}"),
        ({"kind": "stale", "grace": -1}, "grace", "“grace” must be a whole number from 0 to 10000."),
        (FORECAST | {"horizon": 0}, "horizon", "“horizon” must be a whole number from 1 to 366."),
        (FORECAST | {"probability": 80}, "probability", "“probability” must be above 0 and at most 1."),
        (
            FORECAST | {"probability": None},
            "probability",
            "“probability” is missing: give a number above 0 and at most 1.",
        ),
        (
            FORECAST | {"minimum_history": 1},
            "minimum_history",
            "“minimum_history” must be a whole number from 2 to 10000.",
        ),
        ({"kind": "forecast", "probability": 1, "horizon": 1}, "bound", "“bound” is missing: give a number."),
        ({"kind": "forecast", "probability": 1, "bound": 1}, "horizon", "“horizon” is missing: give a number."),
        (FORECAST | {"horizon": 367}, "horizon", "“horizon” must be a whole number from 1 to 366."),
        (FORECAST | {"side": "over"}, "side", "“side” must be one of above, below."),
        ({"kind": "definition"}, "version", "“version” is missing: give a number."),
        (
            {"kind": "definition", "version": 1, "sustained": 2},
            "sustained",
            "A changed definition counts at once; leave out “sustained”.",
        ),
        ({"kind": "all"}, "parts", "Give 1 to 8 conditions as a list, at most two levels deep."),
        ({"kind": "all", "parts": []}, "parts", "Give 1 to 8 conditions as a list, at most two levels deep."),
        ({"kind": "any", "parts": [ABOVE] * 9}, "parts", "Give 1 to 8 conditions as a list, at most two levels deep."),
        ({"kind": "any", "parts": [ABOVE, {"kind": "below"}]}, "parts.2.bound", "“bound” is missing: give a number."),
        ({"kind": "any", "parts": [3]}, "parts.1", "A condition is a JSON object with a “kind”."),
    ],
)
def test_a_mistake_is_refused_with_a_sentence_at_its_field(spec, field, words):
    assert words in mistakes(spec)[field]


def test_composites_nest_two_levels_and_no_deeper():
    two = {"kind": "any", "parts": [{"kind": "all", "parts": [ABOVE]}]}
    assert parse(two).parts[0].parts[0].kind == "above"
    assert "parts.1.parts.1.parts" in mistakes({"kind": "any", "parts": [{"kind": "any", "parts": [two]}]})


def test_a_bad_baseline_is_named_once():
    assert mistakes({"kind": "drift", "chart": "ewma", "baseline": 1})["baseline"] == [BASELINE]


def test_a_missing_probability_is_named_once():
    assert mistakes(FORECAST | {"probability": "high"})["probability"] == ["“probability”: give a number."]


def test_a_refusal_can_be_read_as_one_text():
    with pytest.raises(BadCondition) as refused:
        parse(ABOVE | {"bound": "x", "gap": "y"})
    assert str(refused.value) == "“gap” must be one of break, skip. “bound”: give a number."


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=4)
)
FIELDS = ("bound", "low", "high", "percent", "against", "rules", "baseline", "chart", "grace", "probability", "clear")


@given(JUNK)
def test_no_value_of_any_field_escapes_a_sentence(junk):
    for kind in ("above", "outside", "change", "process", "drift", "stale", "forecast", "definition", "all"):
        errors = mistakes({"kind": kind, "sustained": junk, "parts": junk, **dict.fromkeys(FIELDS, junk)})
        assert all(words.endswith(".") for sentences in errors.values() for words in sentences)
