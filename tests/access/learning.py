"""Rows of the access matrix for templates, lessons, reviews and new cycles."""

from django.urls import reverse
from django.utils import timezone

from decisions.models import CONTRIBUTE, Decision, Review
from decisions.services import lessons, moves, people, proposing, reviews, templates
from tests.access_matrix import FORBIDDEN, FOUND, HIDDEN, OK, REFUSED, UNUSABLE, Page, People
from tests.factories import decisions as make
from tests.factories import learning, metrics
from tests.factories.approvals import approver

ADMINISTRATOR = {"administrator": OK}
SEEN_BY = {"owner": OK, "contributor": OK, "auditor": OK, "approver": OK}


def _in_force(who: People) -> Decision:
    for key in (make.RESOLUTION, make.BACKLOG):
        metrics.metric(key=key)
    decision = make.in_force(who["owner"])
    people.invite(decision, who["contributor"], grant=CONTRIBUTE, by=who["owner"])
    return decision


def installed(name: str, *args: str):
    """Return the builder of a page of the template that comes with the program."""

    def build(_who: People) -> str:
        return reverse(name, args=[templates.current().key, *args])

    return build


def proposed(name: str, *args: str):
    """Return the builder of a page of a proposed version, with a reason and a change."""

    def build(who: People) -> str:
        approver()
        row = learning.proposal(who["administrator"])
        return reverse(name, args=[row.key, *args])

    return build


def in_review(name: str, *args: str):
    """Return the builder of a page of a version that waits for approval."""

    def build(who: People) -> str:
        approver()
        row = learning.proposal(who["administrator"])
        proposing.submit(row, by=who["administrator"])
        return reverse(name, args=[row.key, *args])

    return build


def taught(who: People) -> str:
    """Return the address at which a lesson of a decision that all may read is answered."""
    decision = _in_force(who)
    found = lessons.raise_all(
        decision, [lessons.Raised(section="options", text="Try first.")], by=who["owner"], at=timezone.now()
    )
    return reverse("lesson", args=[found[0].pk])


def taught_in_secret(who: People) -> str:
    """Return the same of a confidential decision."""
    url = taught(who)
    Decision.objects.update(classification="confidential")
    return url


def due(who: People) -> str:
    """Return a review that can be held."""
    return reverse("review", args=[reviews.open_review(_in_force(who), by=who["owner"]).pk])


def held(who: People) -> str:
    """Return a review that was held."""
    review = learning.held(_in_force(who))
    return reverse("review", args=[review.pk])


def held_in_secret(who: People) -> str:
    """Return a held review of a confidential decision."""
    url = held(who)
    Decision.objects.update(classification="confidential")
    return url


def asked(_who: People) -> dict[str, str]:
    """Return what holds the only review there is to hold."""
    return learning.typed(Review.objects.get(held_at=None))


def begun_anew(who: People) -> str:
    """Return what a second cycle must refresh."""
    first = _in_force(who)
    moves.close(first, by=who["owner"], outcome="partly", process="sound", reason="Over.", process_reason="Tried.")
    return reverse("decision_refresh", args=[moves.new_cycle(first, by=who["owner"]).reference])


DECLINED = {"answer": "decline"}


def declining(_who: People) -> dict[str, str]:
    """Return what declines the newest lesson."""
    return DECLINED | {f"l{lessons.Lesson.objects.latest('pk').pk}-reason": "Known already."}


PAGES = [
    Page("template_list", "/templates/"),
    Page("template_new", "/templates/new/", others=FORBIDDEN, answers=ADMINISTRATOR),
    Page("template", installed("template")),
    Page("template", in_review("template"), state="in review"),
    Page("template_diff", proposed("template_diff"), state="proposed"),
    Page("template_edit", proposed("template_edit"), others=FORBIDDEN, answers=ADMINISTRATOR, state="proposed"),
    Page("template_edit", installed("template_edit"), others=FORBIDDEN, answers=ADMINISTRATOR, state="in effect"),
    Page(
        "template_part",
        proposed("template_part", "options"),
        others=FORBIDDEN,
        answers=ADMINISTRATOR,
        state="proposed",
    ),
    Page(
        "template_part",
        in_review("template_part", "options"),
        method="POST",
        data={"guidance": "Another.", "version": "3"},
        others=FORBIDDEN,
        answers={"administrator": REFUSED},
        state="in review",
    ),
    Page(
        "template_move",
        installed("template_move", "begin"),
        method="POST",
        others=FORBIDDEN,
        answers={"administrator": FOUND},
        state="in effect",
    ),
    Page(
        "template_move",
        proposed("template_move", "submit"),
        method="POST",
        others=FORBIDDEN,
        answers={"administrator": FOUND},
        state="proposed",
    ),
    Page(
        "template_move",
        in_review("template_move", "withdraw"),
        method="POST",
        data={"reason": "Not yet."},
        others=FORBIDDEN,
        answers={"administrator": FOUND},
        state="in review",
    ),
    Page("lesson_list", "/lessons/"),
    Page("lesson", taught, method="POST", data=declining, others=FORBIDDEN, answers={"administrator": FOUND}),
    Page(
        "lesson",
        taught_in_secret,
        method="POST",
        data=declining,
        others=HIDDEN,
        answers=dict.fromkeys(SEEN_BY, FORBIDDEN),
        state="confidential",
    ),
    Page("review_list", "/reviews/"),
    Page("review", due, state="due"),
    Page("review", due, method="POST", others=FORBIDDEN, answers={"owner": UNUSABLE}, state="due, nothing typed"),
    Page("review", due, method="POST", data=asked, others=FORBIDDEN, answers={"owner": FOUND}, state="due"),
    Page("review", held, method="POST", others=FORBIDDEN, answers={"owner": REFUSED}, state="held"),
    Page("review", held_in_secret, others=HIDDEN, answers=SEEN_BY, state="held, confidential"),
    Page("decision_refresh", begun_anew, state="draft"),
    Page(
        "decision_refresh",
        begun_anew,
        method="POST",
        data={"key": "scores:b"},
        others=FORBIDDEN,
        answers={"owner": FOUND},
        state="draft",
    ),
]
