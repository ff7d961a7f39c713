"""Reading and writing dossiers: what comes back is what went in; what cannot be kept is refused with its path."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.domain.dossier import SECTIONS, Dossier, Option, Options
from decisions.domain.reading import Unreadable, dossier_from, section_from, section_type
from decisions.domain.writing import dossier_to, section_to
from tests.decisions.domain.strategies import DOSSIERS
from tests.factories.dossiers import dossier


@settings(max_examples=25, deadline=None)
@given(DOSSIERS)
def test_what_is_written_reads_back_equal(given_dossier: Dossier):
    written = dossier_to(given_dossier)
    assert dossier_from(json.loads(json.dumps(written))) == given_dossier


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "text", "options", "criteria", "scores", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([key for key, _ in SECTIONS]), JSON)
def test_any_json_is_read_or_refused_with_sentences(key: str, data: Any):
    faults = []
    try:
        section_from(key, data)
    except Unreadable as refusal:
        faults = refusal.faults
    for fault in faults:
        assert fault.sentence.endswith(".")
        assert fault.path.startswith(key)


def faults(data: Any) -> list[str]:
    with pytest.raises(Unreadable) as refusal:
        dossier_from(data)
    return [str(fault) for fault in refusal.value.faults]


REFUSED: list[tuple[Any, str]] = [
    ([], "This must be an object with named fields."),
    ({"nonsense": 1}, "nonsense: There is no such field."),
    ({"schema": "premise.dossier/9"}, "schema: Give one of: premise.dossier/1."),
    ({"background": None}, "background: This must be an object with named fields."),
    ({"background": {"text": None}}, "background.text: This may not be null."),
    ({"background": {"text": 5}}, "background.text: This must be text."),
    ({"background": {"horizon_months": 0}}, "background.horizon_months: Give a value between 1 and 600."),
    ({"background": {"horizon_months": 1.5}}, "background.horizon_months: This must be a whole number."),
    ({"background": {"horizon_months": True}}, "background.horizon_months: This must be a number."),
    ({"background": {"trade_off": {"stance": 101}}}, "background.trade_off.stance: Give a value between 0 and 100."),
    ({"frame": {"tier": "galactic"}}, "frame.tier: Give one of: operational, tactical, strategic."),
    ({"frame": {"title": "two\nlines"}}, "frame.title: This must be a single line."),
    ({"frame": {"title": "x" * 301}}, "frame.title: This is 301 characters long; at most 300 are kept."),
    (
        {"constraints": {"text": "x" * 100_001}},
        "constraints.text: This is 100,001 characters long; at most 100,000 are kept.",
    ),
    ({"costs": {"currency": "EURO"}}, "costs.currency: This is 4 characters long; at most 3 are kept."),
    ({"options": {"options": {}}}, "options.options: This must be a list."),
    ({"options": {"options": [{}]}}, "options.options[0].id: This field is needed."),
    ({"options": {"options": [{"id": "a b"}]}}, "options.options[0].id: An identifier is"),
    ({"options": {"options": [{"id": "a"}, {"id": "a"}]}}, "options.options[1]: “a” is already in this list."),
    (
        {"options": {"options": [{"id": str(number)} for number in range(201)]}},
        "options.options: A list holds at most 200 entries; there are 201.",
    ),
    (
        {"criteria": {"scores": [{"criterion": "c", "option": "a"}] * 2}},
        "criteria.scores[1]: “c / a” is already in this list.",
    ),
    ({"schedule": {"first_review_on": "0001-01-01"}}, "schedule.first_review_on: Give a date between the years"),
    ({"schedule": {"first_review_on": "2026-02-30"}}, "schedule.first_review_on: There is no such day as 2026-02-30."),
    ({"schedule": {"first_review_on": "1.3.2026"}}, "schedule.first_review_on: Give a date as year-month-day"),
    ({"schedule": {"first_review_on": 20260101}}, "schedule.first_review_on: Give a date as year-month-day"),
    (
        {"criteria": {"criteria": [{"id": "c", "veto": "yes"}]}},
        "criteria.criteria[0].veto: This must be true or false.",
    ),
]


@pytest.mark.parametrize(("data", "start"), REFUSED, ids=[start[:50] for _, start in REFUSED])
def test_bad_input_is_refused_with_its_path(data: Any, start: str):
    found = faults(data)
    assert len(found) == 1
    assert found[0].startswith(start)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (float("nan"), "is not a number that can be kept"),
        (float("inf"), "is not a number that can be kept"),
        ("NaN", "is not a number that can be kept"),
        ("1e400", "is not a number that can be kept"),
        ("1,5", "is not a number that can be kept"),
        ("٣", "is not a number that can be kept"),
        ("", "is not a number that can be kept"),
        (10**5000, "is not a number that can be kept"),
        ("9" * 5000, "is not a number that can be kept"),
        (Decimal("1E+400"), "is not a number that can be kept"),
        (10**15, "at most 15 digits"),
        ("1234567890.1234567", "at most 15 digits"),
        ("0.1234567", "at most 6 decimals"),
        ([], "must be a number"),
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, int) else "integer",
)
def test_numbers_that_cannot_be_kept(number: Any, sentence: str):
    found = faults({"metrics": {"success_metrics": [{"id": "m", "baseline": number}]}})
    assert len(found) == 1
    assert sentence in found[0]


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("12.50", "12.5"),
        (" 7 ", "7"),
        (-3, "-3"),
        (0.1, "0.1"),
        (1e3, "1000"),
        ("-.5", "-0.5"),
        ("999999999999999", None),
    ],
)
def test_numbers_are_exact(number: Any, kept: str | None):
    section = section_from("metrics", {"success_metrics": [{"id": "m", "baseline": number}]})
    assert section_to(section)["success_metrics"][0]["baseline"] == (kept or number)


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\x7f", "\ud800"])
def test_unwritable_text_is_refused(sign: str):
    found = faults({"constraints": {"text": f"before{sign}after"}})
    assert len(found) == 1
    assert "delete it" in found[0]


def test_a_browsers_line_ends_and_composed_letters_change_nothing():
    one = section_from("constraints", {"text": "a\r\nb\rc\u0301"})
    assert one.text == "a\nb\nć"


def test_every_fault_is_said_at_once():
    found = faults({"frame": {"tier": "x", "classification": "y"}, "options": {"options": [{"complexity": 9}]}, "z": 1})
    assert [fault.split(":")[0] for fault in found] == [
        "z",
        "frame.tier",
        "frame.classification",
        "options.options[0].id",
        "options.options[0].complexity",
    ]


def test_several_side_effects_of_one_option_are_kept():
    section = section_from("impacts", {"side_effects": [{"option": "a", "text": "1"}, {"option": "a", "text": "2"}]})
    assert [effect.text for effect in section.side_effects] == ["1", "2"]


def test_a_recommendation_may_still_be_open():
    assert section_from("recommendation", {"option": ""}).option == ""


def test_sections_are_found_by_their_key():
    assert section_type("options") is Options
    with pytest.raises(KeyError):
        section_type("schema")


def test_faults_are_grouped_by_path():
    with pytest.raises(Unreadable) as refusal:
        section_from("options", {"options": [{"id": "a", "complexity": 0, "x": 1}]})
    assert refusal.value.by_path() == {
        "options.options[0].x": ["There is no such field."],
        "options.options[0].complexity": ["Give a value between 1 and 5."],
    }


def test_defaults_stand_in_for_what_is_absent():
    assert section_from("options", {"options": [{"id": "a"}]}).options == (Option(id="a"),)
    assert dossier_from({}) == Dossier()


def test_the_factory_dossier_survives():
    assert dossier_from(dossier_to(dossier())) == dossier()
