"""Three-way merge of a section, case by case."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.domain import dossier as d
from decisions.domain.merging import BOTH, MINE, THEIRS, merge

BASE = d.Prose(text="The queue is long and nobody knows why.")
OPTIONS = d.Options(options=tuple(d.Option(id=key, name=key.upper(), summary="As it is.") for key in "abc"))


def option(section, key, **values):
    return replace(section, options=tuple(replace(o, **values) if o.id == key else o for o in section.options))


def without(section, key):
    return replace(section, options=tuple(o for o in section.options if o.id != key))


def added(section, key, at):
    items = list(section.options)
    items.insert(at, d.Option(id=key, name=key.upper()))
    return replace(section, options=tuple(items))


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged", "clean"),
    [
        ("a long text", "a long text", "a short text", "a short text", True),
        ("a long text", "a short text", "a long text", "a short text", True),
        ("a long text", "a short text", "a short text", "a short text", True),
        ("one two three four five", "1 two three four five", "one two three four 5", "1 two three four 5", True),
        (
            "one two three four five",
            "zero one two three four five",
            "one two three five",
            "zero one two three five",
            True,
        ),
        ("one two three", "one 2 three", "one zwei three", "one zwei three", False),
        ("one two three", "one 2 three", "one two 3", "one two 3", False),
        ("", "mine", "theirs", "theirs", False),
    ],
)
def test_prose(base, mine, theirs, merged, clean):
    found = merge(d.Prose(text=base), d.Prose(text=mine), d.Prose(text=theirs))
    assert found.value.text == merged
    assert (not found.clashes) == clean


@pytest.mark.parametrize(
    ("chosen", "otherwise", "text"),
    [
        ({"text": MINE}, "", "one 2 three"),
        ({"text": THEIRS}, "", "one zwei three"),
        ({"text": BOTH}, "", "one 2 three\n\none zwei three"),
        ({}, MINE, "one 2 three"),
    ],
)
def test_a_person_chooses(chosen, otherwise, text):
    sides = (d.Prose(text=words) for words in ("one two three", "one 2 three", "one zwei three"))
    found = merge(*sides, chosen=chosen, otherwise=otherwise)
    assert found.value.text == text
    assert not found.clashes


def test_different_fields_and_items_do_not_clash():
    mine = option(OPTIONS, "a", resources="Six people")
    theirs = option(option(OPTIONS, "a", complexity=3), "b", name="Second")
    found = merge(OPTIONS, mine, theirs)
    assert not found.clashes
    assert found.value == option(mine, "a", complexity=3).__class__(
        options=option(option(mine, "a", complexity=3), "b", name="Second").options
    )
    assert {(each.path, each.taken) for each in found.differences} == {
        ("options[a].resources", MINE),
        ("options[a].complexity", THEIRS),
        ("options[b].name", THEIRS),
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "names", "clashes"),
    [
        (added(OPTIONS, "d", 3), OPTIONS, "abcd", 0),
        (OPTIONS, added(OPTIONS, "d", 1), "adbc", 0),
        (added(OPTIONS, "e", 3), added(OPTIONS, "d", 0), "dabce", 0),
        (without(OPTIONS, "b"), OPTIONS, "ac", 0),
        (OPTIONS, without(OPTIONS, "b"), "ac", 0),
        (without(OPTIONS, "b"), without(OPTIONS, "b"), "ac", 0),
        (without(OPTIONS, "b"), without(OPTIONS, "c"), "a", 0),
        (without(OPTIONS, "b"), option(OPTIONS, "b", name="Second"), "abc", 1),
        (option(OPTIONS, "b", name="Second"), without(OPTIONS, "b"), "ac", 1),
    ],
)
def test_items_come_and_go(mine, theirs, names, clashes):
    found = merge(OPTIONS, mine, theirs)
    assert "".join(o.id for o in found.value.options) == names
    assert len(found.clashes) == clashes


def test_a_removed_item_can_be_chosen_back():
    mine, theirs = option(OPTIONS, "b", name="Second"), without(OPTIONS, "b")
    assert [o.id for o in merge(OPTIONS, mine, theirs, {"options[b]": MINE}).value.options] == ["a", "b", "c"]


def test_cells_are_found_by_what_they_stand_for():
    cell = lambda likely, option="o1": d.Score(  # noqa: E731
        criterion="c1", option=option, estimate=d.Estimate(likely=Decimal(likely))
    )
    base = d.Criteria(scores=(cell(1), cell(2, "o2")))
    mine = d.Criteria(scores=(cell(5), cell(2, "o2")))
    theirs = d.Criteria(scores=(cell(1), cell(9, "o2"), cell(3, "o3")))
    found = merge(base, mine, theirs)
    assert [score.estimate.likely for score in found.value.scores] == [5, 9, 3]
    assert not found.clashes


def test_words_of_a_list_are_a_set():
    scenario = lambda *ids: d.Risks(scenarios=(d.Scenario(id="s1", assumptions=ids),))  # noqa: E731
    found = merge(scenario("a1", "a2"), scenario("a1", "a2", "a3"), scenario("a2", "a4"))
    assert found.value.scenarios[0].assumptions == ("a2", "a3", "a4")


words = st.text(alphabet="ab ", max_size=12)
sections = st.builds(
    lambda text, names: d.Options(text=text, options=tuple(d.Option(id=key, name=name) for key, name in names.items())),
    words,
    st.dictionaries(st.sampled_from("pqrs"), words, max_size=4),
)


@given(sections, sections, sections)
def test_whatever_is_merged_nothing_is_invented_and_one_side_alone_wins(base, mine, theirs):
    assert merge(base, mine, base).value == mine
    assert set(merge(base, base, theirs).value.options) == set(theirs.options)
    assert merge(base, mine, mine).value == mine
    found = merge(base, mine, theirs, otherwise=MINE)
    assert not found.clashes
    known = {item.id for side in (base, mine, theirs) for item in side.options}
    assert {item.id for item in found.value.options} <= known
