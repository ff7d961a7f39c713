"""Rows of the access matrix for decisions."""

from django.urls import reverse

from decisions.models import CONTRIBUTE, CommitmentRecord, Decision
from decisions.services import moves, people, questions
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Page, People
from tests.factories import decisions as make
from tests.factories import metrics

OWNERS_ONLY = {"owner": OK, "contributor": OK}
REASON = {"reason": "Because."}
CONDITION = "?item=a1&row=conditions-0"
CONDITION_TYPED = {
    "conditions-TOTAL_FORMS": "1",
    "conditions-INITIAL_FORMS": "1",
    "conditions-0-kind": "above",
    "conditions-0-bound": "10",
}


def _registry() -> None:
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.metric(key=key)


def a_draft(who: People) -> Decision:
    _registry()
    draft = make.draft(who["owner"])
    people.invite(draft, who["contributor"], grant=CONTRIBUTE, by=who["owner"])
    return draft


def one_in_force(who: People) -> Decision:
    _registry()
    decision = make.in_force(who["owner"])
    people.invite(decision, who["contributor"], grant=CONTRIBUTE, by=who["owner"])
    return decision


def draft(name: str, *args: str, confidential: bool = False, query: str = ""):
    """Return the builder of a page of a draft."""

    def build(who: People) -> str:
        decision = a_draft(who)
        if confidential:
            Decision.objects.filter(pk=decision.pk).update(classification="confidential")
        return reverse(name, args=[decision.reference, *args]) + query

    return build


def in_review(name: str, *args: str):
    """Return the builder of a page of a decision in review; the approver of the matrix is asked to sign."""

    def build(who: People) -> str:
        decision = a_draft(who)
        make.approver()
        moves.submit(decision, by=who["owner"])
        Decision.objects.filter(pk=decision.pk).update(classification="confidential")
        return reverse(name, args=[decision.reference, *args])

    return build


def in_force(name: str, *args: str):
    """Return the builder of a page of a decision in force."""
    return lambda who: reverse(name, args=[one_in_force(who).reference, *args])


def question(who: People) -> str:
    """Return a re-evaluation of a confidential decision."""
    decision = one_in_force(who)
    asked = questions.question(decision, by=who["owner"], text="Still so?")
    Decision.objects.filter(pk=decision.pk).update(classification="confidential")
    return reverse("reevaluation", args=[asked.pk])


def commitment(who: People) -> str:
    """Return the commitments of a decision in force."""
    return in_force("decision_commitments")(who)


def settled(_who: People) -> dict[str, object]:
    """Return what settles the only commitment there is."""
    return {"record": CommitmentRecord.objects.get().pk, "state": "done"}


def abandoned(who: People) -> str:
    """Return the address that begins a new cycle of an abandoned draft."""
    decision = a_draft(who)
    moves.abandon(decision, by=who["owner"], reason="Later.")
    return reverse("decision_move", args=[decision.reference, "new-cycle"])


SEEN_BY = {"owner": OK, "contributor": OK, "auditor": OK}
MANAGED = {"owner": OK}
EDITED = {"owner": OK, "contributor": OK}

