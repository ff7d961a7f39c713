"""Formulas over other metrics: what is read, what it yields, what is refused."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.expressions import FUNCTIONS, Incalculable, Unreadable, cycle, parse
from metrics.domain.units import Mismatch, Unit, unit_of

VALUES = {"a": Decimal("6"), "b": Decimal("1.5"), "zero": Decimal(0), "with-hyphen": Decimal(2)}


@pytest.mark.parametrize(
    "text, value",
    [
        ("a + b", "7.5"),
        ("a - b * 2", "3"),
        ("(a - b) * 2", "9"),
        ("-a + +b", "-4.5"),
        ("a / b * 100", "400"),
        ("0.1 + 0.2 + a - a", "0.3"),
        ("1_000 * a", "6000"),
        ("a / 7", "0.857143"),
        ('"with-hyphen" * a', "12"),
        ("sum(a, b, 1)", "8.5"),
        ("mean(a, b)", "3.75"),
        ("min(a, b) - max(a, b, 10)", "-8.5"),
        ("a\n+ b", "7.5"),
        ("zero / a", "0"),
    ],
)
def test_arithmetic_is_exact(text, value):
    assert parse(text).value(VALUES) == Decimal(value)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "Write a formula"),
        ("1 + 2", "at least one other metric"),
        ("a +", "cannot be read as a formula"),
        ("a; b", "cannot be read as a formula"),
        ("a = b", "cannot be read as a formula"),
        ("__import__('os').system('x')", "not allowed"),
        ("a.real", "not allowed"),
        ("a[0]", "not allowed"),
        ("[a for a in b]", "not allowed"),
        ("lambda: a", "not allowed"),
        ("a if b else 1", "not allowed"),
        ("a and b", "not allowed"),
        ("a ** 999999", "not allowed"),
        ("a // b", "not allowed"),
        ("a < b", "not allowed"),
        ("(yield a)", "not allowed"),
        ("(a := 1)", "not allowed"),
        ("eval(a)", "no function “eval”"),
        ("sum()", "needs something"),
        ("sum(*a)", "not allowed"),
        ("sum(a, key=b)", "not allowed"),
        ("a + True", "not a number"),
        ("a + 1j", "not a number"),
        ("a + 0x10", "plain decimal number"),
        ("a + 1e999", "too large"),
        ("a + f'{b}'", "not allowed"),
        ("a" + " + a" * 300, "up to 500 characters"),
        ("(" * 240 + "a" + ")" * 240, None),
        ("-" * 400 + "a", "nested more than"),
        ("+".join(f"k{number}" for number in range(21)), "up to 20 metrics"),
        ("a + \x00", "cannot be read"),
    ],
)
def test_everything_but_arithmetic_is_refused_with_a_sentence(text, sentence):
    if sentence is None:
        # Brackets leave no trace in the tree; Python's parser has a limit of its own, and either answer is fine.
        try:
            assert parse(text).inputs == ("a",)
        except Unreadable as error:
            sentence = str(error)
            assert "cannot be read" in sentence
        return
    with pytest.raises(Unreadable, match=sentence):
        parse(text)


@pytest.mark.parametrize(
    "text, sentence",
    [("a / zero", "divides by zero"), ("zero / zero", "no number"), ("a * 999999999999999", "more than 15 digits")],
)
def test_what_has_no_value_says_so(text, sentence):
    with pytest.raises(Incalculable, match=sentence):
        parse(text).value(VALUES)


def test_a_missing_input_is_not_a_zero():
    with pytest.raises(KeyError):
        parse("a + b").value({"a": Decimal(1)})


trees = st.recursive(
    st.sampled_from(["a", "b", "zero", "2", "0.25"]),
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from("+-*"), parts).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), parts, parts).map(lambda e: f"{e[0]}({e[1]}, {e[2]})"),
    ),
    max_leaves=12,
)


@given(trees)
def test_it_agrees_with_exact_fractions(text):
    """The oracle is Python itself over fractions, with the functions it has for them."""
    names = {key: Fraction(value) for key, value in VALUES.items() if key.isidentifier()}
    names |= {"sum": lambda *values: sum(values), "min": min, "max": max}
    names |= {"mean": lambda *values: sum(values) / len(values)}
    text = f"a - a + {text}"
    try:
        found = parse(text).value(VALUES)
    except Incalculable:
        return
    exact = eval(text.replace("0.25", "Quarter"), {"__builtins__": {}}, names | {"Quarter": Fraction(1, 4)})
    assert abs(Fraction(found) - exact) <= Fraction(1, 2_000_000)


@pytest.mark.parametrize(
    "inputs, path",
    [
        ({"a": ["b"], "b": ["c"]}, []),
        ({"a": ["a"]}, ["a", "a"]),
        ({"a": ["x", "b"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, []),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, []),
    ],
)
def test_a_cycle_is_named_from_its_beginning(inputs, path):
    assert cycle("a", inputs) == path


@pytest.mark.parametrize(
    "text, units, unit",
    [
        ("a / b * 100", {"a": "tickets", "b": "ticket"}, "%"),
        ("a / b", {"a": "EUR", "b": "tickets"}, "EUR/ticket"),
        ("a * b", {"a": "EUR/month", "b": "months"}, "EUR"),
        ("a + b", {"a": "EUR per month", "b": "eur/month"}, "EUR/month"),
        ("1 - a", {"a": "%"}, "ratio"),
        ("a * 2 + b", {"a": "days", "b": "day"}, "day"),
        ("100 * (a - b) / b", {"a": "EUR", "b": "EUR"}, "%"),
        ("max(a, b)", {"a": "h", "b": "h"}, "h"),
    ],
)
def test_a_formula_has_a_unit(text, units, unit):
    assert unit_of(parse(text), units) == Unit.of(unit)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("a + b", "eur and ticket, which are not the same unit"),
        ("a + 1", "adds a bare number to eur"),
        ("mean(a, b)", "not the same unit"),
    ],
)
def test_unlike_things_are_not_added(text, sentence):
    with pytest.raises(Mismatch, match=sentence):
        unit_of(parse(text), {"a": "EUR", "b": "tickets"})


@pytest.mark.parametrize("unit, words", [("EUR/month", "eur/month"), ("%", "a pure ratio"), ("1/day", "1/day")])
def test_a_unit_is_written_as_people_read_it(unit, words):
    assert str(Unit.of(unit)) == words
