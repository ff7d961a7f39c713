"""What is signed is shown: every value of a dossier appears on the review screen."""

from datetime import date
from typing import Any

from decisions.domain.reviewing import Known, parts_of
from decisions.domain.writing import dossier_to
from tests.factories.dossiers import dossier


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() if key not in {"schema", "id"} for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    if value in (None, "") or isinstance(value, bool):
        return []
    return [as_day(str(value))]


def as_day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%b %Y}"


def test_every_value_that_is_signed_is_shown():
    given = dossier()
    shown = "\n".join(
        "\n".join([field.text, *(cell for row in field.rows for cell in row)])
        for part in parts_of(given)
        for field in part.fields
    )
    pointers = {"a", "b", "c", "m1", "q1", "q2", "a1"}  # shown by their names
    assert [leaf for leaf in leaves(dossier_to(given)) if leaf not in shown and leaf not in pointers] == []


def test_sections_come_in_order_and_rows_are_named_by_what_they_point_to():
    parts = parts_of(dossier())
    assert [part.key for part in parts][:3] == ["frame", "background", "metrics"]
    assert len(parts) == 12
    scores = next(field for part in parts for field in part.fields if field.label == "Scores")
    assert scores.rows[0][0] == "Option A · Speed"
    assert scores.rows[0][1] == "20 / 30 / 40"
    rows = [row[0] for row in scores.rows]
    assert len(set(rows)) == len(rows)


def test_a_condition_is_shown_with_all_that_decides_whether_it_fires():
    known = Known(metrics={"backlog_growth": ("Backlog growth", "%", "weekly")})
    assumptions = next(
        field for part in parts_of(dossier(), known) for field in part.fields if field.label == "Assumptions"
    )
    assert (
        "Breaks when Backlog growth is above 10 %; a period without a value breaks the run; "
        "silence holds the state; major."
    ) in assumptions.rows[0]


def test_people_and_metrics_are_shown_by_name():
    known = Known(people={"decider": "Dee Cider"}, metrics={"backlog_growth": ("Backlog growth", "%", "weekly")})
    parts = parts_of(dossier(), known)
    owner = next(field for field in parts[0].fields if field.label == "Owner")
    goals = next(field for field in parts[2].fields if field.label == "Success metrics")
    assert owner.text == "Dee Cider"
    assert goals.rows[0][0] in {"Backlog growth", "support_resolution_rate"}


def test_columns_that_say_nothing_are_left_out():
    for part in parts_of(dossier()):
        for field in part.fields:
            assert all(any(row[column] for row in field.rows) for column in range(1, len(field.header)))


def test_the_recommended_option_is_shown_by_name():
    part = next(part for part in parts_of(dossier()) if part.key == "recommendation")
    assert part.fields[0].text == "Option B"
