"""Diffs: nothing lost, the changed part found, scripts without spaces by grapheme."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.diff import Change, compare, prose, table, tokens
from approvals.domain.review import ReviewField, ReviewSection


def changed(pieces) -> list[str]:
    return [piece.text.strip() for piece in pieces if piece.changed]


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_of_each_side_are_that_side(old, new):
    found = prose(old, new)
    assert "".join(piece.text for piece in found.old) == old
    assert "".join(piece.text for piece in found.new) == new
    assert (old == new) == (not changed(found.old) and not changed(found.new)) or old.split() == new.split()


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("for 36 months, with", "for 24 months, with", ["36"], ["24"]),
        ("cost 35,000 now", "cost 36,000 now", ["35,000"], ["36,000"]),
        ("it isn't so", "it wasn't so", ["isn't"], ["wasn't"]),
        ("", "new", [], ["new"]),
        ("gone", "", ["gone"], []),
        ("解決率を改善する", "解決率を維持する", ["改善"], ["維持"]),
        ("ลดงานค้างสะสม", "ลดงานด่วนสะสม", ["ค้าง"], ["ด่วน"]),
    ],
)
def test_prose_is_compared_by_word_or_grapheme(old, new, removed, added):
    found = prose(old, new)
    assert (changed(found.old), changed(found.new)) == (removed, added)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ก็ดี", ["ก็", "ดี"]),
        ("น้ำ", ["น้ำ"]),
        ("か\u3099く", ["か\u3099", "く"]),
        ("two words", ["two ", "words"]),
        ("👩\u200d🔬!", ["👩\u200d🔬", "!"]),
        ("BSC策定", ["BSC", "策", "定"]),
    ],
)
def test_a_grapheme_is_never_cut(text, expected):
    assert tokens(text) == expected


def test_long_texts_are_compared_in_bounded_time():
    old = " ".join(f"word{number % 97}" for number in range(20_000))
    began = time.perf_counter()
    prose("a " + old, old + " b")
    assert time.perf_counter() - began < 2


def field(*rows, header=("Criterion", "Score")):
    return ReviewField(label="Scores", header=header, rows=rows)


def test_tables_are_compared_by_cell():
    header, rows = table(
        field(["Cost", "3"], ["Speed", "2"], ["Risk", "1"]), field(["Cost", "4"], ["Risk", "1"], ["Fit", "5"])
    )
    assert header == ("Criterion", "Score")
    found = {row.cells[0].new or row.cells[0].old: row for row in rows}
    assert {name: row.change for name, row in found.items()} == {
        "Cost": Change.CHANGED,
        "Risk": Change.SAME,
        "Fit": Change.ADDED,
        "Speed": Change.REMOVED,
    }
    assert (found["Cost"].cells[1].old, found["Cost"].cells[1].new) == ("3", "4")


def test_a_new_column_is_shown_beside_the_old_ones():
    header, rows = table(field(["Cost", "3"]), field(["Cost", "high"], header=("Criterion", "Weight")))
    assert header == ("Criterion", "Weight", "Score")
    assert [(cell.old, cell.new) for cell in rows[0].cells] == [("Cost", "Cost"), ("", "high"), ("3", "")]


def test_rows_of_one_name_are_told_apart_by_their_turn():
    _, rows = table(field(["Cost", "1"], ["Cost", "2"]), field(["Cost", "1"], ["Cost", "3"]))
    assert [row.change for row in rows] == [Change.SAME, Change.CHANGED]


def section(key: str, text: str, label: str = "Text") -> ReviewSection:
    return ReviewSection(key=key, title=key.title(), fields=[ReviewField(label=label, text=text)])


def test_sections_say_what_became_of_them():
    old = [section("a", "x"), section("b", "y"), section("c", "z")]
    new = [section("a", "x"), section("b", "changed"), section("d", "w")]
    assert [(each.key, each.change) for each in compare(old, new)] == [
        ("a", Change.SAME),
        ("b", Change.CHANGED),
        ("d", Change.ADDED),
        ("c", Change.REMOVED),
    ]


def test_a_renamed_field_is_one_that_went_and_one_that_came():
    (only,) = compare([section("a", "x", "Old")], [section("a", "x", "New")])
    assert [(each.label, each.change) for each in only.fields] == [("New", Change.ADDED), ("Old", Change.REMOVED)]


def test_a_first_version_has_nothing_to_compare():
    assert {each.change for each in compare(None, [section("a", "x")])} == {Change.SAME}


def test_changed_cells_are_counted():
    old = ReviewSection(key="s", title="S", fields=[field(["Cost", "3"], ["Speed", "2"])])
    new = ReviewSection(key="s", title="S", fields=[field(["Cost", "4"], ["Fit", "5"])])
    (only,) = compare([old], [new])
    assert only.fields[0].changed_cells == 3
