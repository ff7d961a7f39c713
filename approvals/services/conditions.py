"""Conditions of an approval: what somebody must do by a day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from approvals import subjects
from approvals.models import Signature, User
from approvals.queries import may_act
from approvals.services.words import clean_words
from config.kit.refusals import BadInput

MOST = 10
NEEDED = "State at least one condition: what has to be done, by whom and until when."


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition: it becomes a commitment of its owner when the request is approved."""

    text: str
    owner: User
    due_on: date


def checked_conditions(kind: str, verdict: str, conditions: Sequence[Condition]) -> list[Condition]:
    """Return the conditions cleaned; BadInput when they and the verdict, or the subject, do not go together."""
    takes = subjects.get(kind).commit is not None
    if verdict != Signature.Verdict.APPROVE_WITH_CONDITIONS or not takes:
        if conditions:
            raise BadInput({"conditions": ["Conditions go with “approve with conditions” only."]})
        return []
    if not conditions:
        raise BadInput({"conditions": [NEEDED]})
    if len(conditions) > MOST:
        raise BadInput({"conditions": [f"State at most {MOST} conditions."]})
    cleaned = [replace(each, text=clean_words("conditions", each.text)) for each in conditions]
    if not all(each.text for each in cleaned):
        raise BadInput({"conditions": ["Say of each condition what has to be done."]})
    if absent := [str(each.owner) for each in cleaned if not may_act(each.owner)]:
        raise BadInput({"conditions": [f"{', '.join(absent)} cannot undertake anything; choose somebody else."]})
    return cleaned
