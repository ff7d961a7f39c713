"""Rows of the access matrix for the pages on which options are weighed and scored."""

from django.urls import reverse

from decisions.services import ballots
from tests.access.decisions import SEEN_BY, a_draft, draft
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, REFUSED, UNUSABLE, Page, People


def asked(who: People) -> str:
    """Return the ballots of a draft for which the approver and the contributor were asked."""
    decision = a_draft(who)
    ballots.ask(decision, evaluators=[who["approver"], who["contributor"]], by=who["owner"])
    return reverse("decision_ballots", args=[decision.reference])


SCORED = {f"b-{criterion}-{option}": "50" for criterion in ("q1", "q2") for option in "abc"}

PAGES = [
    Page("decision_weights", draft("decision_weights"), state="draft"),
    Page(
        "decision_weights",
        draft("decision_weights", confidential=True),
        others=HIDDEN,
        answers=SEEN_BY,
        state="draft, confidential",
    ),
    Page(
        "decision_weights",
        draft("decision_weights"),
        method="POST",
        data={"s-rating-q1": "x"},
        others=FORBIDDEN,
        answers={"owner": UNUSABLE, "contributor": UNUSABLE},
        state="draft",
    ),
    Page("decision_ballots", draft("decision_ballots"), state="draft"),
    Page(
        "decision_ballots",
        draft("decision_ballots", confidential=True),
        others=HIDDEN,
        answers=SEEN_BY,
        state="draft, confidential",
    ),
    Page(
        "decision_ballots",
        asked,
        method="POST",
        data={"do": "give", **SCORED},
        others=REFUSED,
        answers={"approver": FOUND, "contributor": FOUND},
        state="asked",
    ),
    Page(
        "decision_ballots",
        asked,
        method="POST",
        data={"do": "drop", "reason": "Asked too early."},
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="asked",
    ),
]
