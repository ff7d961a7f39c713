"""What a table copied from a spreadsheet fills, case by case."""

from decimal import Decimal

import pytest

from decisions.domain.dossier import Estimate
from decisions.forms.pasting import read_cell, understand

ROWS, COLUMNS = {"c1": "Speed", "c2": "Ease of return"}, {"a": "Keep", "b": "By region"}


def three(low, likely, high):
    return Estimate(low=Decimal(low), likely=Decimal(likely), high=Decimal(high))


def one(likely):
    return Estimate(likely=Decimal(likely))


@pytest.mark.parametrize(
    ("text", "estimate"),
    [
        ("40", one("40")),
        ("40,5", one("40.5")),
        ("−3", one("-3")),
        ("40/55/70", three("40", "55", "70")),
        ("40–55–70", three("40", "55", "70")),
        ("40-55-70", three("40", "55", "70")),
        ("40 — 55 — 70", three("40", "55", "70")),
        ("1,5/2,5/3", three("1.5", "2.5", "3")),
        ("-5 / -2 / 0", three("-5", "-2", "0")),
    ],
)
def test_a_cell(text, estimate):
    assert read_cell(text) == estimate


@pytest.mark.parametrize("text", ["abc", "70/55/40", "40/55", "1.234,5", "NaN", "1e400", "=A1", "40/x/70"])
def test_a_bad_cell_is_a_sentence(text):
    with pytest.raises(ValueError, match=r"\.$"):
        read_cell(text)


WHOLE = {("c1", "a"): "40", ("c1", "b"): "75", ("c2", "a"): "80", ("c2", "b"): "60"}


@pytest.mark.parametrize(
    ("text", "cells", "problems"),
    [
        ("\tKeep\tBy region\nSpeed\t40\t75\nEase of return\t80\t60", WHOLE, []),
        ("\tSpeed\tEase of return\nKeep\t40\t80\nBy region\t75\t60", WHOLE, []),
        (";Keep;By region\r\nSpeed;40;75\r\nEase of return;80;60\r\n", WHOLE, []),
        (",Keep,By region\nspeed,40,75\nEASE  of return,80,60", WHOLE, []),
        ("\tKeep\tBy region\nSpeed\t40\t", {("c1", "a"): "40"}, []),
        ("\tKeep\nSpeed\t–", {}, []),
        ("\tKeep\tNowhere\nSpeed\t40\t9", {("c1", "a"): "40"}, ["Column “Nowhere” is not known here."]),
        ("\tKeep\nSpeed\t40\nBeauty\t9", {("c1", "a"): "40"}, ["Row “Beauty” is not known here."]),
        ("\tKeep\nSpeed\t40\nSpeed\t50", {("c1", "a"): "40"}, ["Speed, Keep is there twice; the first counts."]),
    ],
)
def test_names_are_found_either_way_round(text, cells, problems):
    found = understand(text, ROWS, COLUMNS)
    assert {key: str(estimate.likely) for key, estimate in found.filled.items()} == cells
    assert found.problems == problems


@pytest.mark.parametrize("text", ["", "40", "a\tb", "\n\n", 'x,"unclosed\n1,2', "1\t2\n3\t4", "\x00\t\n\t"])
def test_what_is_no_table_of_ours_is_said_and_fills_nothing(text):
    found = understand(text, ROWS, COLUMNS)
    assert not found.cells
    assert found.problems


def test_a_bad_cell_is_named_with_its_place_and_the_others_are_filled():
    found = understand("\tKeep\tBy region\nSpeed\tfast\t75", ROWS, COLUMNS)
    assert found.filled == {("c1", "b"): one("75")}
    assert found.problems == ["Speed, Keep: “fast”. Enter a number, for example 12.5."]
