"""Standing: how a decision stands today, derived from what is known and never stored.

The worst word wins: overdue answer, questioned, evidence overdue, near break, sound.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from decisions.domain.ageing import refreshes
from decisions.domain.dossier import Dossier
from decisions.domain.moves import LIVE, State


class Standing(StrEnum):
    """How a live decision stands; a decision that is not live has none."""

    SOUND = "sound"
    NEAR_BREAK = "near break"
    EVIDENCE_OVERDUE = "evidence overdue"
    QUESTIONED = "questioned"
    OVERDUE_ANSWER = "overdue answer"
    NONE = ""

    @property
    def tone(self) -> str:
        """Return the tone of its badge."""
        return _TONES[self]


_TONES = {
    Standing.SOUND: "ok",
    Standing.NEAR_BREAK: "warn",
    Standing.EVIDENCE_OVERDUE: "warn",
    Standing.QUESTIONED: "bad",
    Standing.OVERDUE_ANSWER: "bad",
    Standing.NONE: "",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What standing follows from; `near_break`: some condition is pending, recovering, or breached still."""

    state: str
    answer_due_at: datetime | None = None
    evidence_due_on: date | None = None
    near_break: bool = False


def standing(facts: Facts, *, now: datetime) -> Standing:
    """Return the standing at a moment; an answer due exactly now is not yet overdue, evidence due today neither."""
    if State(facts.state) not in LIVE:
        return Standing.NONE
    if facts.answer_due_at is not None and now > facts.answer_due_at:
        return Standing.OVERDUE_ANSWER
    if facts.state == State.QUESTIONED:
        return Standing.QUESTIONED
    if facts.evidence_due_on is not None and facts.evidence_due_on < now.date():
        return Standing.EVIDENCE_OVERDUE
    return Standing.NEAR_BREAK if facts.near_break else Standing.SOUND


def evidence_due_on(dossier: Dossier) -> date | None:
    """Return the first day on which some evidence must be refreshed: of a section, a source or an assumption."""
    return min((each.day for each in refreshes(dossier)), default=None)
