"""What a broken assumption calls for: how soon an answer is due, and which response was approved in advance."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from decisions.domain.dossier import Assumption, BreakCondition, Dossier
from decisions.domain.writing import section_to

HOURS = {"critical": 24, "major": 72, "minor": 168}
_RANK = {"minor": 0, "major": 1, "critical": 2}


def time_to_answer(severity: str) -> timedelta:
    """Return how long an answer may take."""
    return timedelta(hours=HOURS[severity])


def graver(one: str, other: str) -> str:
    """Return the graver of two severities."""
    return max(one, other, key=_RANK.__getitem__)


def find_condition(dossier: Dossier, key: str) -> tuple[Assumption | None, BreakCondition | None]:
    """Return the assumption and condition armed as a1.c1; None for what the dossier no longer holds."""
    assumption_id, _, condition_id = key.partition(".")
    assumption = next((item for item in dossier.criteria.assumptions if item.id == assumption_id), None)
    if assumption is None:
        return None, None
    return assumption, next((item for item in assumption.conditions if item.id == condition_id), None)


def approved_response(dossier: Dossier, assumption: str = "") -> list[dict[str, Any]]:
    """Return the scenarios to which a break of the assumption leads (all of them when none is named), as plain JSON.

    A scenario that names no assumption answers every break.
    """
    return [
        {"scenario": scenario.id, **{key: value for key, value in section_to(scenario).items() if key != "id"}}
        for scenario in dossier.risks.scenarios
        if not assumption or not scenario.assumptions or assumption in scenario.assumptions
    ]


def merged(response: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a response with the scenarios of a further break added, none twice."""
    known = {entry["scenario"] for entry in response}
    return response + [entry for entry in more if entry["scenario"] not in known]


def escalation_path(
    response: list[dict[str, Any]], last_resort: str, absent: Collection[str] = ()
) -> list[tuple[str, timedelta]]:
    """Return whom to go to after the due time has passed, and how long after it: the first path, then the last resort.

    Each step waits for the hours of the step before it, but nobody waits for somebody who has left (`absent`); the
    owner of last resort comes after all.
    """
    path: list[tuple[str, timedelta]] = []
    waited = timedelta()
    steps: list[dict[str, Any]] = next((entry["escalation"] for entry in response if entry["escalation"]), [])
    for step in steps:
        path.append((step["person"], waited))
        waited += timedelta(hours=0 if step["person"] in absent else step["hours"])
    if last_resort and last_resort not in {person for person, _ in path}:
        path.append((last_resort, waited))
    return path
