"""Rows of the access matrix for what is agreed before scoring, and for evidence."""

from django.urls import reverse

from decisions.models import Decision
from decisions.services import uploading
from tests.access.decisions import EDITED, SEEN_BY, a_draft, draft, in_force
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, Page, People


def kept_file(who: People) -> str:
    """Return the address of a file that a confidential draft holds."""
    decision = a_draft(who)
    grant = uploading.keep(decision, name="figures.csv", data=b"week;cases\n", by=who["owner"])
    Decision.objects.filter(pk=decision.pk).update(classification="confidential")
    return reverse("decision_file", args=[decision.reference, grant.upload.sha256])


PIECE = {"title": "Minutes", "reference": "M-12", "section": "costs"}

PAGES = [
    Page("decision_framing", draft("decision_framing"), state="draft"),
    Page(
        "decision_framing", draft("decision_framing", confidential=True), others=HIDDEN, answers=SEEN_BY, state="hidden"
    ),
    Page(
        "decision_framing",
        draft("decision_framing"),
        method="POST",
        data={"reopen": "1", "reason": "Another goal."},
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="agreed",
    ),
    Page("decision_evidence", in_force("decision_evidence"), state="in force"),
    Page(
        "decision_evidence",
        draft("decision_evidence", confidential=True),
        others=HIDDEN,
        answers=SEEN_BY,
        state="confidential",
    ),
    Page(
        "decision_evidence_csv",
        draft("decision_evidence_csv", confidential=True),
        others=HIDDEN,
        answers=SEEN_BY,
        state="confidential",
    ),
    Page("decision_piece_new", draft("decision_piece_new"), others=FORBIDDEN, answers=EDITED, state="draft"),
    Page(
        "decision_piece_new",
        draft("decision_piece_new"),
        method="POST",
        data=PIECE,
        others=FORBIDDEN,
        answers={"owner": FOUND, "contributor": FOUND},
        state="draft",
    ),
    Page("decision_piece", in_force("decision_piece", "costs.e1"), state="in force"),
    Page(
        "decision_piece",
        in_force("decision_piece", "costs.e1"),
        method="POST",
        data={"renew": "1", "retrieved_on": "2026-01-01", "refresh_on": "2099-01-01"},
        others=FORBIDDEN,
        answers={"owner": FOUND, "contributor": FOUND},
        state="in force",
    ),
    Page(
        "decision_piece",
        draft("decision_piece", "costs.e1", confidential=True),
        method="POST",
        data=PIECE | {"version": "1"},
        others=HIDDEN,
        answers={"owner": FOUND, "contributor": FOUND, "auditor": FORBIDDEN},
        state="draft, confidential",
    ),
    Page("decision_file", kept_file, others=HIDDEN, answers=SEEN_BY, state="confidential"),
]
