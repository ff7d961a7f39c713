"""What making wholes anew would change, and when a part that came late makes a difference at all: by tables."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metrics.domain.aggregation import Missing, Part, Rule, misses, whole
from metrics.domain.remaking import Remade, Remaking, listed, told

DAY = datetime(2026, 3, 2, tzinfo=UTC)
PARTS = [Part(name=name, value=Decimal(value), sample_size=4, denominator=Decimal(2)) for name, value in
         (("North", -3), ("South", 5))]  # fmt: skip
LATE = Part(name="East", value=None)


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("missing", [Missing.WITHHOLD, Missing.ZERO])
def test_only_where_nothing_is_said_to_change_nothing_does(rule, missing):
    one_sided = PARTS[1:]
    for parts in (PARTS, one_sided):
        same = whole(rule, parts, missing=missing) == whole(rule, [*parts, LATE], missing=missing)
        assert same or misses(rule, missing)
    differs = whole(rule, one_sided, missing=missing).value != whole(rule, [*one_sided, LATE], missing=missing).value
    assert differs or not misses(rule, missing) or rule is Rule.MAX


def test_the_last_known_value_reaches_later_periods_by_itself():
    assert not any(misses(rule, Missing.LAST) for rule in Rule)


def period(before: int, after: int | None, trouble: str = "") -> Remade:
    return Remade(start=DAY, before=Decimal(before), after=None if after is None else Decimal(after), trouble=trouble)


@pytest.mark.parametrize(
    ("before", "after", "becomes"), [(5, 5, "same"), (5, 6, "changed"), (5, None, "withheld"), (0, None, "withheld")]
)
def test_what_becomes_of_a_whole(before, after, becomes):
    assert period(before, after).becomes == becomes


def test_it_is_told_in_figures_with_the_reasons_and_known_again():
    rows = [period(5, None, "Missing: East."), period(5, 6), period(7, None, "Missing: East."), period(7, 7),
            period(9, None, "Missing: West.")]  # fmt: skip
    found = Remaking(["East"], rows)
    assert found.counts == {"withheld": 3, "changed": 1, "same": 1}
    assert found.troubles == [("Missing: East.", 2), ("Missing: West.", 1)]
    assert found.differing == [rows[4], rows[2], rows[1], rows[0]]
    assert found.version == Remaking(["East"], rows).version
    others = [Remaking(["West"], rows), Remaking(["East"], rows[1:]), Remaking(["East"], [period(5, 0), *rows[1:]])]
    assert found.version not in {each.version for each in others}


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "One whole, of the period from 2 Mar 2026, stands without “East”, by now a part of what it is made of."),
        (1200, "1,200 wholes, the first of the period from 2 Mar 2026, stand without “East”, by now a part of what "
         "they are made of."),
    ],
)  # fmt: skip
def test_what_stands_is_told_in_a_sentence(count, sentence):
    assert told("East", count, "2 Mar 2026") == sentence


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("", ""),
        ("A", "“A”"),
        ("AB", "“A” and “B”"),
        ("ABC", "“A”, “B” and “C”"),
        ("ABCD", "“A”, “B” and 2 more"),
    ],
)
def test_segments_are_named_as_far_as_a_sentence_holds_them(names, words):
    assert listed(list(names)) == words
