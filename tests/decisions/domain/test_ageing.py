"""What grows old, and when it calls the decision into question."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from decisions.domain.ageing import GRACE, Refresh, overdue, refreshes
from tests.factories import dossiers as f

DAY = date(2026, 3, 2)


def test_everything_with_a_day_is_found_each_under_its_own_place() -> None:
    assumption = f.assumption(manual_check="Ask the teams.", manual_check_on=DAY, evidence=(f.evidence(),))
    base = f.dossier()
    made = replace(base, criteria=replace(base.criteria, assumptions=(assumption,)))
    found = {each.place: each for each in refreshes(made)}
    assert len(found) == len(list(refreshes(made)))
    assert found["costs"].what == "the data of section “Cost and execution effort”"
    assert found["a1"].what == "the assumption “The backlog grows by less than a tenth a week”"
    assert found["a1.check"].day == DAY
    assert {found[place].assumption for place in ("a1", "a1.check", "criteria.a1.e1")} == {"a1"}
    assert found["options.b.e1"].assumption == ""


@pytest.mark.parametrize(
    ("days_after", "is_overdue"), [(-1, False), (0, False), (GRACE.days, False), (GRACE.days + 1, True)]
)
def test_a_grace_lies_between_the_day_and_the_question(days_after: int, is_overdue: bool) -> None:
    late = overdue([Refresh("a1", "it", DAY)], DAY + timedelta(days=days_after))
    assert bool(late) is is_overdue


def test_the_same_thing_with_another_day_is_another_occurrence() -> None:
    first, second = Refresh("a1", "it", DAY), Refresh("a1", "it", DAY + timedelta(days=1))
    assert first.key == "refresh:a1:2026-03-02"
    assert first.key != second.key
