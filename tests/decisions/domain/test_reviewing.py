"""What is signed is shown: every value of a dossier appears on the review screen."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from decisions.domain import dossier as d
from decisions.domain.reviewing import Known, parts_of
from decisions.domain.writing import dossier_to
from tests.factories.dossiers import assumption, condition, dossier

PAGE = "https://example.org/figures"


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


def evidence_cells(snapshot: d.Snapshot) -> dict[str, str]:
    piece = d.Evidence(id="e1", kind="metric", title="Weekly values", reference="backlog_growth", snapshot=snapshot)
    background = d.Background(provenance=d.Provenance(evidence=(piece,)))
    parts = parts_of(d.Dossier(background=background))
    table = next(each for part in parts for each in part.fields if each.label == "Evidence")
    return dict(zip(table.header, table.rows[0], strict=True))


def test_evidence_without_a_pinned_value_has_no_empty_words_for_one():
    assert evidence_cells(d.Snapshot()) == {"": "Weekly values", "Kind": "metric", "Reference": "backlog_growth"}


def test_a_pinned_value_reads_as_a_sentence_with_its_period_and_revision():
    pinned = d.Snapshot(
        value=Decimal("61.50"),
        period_start="2026-11-02T00:00:00.000000Z",
        period_end="2026-11-09T00:00:00.000000Z",
        revision=2,
        definition_version=1,
        recorded_at="2026-11-09T07:05:00.000000Z",
    )
    assert evidence_cells(pinned)["Snapshot"] == (
        "61.5 for 2 Nov 2026 to 9 Nov 2026, revision 2, definition 1, recorded 9 Nov 2026, 07:05 UTC"
    )


def test_the_recommended_option_is_shown_by_name():
    part = next(part for part in parts_of(dossier()) if part.key == "recommendation")
    assert part.fields[0].text == "Option B"


NAMED = Known(
    people={"decider": "Dana"},
    metrics={
        "backlog_growth": ("Backlog growth", "%", "weekly"),
        "support_resolution_rate": ("Resolution rate", "%", "weekly"),
    },
)
SOURCE = [
    ("Evidence", ("", "Kind", "Reference", "Refresh by"), [("Weekly figures", "link", PAGE, "1 Nov 2027")]),
    ("Assumption owner", "Dana"),
    ("Refresh by", "1 Nov 2027"),
]


def laid_out(given: d.Dossier, key: str) -> list[tuple[Any, ...]]:
    part = next(part for part in parts_of(given, NAMED) if part.key == key)
    return [
        (field.label, field.header, list(field.rows)) if field.rows else (field.label, field.text)
        for field in part.fields
    ]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "frame",
            [
                ("Title", "Who decides on exceptions"),
                ("Tier", "tactical"),
                ("Who may read it", "internal"),
                ("Owner", "Dana"),
                ("Owner of last resort", ""),
                ("Language", "en"),
            ],
        ),
        (
            "background",
            [
                ("Text", "Exceptions pile up."),
                ("Objective", "Answer nine in ten requests within two days."),
                ("Success criteria", "The resolution rate reaches 85 %."),
                ("In scope", "Customer requests."),
                ("Out of scope", "Internal requests."),
                ("Horizon in months", "12"),
                ("Trade-off: first pole", "Governance"),
                ("Trade-off: second pole", "Autonomy"),
                ("Trade-off: agreed stance, 0 to 100", "60"),
                ("Trade-off: why", "Speed."),
                *SOURCE,
            ],
        ),
        (
            "metrics",
            [
                ("Text", ""),
                ("Success metrics", ("", "Definition"), [("Resolution rate", "1")]),
                ("Guardrails", ("", "Text", "Bound"), [("Backlog growth", "The backlog never doubles.", "100")]),
                *SOURCE,
            ],
        ),
        (
            "costs",
            [
                ("Text", ""),
                ("Currency", "EUR"),
                ("Costs", ("", "Cost"), [(f"Option {name}", "1000 / 2000 / 3000") for name in "ABC"]),
                *SOURCE,
            ],
        ),
        (
            "recommendation",
            [("Option", "Option B"), ("Owner", "Dana"), ("Rationale", "It scores best."), *SOURCE],
        ),
    ],
)
def test_a_section_reads_as_people_wrote_it(key: str, expected: list[Any]):
    assert laid_out(dossier(), key) == expected


def test_an_option_is_one_row_with_all_that_was_worked_out():
    _, (label, header, rows), *_ = laid_out(dossier(), "options")
    assert label == "Options"
    assert dict(zip(header, rows[0], strict=True)) == {
        "": "Option A",
        "Summary": "One way to go.",
        "Resources": "Two people for three months.",
        "Complexity": "3",
        "Complexity reason": "Two systems change.",
        "Position": "40",
        "Position reason": "Teams decide within limits.",
        "Signal": "Resolution rate (bound 80)",
        "Risk indicator": "People who ask for another role (bound 3)",
        "Evidence": f"Weekly figures — link — {PAGE} — refresh by 1 Nov 2027",
    }


def test_a_scenario_is_shown_with_the_assumption_it_answers_and_its_path():
    _, _, (label, header, rows), *_ = laid_out(dossier(), "risks")
    assert label == "Scenarios"
    assert dict(zip(header, rows[0], strict=True)) == {
        "": "1",
        "Text": "Requests arrive faster than teams can answer.",
        "Assumptions": "The backlog grows by less than a tenth a week.",
        "Fallback": "Go back to one queue for all.",
        "Fallback owner": "Dana",
        "Stop condition": "Four weeks above the bound.",
        "Escalation": "Dana (24 h)",
    }


def test_what_is_unfinished_is_shown_as_far_as_it_goes():
    half = d.Criteria(
        criteria=(d.Criterion(id="q1", veto=True), d.Criterion(id="q2", name="Ease")),
        scores=(
            d.Score(criterion="q1", option="gone", estimate=d.Estimate(likely=Decimal("1.50"))),
            d.Score(criterion="q2", option="gone"),
        ),
        assumptions=(assumption(conditions=(condition(bound=None), condition(id="c2", metric="nil"))),),
    )
    rows = {label: rest for label, *rest in laid_out(d.Dossier(criteria=half), "criteria")}
    assert rows["Criteria"] == [
        ("", "Name", "Direction", "Scale", "Veto"),
        [("1", "", "max", "direct", "yes"), ("2", "Ease", "max", "direct", "no")],
    ]
    assert rows["Scores"] == [("", "Estimate"), [("gone · q1", "– / 1.5 / –"), ("gone · Ease", "")]]
    shown = rows["Assumptions"][1][0][-1].split("\n")
    assert shown[0].startswith("Breaks Backlog growth: above, not yet complete;")
    assert shown[1].startswith("Breaks when nil is above 10;")
