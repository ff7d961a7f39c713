"""The outcome of a decision judged apart from how it was taken: a good decision may end badly, and a poor one well."""

from dataclasses import dataclass

GOOD_OUTCOMES = frozenset({"achieved", "partly"})
GOOD_PROCESSES = frozenset({"sound"})
UNTOLD = "unknown"


@dataclass(frozen=True)
class Quadrant:
    """One of the four: what it is called, and what follows from it."""

    name: str
    meaning: str


DESERVED_SUCCESS = Quadrant("Deserved success", "Well taken, and it came out well: keep deciding like this.")
BAD_LUCK = Quadrant("Bad luck", "Well taken, and it came out badly all the same: do not punish the process for it.")
LUCKY_ESCAPE = Quadrant("Lucky escape", "Taken with gaps, and it came out well: do not mistake luck for skill.")
DESERVED_FAILURE = Quadrant("Deserved failure", "Taken with gaps, and it came out badly: mend the process first.")
TOO_EARLY = Quadrant("Cannot be told", "What came of it is not known, so only how it was taken can be judged.")

_QUADRANTS = {
    (True, True): DESERVED_SUCCESS,
    (True, False): BAD_LUCK,
    (False, True): LUCKY_ESCAPE,
    (False, False): DESERVED_FAILURE,
}
"""By whether the process and whether the outcome was good."""

GRID = (
    ("Well taken", (DESERVED_SUCCESS, BAD_LUCK)),
    ("Taken with gaps, or poorly", (LUCKY_ESCAPE, DESERVED_FAILURE)),
)
"""Rows by process, columns: came out well, came out badly."""


def quadrant(*, outcome: str, process: str) -> Quadrant:
    """Return which of the four it is; partly achieved counts as well, anything but well taken as with gaps."""
    if outcome == UNTOLD:
        return TOO_EARLY
    return _QUADRANTS[process in GOOD_PROCESSES, outcome in GOOD_OUTCOMES]
