"""What the ledger's verbs are called in a decision's timeline, and in which tone."""

from approvals.models import Signature
from decisions.models import Closing, Reevaluation, Review

VERBS = {
    "decision.created": "Draft begun",
    "decision.submitted": "Submitted for approval",
    "decision.in_force": "Approved and in force",
    "decision.granted": "Somebody was invited",
    "decision.grants_removed": "An invitation was taken back",
    "framing.framers_named": "Asked to agree to the framing",
    "framing.agreed": "Agreed to the framing",
    "framing.reopened": "Framing opened again",
    "framing.scores_confirmed": "Scores confirmed under the framing",
    "reevaluation.opened": "Called into question",
    "reevaluation.breach_attached": "Another break",
    "reevaluation.ground_attached": "Another ground",
    "reevaluation.answer_proposed": "Answer given; a second person approves it",
    "reevaluation.answer_returned": "Answer sent back",
    "reevaluation.answer_rejected": "Answer not approved",
    "reevaluation.answer_withdrawn": "Answer withdrawn",
    "condition.muted": "Messages about a condition muted",
    "decision.data_in_doubt": "Data it rests on are in doubt",
    "decision.data_cleared": "Data it rests on are in doubt no longer",
    "condition.unmuted": "Messages about a condition no longer muted",
    "reevaluation.acknowledged": "Re-evaluation acknowledged",
    "reevaluation.answered": "Re-evaluation answered",
    "reevaluation.escalated": "Re-evaluation escalated",
    "reevaluation.retracted": "Question taken back: the value was corrected",
    "commitment.settled": "Commitment settled",
    "decision.confirmed": "Confirmed that a copied part stands",
    "review.held": "Review held",
    "lesson.accepted": "Lesson taken up into the template",
    "lesson.declined": "Lesson declined",
    "request.opened": "Request for approval opened",
    "request.approved": "Request approved",
    "request.returned": "Request sent back for changes",
    "request.rejected": "Request rejected",
    "request.withdrawn": "Request withdrawn",
    "signature.given": "Signed",
    "section.restored": "Earlier draft put back",
    "comment.added": "Commented",
    "request.commented": "Commented on the request",
    "comment.resolved": "Comment resolved",
    "comment.reopened": "Comment reopened",
    "change.opened": "Amendment opened",
    "change.applied": "Amendment applied",
    "change.closed": "Amendment given up",
}
INVITING = {"decision.granted": "was invited", "decision.grants_removed": "is no longer invited"}
TONES = {
    "decision.in_force": "ok",
    "decision.data_in_doubt": "warn",
    "reevaluation.answered": "ok",
    "reevaluation.opened": "bad",
}
CHOSEN = {  # what a person chose, by the words they chose it under
    str(value): str(label)
    for choices in (Review.Verdict, Closing.Outcome, Reevaluation.Outcome, Signature.Verdict)
    for value, label in choices.choices
}