PAGES = [
    Page("inbox", "/"),
    Page("decision_list", "/decisions/"),
    Page("decision_csv", "/decisions.csv"),
    Page("learning", "/decisions/learning/"),
    Page("usefulness", "/decisions/conditions/"),
    Page("usefulness_csv", "/decisions/conditions.csv"),
    Page("calendar", "/calendar/"),
    Page("signal_list", "/signals/", others=FORBIDDEN, answers={"auditor": OK, "administrator": OK}),
    Page(
        "signal_list",
        "/signals/",
        method="POST",
        data={"receipt": "1"},
        others=FORBIDDEN,
        answers={"auditor": HIDDEN, "administrator": HIDDEN},
    ),
    Page("search", "/search/?q=exceptions"),
    Page("decision_new", "/decisions/new/", others=FORBIDDEN, answers=OWNERS_ONLY),
    Page(
        "decision_new",
        "/decisions/new/",
        method="POST",
        data={"title": "Whether", "tier": "tactical", "classification": "internal"},
        others=FORBIDDEN,
        answers={"owner": FOUND, "contributor": FOUND},
    ),
    Page("decision", draft("decision"), state="draft, internal"),
    Page("decision", draft("decision", confidential=True), others=HIDDEN, answers=SEEN_BY, state="draft, confidential"),
    Page(
        "decision",
        in_review("decision"),
        others=HIDDEN,
        answers=SEEN_BY | {"approver": OK},
        state="in review, confidential",
    ),
    Page("decision", in_force("decision"), state="in force"),
    Page("decision_tasks", draft("decision_tasks"), others=FORBIDDEN, answers=EDITED, state="draft"),
    Page(
        "decision_history",
        draft("decision_history", "options"),
        others=FORBIDDEN,
        answers=EDITED | {"auditor": OK},
        state="draft",
    ),
    Page(
        "decision_history",
        draft("decision_history", "options"),
        method="POST",
        data={"draft": "9", "version": "1"},
        others=FORBIDDEN,
        answers={"owner": UNUSABLE, "contributor": UNUSABLE, "auditor": FORBIDDEN},
        state="no such draft",
    ),
    Page("decision_paste", draft("decision_paste", "scores"), others=FORBIDDEN, answers=EDITED, state="draft"),
    Page(
        "decision_paste",
        draft("decision_paste", "costs"),
        method="POST",
        data={"table": "No table at all"},
        others=FORBIDDEN,
        answers={"owner": UNUSABLE, "contributor": UNUSABLE},
        state="nothing to fill",
    ),
    Page("decision_comments", draft("decision_comments"), state="draft"),
    Page(
        "decision_comments",
        draft("decision_comments", confidential=True),
        method="POST",
        data={"about": "options", "body": "Why only three?"},
        others=HIDDEN,
        answers={"owner": FOUND, "contributor": FOUND, "auditor": FORBIDDEN},
        state="draft, confidential",
    ),
    Page("decision_edit", draft("decision_edit", "risks"), others=FORBIDDEN, answers=EDITED, state="draft"),
    Page(
        "decision_edit",
        draft("decision_edit", "risks", confidential=True),
        others=HIDDEN,
        answers=EDITED | {"auditor": FORBIDDEN},
        state="draft, confidential",
    ),
    Page(
        "decision_edit",
        draft("decision_edit", "risks"),
        method="POST",
        others=FORBIDDEN,
        answers={"owner": UNUSABLE, "contributor": UNUSABLE},
        state="draft",
    ),
    Page(
        "decision_edit",
        in_force("decision_edit", "risks"),
        others=FORBIDDEN,
        answers={"owner": REFUSED, "contributor": REFUSED},
        state="in force",
    ),
    Page("decision_options", draft("decision_options"), state="draft"),
    Page(
        "decision_options",
        draft("decision_options", confidential=True),
        others=HIDDEN,
        answers=SEEN_BY,
        state="draft, confidential",
    ),
    Page(
        "decision_options",
        draft("decision_options"),
        method="POST",
        data={"version": "1", "m-q1-a": "x"},
        others=FORBIDDEN,
        answers={"owner": UNUSABLE, "contributor": UNUSABLE},
        state="draft",
    ),
    Page("decision_assumptions", in_force("decision_assumptions"), state="in force"),
    Page(
        "decision_assumptions",
        draft("decision_assumptions", confidential=True),
        others=HIDDEN,
        answers=SEEN_BY,
        state="draft, confidential",
    ),
    Page(
        "decision_assumptions",
        draft("decision_assumptions"),
        method="POST",
        data={"version": "1"},
        others=FORBIDDEN,
        answers={"owner": FOUND, "contributor": FOUND},
        state="draft",
    ),
    Page("decision_commitments", in_force("decision_commitments"), state="in force"),
    Page(
        "decision_commitments",
        commitment,
        method="POST",
        data=settled,
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="in force",
    ),
    Page("decision_people", draft("decision_people"), others=FORBIDDEN, answers=MANAGED, state="draft"),
    Page(
        "decision_people",
        draft("decision_people"),
        method="POST",
        data={"person": "as-nobody", "grant": "manage_decision"},
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="draft",
    ),
    Page("decision_move", draft("decision_move", "abandon"), others=FORBIDDEN, answers=MANAGED, state="draft"),
    Page(
        "decision_move",
        draft("decision_move", "abandon"),
        method="POST",
        data=REASON,
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="draft",
    ),
    Page(
        "decision_move",
        draft("decision_move", "submit"),
        method="POST",
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="draft",
    ),
    Page(
        "decision_move",
        in_force("decision_move", "amend"),
        method="POST",
        data=REASON | {"change_class": "material"},
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="in force",
    ),
    Page(
        "decision_move",
        in_force("decision_move", "close"),
        method="POST",
        data=REASON | {"outcome": "achieved", "process": "sound", "process_reason": "Tried."},
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="in force",
    ),
    Page(
        "decision_move",
        in_force("decision_move", "question"),
        method="POST",
        data={"text": "Really?", "severity": "major"},
        others=FORBIDDEN,
        answers={"owner": FOUND, "contributor": FOUND, "approver": FOUND, "steward": FOUND},
        state="in force",
    ),
    Page(
        "decision_move",
        abandoned,
        method="POST",
        others=FORBIDDEN,
        answers={"owner": FOUND, "contributor": FOUND},
        state="abandoned",
    ),
    Page(
        "decision_mute",
        in_force("decision_mute", "a1.c1"),
        others=FORBIDDEN,
        answers={"owner": OK},
        state="in force",
    ),
    Page(
        "decision_mute",
        in_force("decision_mute", "a1.c1"),
        method="POST",
        data=REASON | {"days": "3"},
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="in force",
    ),
    Page(
        "decision_replay",
        draft("decision_replay", query=CONDITION),
        method="POST",
        data=CONDITION_TYPED,
        others=FORBIDDEN,
        answers=EDITED,
        state="draft",
    ),
    Page(
        "decision_replay",
        draft("decision_replay", confidential=True, query=CONDITION),
        method="POST",
        data=CONDITION_TYPED,
        others=HIDDEN,
        answers=SEEN_BY | {"auditor": FORBIDDEN},
        state="draft, confidential",
    ),
    Page("reevaluation", question, others=HIDDEN, answers=SEEN_BY | {"approver": OK}, state="open, confidential"),
    Page(
        "reevaluation",
        question,
        method="POST",
        data=REASON | {"outcome": "reaffirm"},
        others=HIDDEN,
        answers={"owner": FOUND, "contributor": FORBIDDEN, "auditor": FORBIDDEN, "approver": FORBIDDEN},
        state="open, confidential",
    ),
    Page("decision_record_json", in_force("decision_record_json"), state="in force"),
    Page(
        "decision_record_json",
        draft("decision_record_json", confidential=True),
        others=HIDDEN,
        answers={"owner": REFUSED, "contributor": REFUSED, "auditor": REFUSED},
        state="draft, confidential",
    ),
    Page(
        "decision_record_pdf",
        draft("decision_record_pdf", confidential=True),
        others=HIDDEN,
        answers={"owner": REFUSED, "contributor": REFUSED, "auditor": REFUSED},
        state="draft, confidential",
    ),
]
