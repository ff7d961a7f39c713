"""The response approved in advance, how long an answer may take, and who is gone to when it is late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from decisions.domain import dossier as d
from decisions.domain.response import (
    approved_response,
    escalation_path,
    find_condition,
    graver,
    merged,
    time_to_answer,
)
from tests.factories.dossiers import dossier, scenario


@pytest.mark.parametrize(("severity", "hours"), [("critical", 24), ("major", 72), ("minor", 168)])
def test_the_graver_the_sooner(severity: str, hours: int):
    assert time_to_answer(severity) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("minor", "major", "major"), ("critical", "minor", "critical"), ("major", "major", "major")],
)
def test_the_graver_of_two(one: str, other: str, expected: str):
    assert graver(one, other) == expected
    assert graver(other, one) == expected


def with_scenarios(*scenarios: d.Scenario) -> d.Dossier:
    full = dossier()
    return replace(full, risks=replace(full.risks, scenarios=scenarios))


def test_the_response_is_that_of_the_broken_assumption():
    given = with_scenarios(
        scenario(id="s1", assumptions=("a1",)),
        scenario(id="s2", assumptions=("a2",)),
        scenario(id="s3", assumptions=()),
    )
    assert [entry["scenario"] for entry in approved_response(given, "a1")] == ["s1", "s3"]
    assert [entry["scenario"] for entry in approved_response(given, "a9")] == ["s3"]
    assert [entry["scenario"] for entry in approved_response(given)] == ["s1", "s2", "s3"]
    entry = approved_response(given, "a1")[0]
    assert entry["fallback"] == "Go back to one queue for all."
    assert entry["escalation"] == [{"person": "decider", "hours": 24}]
    assert "id" not in entry


def test_a_further_break_adds_its_scenarios_once():
    one = approved_response(with_scenarios(scenario(id="s1")))
    both = approved_response(with_scenarios(scenario(id="s1"), scenario(id="s2")))
    assert [entry["scenario"] for entry in merged(one, both)] == ["s1", "s2"]
    assert merged(both, one) == both


@pytest.mark.parametrize(
    ("key", "found"),
    [("a1.c1", (True, True)), ("a1.c9", (True, False)), ("a9.c1", (False, False)), ("", (False, False))],
)
def test_a_condition_is_found_by_its_key(key: str, found: tuple[bool, bool]):
    assumption, condition = find_condition(dossier(), key)
    assert (assumption is not None, condition is not None) == found


def test_each_step_waits_for_the_one_before_and_the_last_resort_for_all():
    steps = (d.EscalationStep(person="one", hours=10), d.EscalationStep(person="two", hours=20))
    response = approved_response(with_scenarios(scenario(escalation=steps)))
    hours = [(person, wait / timedelta(hours=1)) for person, wait in escalation_path(response, "last")]
    assert hours == [("one", 0), ("two", 10), ("last", 30)]
    assert escalation_path(response, "two")[-1][0] == "two"
    assert escalation_path([], "last") == [("last", timedelta())]
    assert escalation_path([], "") == []
