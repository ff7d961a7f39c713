"""What a template may ask, and what a dossier that lacks it hears."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.domain import dossier as d
from decisions.domain.asking import owed
from decisions.domain.obstacles import obstacles
from decisions.domain.template import (
    EACH,
    FIELD_WORDS,
    LIST_WORDS,
    LISTS,
    MOST,
    TITLES,
    Check,
    NotATemplate,
    Part,
    Shaped,
    Template,
    lists_of,
    required_fields,
    template_from,
    template_to,
    text_fields,
)
from tests.factories import dossiers as make

TODAY = date(2026, 11, 2)
SECTION = st.sampled_from(list(TITLES))


def asked(key: str, *checks: Check, required: tuple[str, ...] = (), **sections: Any) -> list[tuple[str, str]]:
    """Return sentence and anchor of everything the dossier owes a template that asks this of one section."""
    template = Template(parts=(Part(key=key, required=required, checks=checks),))
    return [(each.sentence, each.anchor) for each in owed(make.dossier(**sections), template, today=TODAY)]


def dated(day: date | None) -> d.Provenance:
    evidence = replace(make.evidence(), retrieved_on=day)
    return d.Provenance(evidence=(evidence,), assumption_owner=make.OWNER, refresh_on=make.SOON)


def at_least(of: str, value: int) -> Check:
    return Check(kind="at_least", of=of, value=value)


def words(of: str, value: int) -> Check:
    return Check(kind="words", of=of, value=value)


@pytest.mark.parametrize(
    ("key", "check", "found"),
    [
        ("options", at_least("options", 3), ""),
        ("options", at_least("options", 4), "Name at least 4 options in “Option details”; there are 3."),
        ("risks", at_least("scenarios", 2), "Name at least 2 scenarios in “Risks and mitigations”; there is 1."),
        ("metrics", at_least("guardrails", 1), ""),
        ("constraints", at_least("evidence", 1), ""),
        ("constraints", at_least("evidence", 2), "Name at least 2 sources of evidence in “Constraints”; there is 1."),
        ("options", at_least("evidence", 4), ""),  # one of the section, three of the options
        ("constraints", words("text", 7), ""),
        ("constraints", words("text", 8), "Write at least 8 words under “Text” of “Constraints”; there are 7."),
        ("recommendation", words("rationale", 1), ""),
        ("criteria", Check(kind="each", of="assumptions.probability"), ""),
        ("criteria", Check(kind="each", of="assumptions.conditions"), ""),
    ],
)
def test_a_check_says_what_is_missing(key: str, check: Check, found: str) -> None:
    assert [sentence for sentence, _ in asked(key, check)] == ([found] if found else [])


def test_each_names_every_entry_that_lacks_it_with_its_place() -> None:
    options = d.Options(options=(make.option("a"), make.option("b", summary=" "), make.option("c", summary="")))
    assert asked("options", Check(kind="each", of="options.summary"), options=options) == [
        ("Give the option “Option B” a summary: the template asks it of every one.", "option-b"),
        ("Give the option “Option C” a summary: the template asks it of every one.", "option-c"),
    ]


def test_each_names_cells_by_what_they_point_to() -> None:
    found = asked("criteria", Check(kind="each", of="scores.reason"))
    assert found[0] == (
        "Give the score “Option A on Speed” a reason: the template asks it of every one.",
        "score-q1-a",
    )
    assert len(found) == 6
    sentence, anchor = asked("costs", Check(kind="each", of="costs.effort_days"))[0]
    assert ("“Option A”" in sentence, anchor) == (True, "cost-a")


@pytest.mark.parametrize(("age", "heard"), [(0, False), (90, False), (91, True), (None, True)])
def test_evidence_may_not_be_older_than_the_template_allows(age: int | None, heard: bool) -> None:
    day = None if age is None else TODAY - timedelta(days=age)
    found = asked(
        "constraints", Check(kind="fresh", of="evidence", value=90), constraints=d.Prose(provenance=dated(day))
    )
    assert bool(found) is heard
    assert all("Weekly figures" in sentence and anchor == "evidence" for sentence, anchor in found)


@pytest.mark.parametrize(("value", "heard"), [("", True), ("  \n", True), ("Internal requests.", False)])
def test_a_required_field_must_say_something(value: str, heard: bool) -> None:
    background = replace(make.dossier().background, scope_out=value)
    found = asked("background", required=("scope_out",), background=background)
    assert found == (
        [("Give “Out of scope” of “Background and objective”: the template requires it.", "scope_out")] if heard else []
    )


def test_a_number_counts_as_filled_in_even_when_it_is_zero() -> None:
    metrics = d.Schedule(review_every_days=0)
    assert asked("schedule", required=("review_every_days",), schedule=metrics) == []
    assert len(asked("schedule", required=("review_every_days",), schedule=d.Schedule())) == 1


def test_what_a_template_asks_stands_among_the_other_obstacles_in_the_order_of_the_sections() -> None:
    template = Template(parts=(Part(key="background", checks=(Check(kind="words", of="text", value=9),)),))
    dossier = make.dossier(recommendation=d.Recommendation(provenance=make.provenance()))
    found = list(obstacles(dossier, make.KNOWN, owed(dossier, template, today=TODAY)))
    assert found[0].section == "background"
    assert found[-1].section == "recommendation"


@pytest.mark.parametrize(
    ("section", "raw", "sentence"),
    [
        ("options", {"kind": "magic", "of": "options"}, "no check of the kind"),
        ("options", {"kind": "at_least", "of": "scenarios", "value": 1}, "has no “scenarios”"),
        ("options", {"kind": "at_least", "of": "options", "value": 0}, "from 1 to 1,000"),
        ("options", {"kind": "at_least", "of": "options", "value": MOST + 1}, "from 1 to 1,000"),
        ("options", {"kind": "at_least", "of": "options"}, "Give a number"),
        ("background", {"kind": "words", "of": "horizon_months", "value": 3}, "has no “horizon_months”"),
        ("criteria", {"kind": "each", "of": "assumptions.owner"}, "has no “assumptions.owner”"),
        ("costs", {"kind": "fresh", "of": "evidence", "value": 3661}, "from 1 to 3,660"),
    ],
)
def test_a_check_that_cannot_be_asked_is_refused(section: str, raw: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NotATemplate, match=sentence):
        template_from([{"key": section, "checks": [raw]}])


@pytest.mark.parametrize("raw", [{"key": "nowhere"}, {"key": "options", "required": ["options"]}])
def test_nothing_else_is_read(raw: dict[str, Any]) -> None:
    with pytest.raises(NotATemplate):
        template_from([raw])
    with pytest.raises(NotATemplate, match="comes twice"):
        template_from([{"key": "options"}, {"key": "options"}])


def test_the_first_templates_still_read() -> None:
    read = template_from([{"key": "options", "title": "Option details", "guidance": "Three ways."}])
    assert read.part("options") == Part(key="options", guidance="Three ways.")
    assert [part.key for part in read.parts] == list(TITLES)
    assert read.part("frame") == Part(key="frame")


@st.composite
def parts(draw: st.DrawFn) -> Part:
    key = draw(SECTION)
    numbers = st.integers(1, MOST)
    checks = st.one_of(
        st.builds(lambda of, n: Check(kind="at_least", of=of, value=n), st.sampled_from(lists_of(key)), numbers),
        st.builds(lambda n: Check(kind="fresh", of="evidence", value=n), numbers),
        *([st.builds(lambda of: Check(kind="each", of=of), st.sampled_from(EACH[key]))] if key in EACH else []),
        *(
            [st.builds(lambda of, n: Check(kind="words", of=of, value=n), st.sampled_from(text_fields(key)), numbers)]
            if text_fields(key)
            else []
        ),
    )
    shaped = st.builds(Shaped, lesson=st.integers(1), decision=st.just("D-1"), text=st.text())
    return Part(
        key=key,
        guidance=draw(st.text(max_size=20)),
        required=tuple(draw(st.lists(st.sampled_from(required_fields(key)), unique=True, max_size=3))),
        checks=tuple(draw(st.lists(checks, max_size=3))),
        lessons=tuple(draw(st.lists(shaped, max_size=2))),
    )


@given(parts())
def test_any_template_is_read_back_as_it_was_written_and_can_be_asked(part: Part) -> None:
    template = template_from(template_to(Template(parts=(part,))))
    assert template.part(part.key) == part
    assert all(part.asks())
    for obstacle in owed(make.dossier(), template, today=TODAY):
        assert obstacle.sentence.endswith(".")
        assert obstacle.section == part.key


def test_the_vocabulary_names_what_exists() -> None:
    for section, lists in LISTS.items():
        for name in lists:
            assert isinstance(getattr(getattr(d.Dossier(), section), name), tuple)
            assert name in LIST_WORDS
    full = make.dossier()
    for section, places in EACH.items():
        for place in places:
            many, _, name = place.partition(".")
            assert all(hasattr(item, name) for item in getattr(getattr(full, section), many)), place
            assert (many in LIST_WORDS, name in FIELD_WORDS) == (True, True)


def test_a_stance_counts_no_words() -> None:
    assert text_fields("costs") == ("text",)
    assert "trade_off" not in required_fields("background")
