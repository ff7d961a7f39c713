"""A person, or a review, questions a decision."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.roles import APPROVERS, STEWARDS, has_role
from approvals.services import ledger
from approvals.services.words import needed_words
from config.kit.days import day_text
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.domain.moves import Move
from decisions.domain.response import HOURS, approved_response
from decisions.models import Decision, Reevaluation, Review
from decisions.services import grounds, people, questioning, telling, transition, versions


def may_question(user: User, decision: Decision) -> bool:
    """Say whether the person may question the decision: who writes in it, approvers and stewards."""
    if not access.may_change_anything(user):
        return False
    return has_role(user, APPROVERS, STEWARDS) or access.may_answer(user, decision) or access.may_edit(user, decision)


@transaction.atomic
def question(
    decision: Decision, *, by: User, text: str, severity: str = "major", at: datetime | None = None
) -> Reevaluation:
    """Open a re-evaluation by hand, with the words of who asks."""
    text = needed_words("text", text, "Say what makes you question the decision.")
    if severity not in HOURS:
        raise BadInput({"severity": [f"Choose one of: {', '.join(HOURS)}."]})
    access.require_view(by, decision)
    access.require(may_question(by, decision), by, decision, "Only its people, approvers and stewards may question it.")
    with ledger.gathered():
        decision = transition.locked(decision.reference)
        if reasons := transition.refused(decision, Move.QUESTION):
            raise MoveRefused(reasons)
        found = questioning.open_question(
            decision,
            cause=Reevaluation.Cause.PERSON,
            severity=severity,
            text=text,
            by=by,
            now=at or timezone.now(),
            response=approved_response(versions.dossier_in_force(decision)),
        )
        title = f"{decision.reference} is questioned by {by}"
        telling.tell(people.answerable(decision), found, decision, key="opened", title=title)
    return found


def ask_by_review(
    review: Review, *, by: User, text: str, severity: str = "major", at: datetime | None = None
) -> Reevaluation:
    """Let a review question its decision, once: a task opens, or the open one gets a further ground."""
    text = needed_words("text", text, "Say what the review found that questions the decision.")
    if severity not in HOURS:
        raise BadInput({"severity": [f"Choose one of: {', '.join(HOURS)}."]})
    access.require_answer(by, review.decision)
    sentence = f"The review of {day_text(review.due_on)} asks: {text}"
    raised = grounds.Raised(
        cause=Reevaluation.Cause.REVIEW, key=f"review:{review.pk}", sentence=sentence, severity=severity
    )
    found = grounds.raise_all(review.decision.reference, [raised], by=by, now=at or timezone.now())
    if found is None:
        raise MoveRefused(["This review has questioned the decision already, or the decision is no longer in force."])
    return found
