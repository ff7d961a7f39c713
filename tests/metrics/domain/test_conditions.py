"""Reading and writing conditions: one canonical form, plain sentences, what is left out and what is the same."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.conditions import (
    parse,
    same_predicate,
    sentence,
    to_json,
    watched,
    watches_definition,
)
from metrics.domain.kinds import Condition, Stale, Window, detail_of, stated
from metrics.domain.periods import Duration

ABOVE = {"kind": "above", "bound": 4}
PROCESS = {"kind": "process", "rules": [1, 2], "baseline": 20}
EWMA = {"kind": "drift", "chart": "ewma", "target": 50, "sigma": "2.0539", "lambda": Decimal("0.3")}
CUSUM = {"kind": "drift", "chart": "cusum", "baseline": ["2026-01-01", "2026-03-31"], "k": 1, "h": 4}
FORECAST = {"kind": "forecast", "bound": 70, "side": "below", "horizon": 4, "probability": "0.8"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ABOVE, "when backlog growth is above 4 %"),
        (ABOVE | {"sustained": 2}, "when backlog growth is above 4 % for 2 settled weeks"),
        (ABOVE | {"inclusive": True}, "when backlog growth is at or above 4 %"),
        (ABOVE | {"sustained": "P14D"}, "when backlog growth is above 4 % for 14 days"),
        (ABOVE | {"sustained": "PT3725S"}, "when backlog growth is above 4 % for 1 hour 2 minutes 5 seconds"),
        ({"kind": "stale", "grace": 0}, "when backlog growth has no settled value within its cadence"),
        (PROCESS | {"baseline": 2, "rules": 1}, "when backlog growth breaks Nelson rule 1 against the first 2 weeks"),
        (ABOVE | {"sustained": "P1MT90M"}, "when backlog growth is above 4 % for 1 month 1 hour 30 minutes"),
        (ABOVE | {"clear": {"bound": 3}}, "when backlog growth is above 4 %, until it is at or below 3 %"),
        (
            ABOVE | {"clear": {"bound": 3, "inclusive": False, "sustained": 2}},
            "when backlog growth is above 4 %, until it is below 3 % for 2 settled weeks",
        ),
        (
            ABOVE | {"clear": {"bound": 3, "inclusive": True}},
            "when backlog growth is above 4 %, until it is at or below 3 %",
        ),
        (
            ABOVE | {"inclusive": True, "clear": {"bound": 3, "inclusive": True}},
            "when backlog growth is at or above 4 %, until it is at or below 3 %",
        ),
        (
            ABOVE | {"clear": {"bound": 4, "inclusive": True}},
            "when backlog growth is above 4 %, until it is at or below 4 %",
        ),
        (
            ABOVE | {"clear": {"sustained": 2}},
            "when backlog growth is above 4 %, until it is clear for 2 settled weeks",
        ),
        (
            {"kind": "below", "bound": "-1.50", "clear": {"bound": 0}},
            "when backlog growth is below -1.5 %, until it is at or above 0 %",
        ),
        ({"kind": "outside", "low": 1, "high": 2}, "when backlog growth is outside 1 to 2 %"),
        (
            {"kind": "outside", "low": 1, "high": 4, "inclusive": True, "clear": {"low": 2, "high": 3}},
            "when backlog growth is outside 1 to 4 % or on its ends, until it is inside 2 to 3 %, ends excluded",
        ),
        (
            {"kind": "inside", "low": 1, "high": 2, "clear": {"low": 0, "high": 3}},
            "when backlog growth is inside 1 to 2 %, ends excluded, until it is outside 0 to 3 % or on its ends",
        ),
        ({"kind": "inside", "low": 1, "high": 2, "inclusive": True}, "when backlog growth is inside 1 to 2 %"),
        (
            {"kind": "change", "percent": -10, "against": 1},
            "when backlog growth falls by more than 10 % against 1 week before",
        ),
        (
            {"kind": "change", "percent": 10, "against": 4, "inclusive": True},
            "when backlog growth rises by at least 10 % against 4 weeks before",
        ),
        (
            {"kind": "change", "percent": 10, "direction": "either", "against": "baseline"},
            "when backlog growth changes by more than 10 % against its baseline",
        ),
        (
            {"kind": "change", "percent": 10, "against": "baseline", "baseline": 7},
            "when backlog growth rises by more than 10 % against the baseline 7 %",
        ),
        (PROCESS, "when backlog growth breaks Nelson rules 1, 2 against the first 20 weeks"),
        (
            PROCESS | {"rules": [4], "rule_set": "western_electric", "baseline": ["2026-01-01", "2026-03-31"]},
            "when backlog growth breaks Western Electric rule 4 against 1 Jan 2026 to 31 Mar 2026",
        ),
        (EWMA, "when backlog growth drifts by its EWMA chart (λ 0.3, limits at 3 σ, target 50, σ 2.0539)"),
        (
            CUSUM | {"side": "above"},
            "when backlog growth drifts upwards by its CUSUM chart (k 1 σ, h 4 σ, against 1 Jan 2026 to 31 Mar 2026)",
        ),
        (
            EWMA | {"side": "below", "limits": "exact"},
            "when backlog growth drifts downwards by its EWMA chart (λ 0.3, limits at 3 σ exact, target 50, σ 2.0539)",
        ),
        ({"kind": "stale"}, "when backlog growth has no settled value within its cadence"),
        (
            {"kind": "stale", "grace": "P3D"},
            "when backlog growth has no settled value within its cadence and 3 days of grace",
        ),
        (
            {"kind": "stale", "grace": 2},
            "when backlog growth has no settled value within its cadence and 2 weeks of grace",
        ),
        (FORECAST, "when backlog growth is 80 % likely to be below 70 % within 4 weeks"),
        ({"kind": "definition", "version": 3}, "when the approved definition of backlog growth is no longer version 3"),
        (
            {"kind": "any", "parts": [ABOVE, {"kind": "below", "bound": 1, "metric": "inflow"}]},
            "when (backlog growth is above 4 %) or (inflow is below 1)",
        ),
        (
            {"kind": "all", "sustained": 2, "parts": [ABOVE, FORECAST]},
            "when (backlog growth is above 4 %) and (backlog growth is 80 % likely to be below 70 % within 4 weeks)"
            " for 2 settled weeks",
        ),
    ],
)
def test_a_condition_reads_as_a_sentence_and_survives_being_written(spec, words):
    condition = parse(spec)
    assert sentence(condition, "backlog growth", "%", "weekly") == words
    assert parse(to_json(condition)) == condition
    assert to_json(parse(to_json(condition))) == to_json(condition)


def test_periods_go_by_their_own_name_where_the_cadence_has_no_word():
    assert sentence(parse(ABOVE | {"sustained": 2}), "load") == "when load is above 4 for 2 settled periods"


def test_the_written_form_is_canonical_and_complete():
    assert to_json(
        parse(ABOVE | {"severity": "critical", "metric": "inflow", "bound": "0.50", "clear": {"bound": "-0"}})
    ) == {
        "kind": "above",
        "bound": "0.5",
        "inclusive": False,
        "sustained": 1,
        "clear": {"bound": "0", "sustained": 1},
        "gap": "break",
        "no_data": "hold",
        "cooldown": 0,
        "severity": "critical",
        "metric": "inflow",
    }
    assert "metric" not in to_json(parse(ABOVE))
    assert to_json(parse(ABOVE | {"bound": 100, "sustained": "P14D"}))["bound"] == "100"
    assert to_json(parse(ABOVE | {"sustained": "P14D"}))["sustained"] == "P14D"
    assert to_json(parse({"kind": "stale", "grace": 2}))["grace"] == 2
    assert to_json(parse({"kind": "stale", "grace": "P2D"}))["grace"] == "P2D"
    assert to_json(parse(EWMA | {"limits": "exact"}))["limits"] == "exact"
    assert to_json(parse(CUSUM | {"target": 3}))["target"] == "3"
    change = to_json(parse({"kind": "change", "percent": 5, "against": 1}))
    assert (change["against"], change["inclusive"], "baseline" in change) == (1, False, False)


def test_a_condition_built_without_its_parts_is_a_mistake_of_the_program():
    with pytest.raises(TypeError, match="A condition of the kind stale needs its Stale"):
        detail_of(Condition(kind="stale"), Stale)
    with pytest.raises(TypeError, match="A bound is missing"):
        stated(None)


def test_names_and_notes_are_let_through():
    assert parse(ABOVE | {"id": "c1", "name": "Backlog", "note": "why"}) == parse(ABOVE)


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        ({"kind": "change", "percent": 5, "against": "previous"}, "periods", 1),
        ({"kind": "change", "percent": 5, "against": {"periods": 4}}, "periods", 4),
        ({"kind": "change", "percent": 5, "against": {"baseline": 80}}, "baseline", Decimal(80)),
        ({"kind": "change", "percent": 5, "baseline": 80}, "baseline", Decimal(80)),
        ({"kind": "change", "percent": -5, "against": 1}, "direction", "fall"),
        ({"kind": "change", "percent": -5, "against": 1}, "percent", Decimal(5)),
        ({"kind": "change", "percent": 5, "against": 1, "direction": "fall"}, "direction", "fall"),
        (PROCESS | {"rules": [2, 1]}, "rules", (1, 2)),
        (PROCESS | {"rules": None}, "rules", (1,)),
        (PROCESS | {"rules": 3}, "rules", (3,)),
        (EWMA, "weight", Decimal("0.3")),
        (EWMA, "width", Decimal(3)),
        (CUSUM, "slack", Decimal(1)),
        (FORECAST, "minimum_history", 8),
        ({"kind": "forecast", "bound": 1, "horizon": 1, "p": 1}, "probability", Decimal(1)),
        ({"kind": "forecast", "bound": 1, "horizon": 1, "p": 1}, "side", "above"),
        ({"kind": "forecast", "bound": 1, "horizon": 1, "p": 1, "direction": "below"}, "side", "below"),
        ({"kind": "forecast", "bound": 1, "horizon": 1, "p": 1, "side": "above"}, "side", "above"),
        ({"kind": "forecast", "bound": 1, "periods": 3, "p": 1}, "horizon", 3),
        ({"kind": "forecast", "bound": 0, "periods": 3, "p": 1}, "bound", Decimal(0)),
        (FORECAST | {"minimum": 12}, "minimum_history", 12),
        ({"kind": "drift", "chart": "ewma", "mean": 0, "s": 1, "lam": "0.4"}, "weight", Decimal("0.4")),
        ({"kind": "drift", "chart": "ewma", "mean": 0, "s": 1, "alpha": "0.4"}, "weight", Decimal("0.4")),
        (EWMA | {"limit": 2}, "width", Decimal(2)),
        (EWMA | {"sigmas": 2}, "width", Decimal(2)),
        ({"kind": "change", "bound": 5, "against": 1000}, "periods", 1000),
        ({"kind": "change", "percent": "0.5", "against": 1}, "direction", "rise"),
        ({"kind": "change", "percent": 0, "against": 1, "direction": "fall"}, "direction", "fall"),
        ({"kind": "change", "percent": 5, "against": {}, "baseline": 80}, "baseline", Decimal(80)),
        ({"kind": "process", "baseline": 10_000}, "baseline", Window(count=10_000)),
        ({"kind": "process", "baseline": 2}, "baseline", Window(count=2)),
        (EWMA | {"L": 2}, "width", Decimal(2)),
        (EWMA | {"width": "2.7", "limits": "exact"}, "limits", "exact"),
        ({"kind": "drift", "chart": "ewma", "mean": 0, "sd": 1, "weight": 1}, "target", Decimal(0)),
        ({"kind": "drift", "chart": "ewma", "mean": 0, "s": 1, "λ": "0.4"}, "weight", Decimal("0.4")),
        ({"kind": "drift", "chart": "ewma", "mean": 0, "s": 1}, "weight", Decimal("0.2")),
        ({"kind": "drift", "chart": "cusum", "centre": 0, "s": 1}, "interval", Decimal(5)),
        ({"kind": "drift", "chart": "cusum", "center": 0, "s": 1, "interval": 4}, "interval", Decimal(4)),
        ({"kind": "drift", "chart": "cusum", "mu": 0, "s": 1, "slack": 2}, "slack", Decimal(2)),
        ({"kind": "stale"}, "grace", 0),
        ({"kind": "stale", "grace": 2}, "grace", 2),
        ({"kind": "stale", "grace": "P2D"}, "grace", Duration(days=2)),
    ],
)
def test_what_is_left_out_or_said_otherwise_is_understood(spec, field, value):
    assert getattr(parse(spec).detail, field) == value


def test_a_condition_without_options_is_strict_and_careful():
    condition = parse(ABOVE)
    assert (condition.inclusive, condition.sustained, condition.gap, condition.no_data) == (False, 1, "break", "hold")
    assert (condition.cooldown, condition.severity, condition.clear.sustained) == (0, "major", 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ABOVE, {"kind": "above", "bound": "4.00"}, True),
        (ABOVE, ABOVE | {"severity": "critical"}, True),
        (ABOVE, ABOVE | {"note": "other words"}, True),
        (ABOVE, ABOVE | {"sustained": 2}, False),
        (ABOVE, ABOVE | {"clear": {"bound": 3}}, False),
        (ABOVE, ABOVE | {"inclusive": True}, False),
        (ABOVE, ABOVE | {"no_data": "breach"}, False),
        (ABOVE, {"kind": "below", "bound": 4}, False),
        ({"kind": "any", "parts": [ABOVE]}, {"kind": "any", "parts": [ABOVE | {"severity": "minor"}]}, True),
        ({"kind": "any", "parts": [ABOVE]}, {"kind": "any", "parts": [ABOVE | {"bound": 5}]}, False),
    ],
)
def test_only_words_leave_the_predicate_as_it_is(one, other, same):
    assert same_predicate(parse(one), parse(other)) is same


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "outside", "low": 1, "high": 4, "clear": {"low": 1, "high": 4}},
        {"kind": "outside", "low": 1, "high": 4, "clear": {"low": 2, "high": 2}},
        {"kind": "outside", "low": 1, "high": 4, "inclusive": True, "clear": {"low": 2, "high": 3, "inclusive": True}},
        {"kind": "inside", "low": 1, "high": 4, "clear": {"low": 1, "high": 4}},
        {"kind": "inside", "low": 1, "high": 4, "clear": {"low": 0, "high": 5, "inclusive": True}},
        {"kind": "outside", "low": 3, "high": 3, "inclusive": True},
        {"kind": "any", "of": [ABOVE]},
        {"kind": "any", "conditions": [ABOVE]},
    ],
)
def test_what_just_fits_is_accepted(spec):
    assert parse(to_json(parse(spec))) == parse(spec)


def test_what_the_parts_of_a_composite_watch_is_known():
    inner = {"kind": "all", "parts": [ABOVE | {"metric": "inflow"}, {"kind": "definition", "version": 1}]}
    condition = parse({"kind": "any", "parts": [inner, ABOVE | {"metric": "outflow"}, ABOVE]})
    assert (watched(condition), watches_definition(condition)) == ({"inflow", "outflow"}, True)
    assert (watched(parse(ABOVE)), watches_definition(parse(ABOVE))) == (frozenset(), False)
    assert watches_definition(parse({"kind": "definition", "version": 1}))


NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, places=4)


@given(NUMBERS, st.booleans(), st.integers(1, 9), st.sampled_from(["break", "skip"]), st.sampled_from(["hold", "ok"]))
def test_any_bound_survives_being_written(bound, inclusive, sustained, gap, no_data):
    spec = {
        "kind": "below",
        "bound": bound,
        "inclusive": inclusive,
        "sustained": sustained,
        "gap": gap,
        "no_data": no_data,
    }
    condition = parse(spec)
    assert condition.bound == bound
    assert parse(to_json(condition)) == condition
    assert same_predicate(condition, replace(condition, severity="minor"))
