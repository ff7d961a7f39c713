"""How a metric ends: the steps, what a plan must say, and what is due when."""

from datetime import date, timedelta

import pytest

from metrics.domain.ending import DRAWN, STEPS, Plan, Standing, Step, Successor, after, circle, due, plan_errors

TODAY = date(2026, 11, 22)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def plan(announce: int = 0, remove: int = 30, *, reason: str = "Nobody reads it.", successor=None) -> Plan:
    return Plan(key="old", announce_on=day(announce), remove_on=day(remove), reason=reason, successor=successor)


def errors(wanted: Plan, *, announced: int | None = None, successors: dict[str, str] | None = None) -> list[str]:
    told = None if announced is None else day(announced)
    return [
        f"{name}: {sentence}"
        for name, sentence in plan_errors(wanted, today=TODAY, announced=told, successors=successors or {})
    ]


@pytest.mark.parametrize("state", list(Standing))
@pytest.mark.parametrize("step", list(Step))
def test_a_metric_takes_only_the_steps_of_the_table(state, step):
    if (state, step) in STEPS:
        assert after(state, step) == STEPS[state, step]
    else:
        with pytest.raises(ValueError, match="cannot take the step"):
            after(state, step)


def test_nothing_leads_out_of_retired():
    assert not [step for state, step in STEPS if state is Standing.RETIRED]
    assert not [source for source, _, _ in DRAWN if source == "retired"]


@pytest.mark.parametrize("announce, remove, announced, wrong", [
    (0, 0, None, []),
    (0, 30, None, []),
    (5, 5, None, []),
    (5, 4, None, ["remove_on: The removal date lies before the announcement"]),
    (-1, 30, None, ["announce_on: That day is over"]),
    (-9, 30, -9, []),  # an announcement that was made is kept
    (-9, 30, -8, ["announce_on: That day is over"]),
    (-9, -1, -9, ["remove_on: That day is over"]),
    (0, 366 * 5, None, []),
    (0, 366 * 5 + 1, None, ["remove_on: Choose a day within 5 years"]),
])  # fmt: skip
def test_the_days_of_a_plan(announce, remove, announced, wrong):
    found = errors(plan(announce, remove), announced=announced)
    assert len(found) == len(wrong)
    assert all(said.startswith(start) for said, start in zip(found, wrong, strict=True))


@pytest.mark.parametrize("successor, others, wrong", [
    ({"key": "new", "state": "approved"}, {}, []),
    ({"key": "old", "state": "approved"}, {}, ["its own successor"]),
    ({"key": "new", "state": "draft"}, {}, ["no approved definition yet"]),
    ({"key": "new", "state": "in_review"}, {}, ["no approved definition yet"]),
    ({"key": "new", "state": "deprecated"}, {}, ["is deprecated itself"]),
    ({"key": "new", "state": "retired"}, {}, ["is retired itself"]),
    ({"key": "new", "state": "approved", "ends": True}, {}, ["is to end as well"]),
    ({"key": "new", "state": "approved", "ends": True}, {"new": "old"}, ["old → new → old"]),
    ({"key": "new", "state": "approved"}, {"new": "third", "third": "old"}, ["old → new → third → old"]),
    ({"key": "new", "state": "approved"}, {"new": "third", "third": "new"}, []),
    ({"key": "new", "state": "approved", "hidden": True}, {}, ["is confidential"]),
    ({"key": "new", "state": "approved", "rests_on_it": True}, {}, ["is calculated from this metric"]),
    ({"key": "new", "state": "draft", "rests_on_it": True}, {}, ["no approved definition", "is calculated from"]),
])  # fmt: skip
def test_what_may_take_the_place_of_a_metric(successor, others, wrong):
    found = errors(plan(successor=Successor(**successor)), successors=others)
    assert len(found) == len(wrong)
    assert all(part in said for said, part in zip(found, wrong, strict=True))


def test_a_plan_says_why():
    assert errors(plan(reason="  ")) == ["reason: Give the reason for ending the metric."]


@pytest.mark.parametrize("successors, path", [
    ({}, []),
    ({"b": "a"}, ["a", "b", "a"]),
    ({"b": "c", "c": "a"}, ["a", "b", "c", "a"]),
    ({"b": "c", "c": "b"}, []),
])  # fmt: skip
def test_a_circle_of_successors_is_found(successors, path):
    assert circle("a", "b", successors) == path


@pytest.mark.parametrize("state, announce, remove, steps", [
    ("planned", 1, 9, []),
    ("planned", 0, 9, ["announce"]),
    ("planned", -5, 9, ["announce"]),
    ("planned", -5, -1, ["announce", "retire"]),
    ("planned", 0, 0, ["announce", "retire"]),
    ("announced", -5, 1, []),
    ("announced", -5, 0, ["retire"]),
])  # fmt: skip
def test_what_is_due(state, announce, remove, steps):
    assert due(state, announce_on=day(announce), remove_on=day(remove), today=TODAY) == steps
