"""What people say about the demonstration's draft: a question that waits, one that was answered, one settled."""

from functools import partial

from approvals.models import User
from approvals.services import comments
from decisions.models import SUBJECT_KIND, Decision


def about(decision: Decision, accounts: dict[str, User]) -> None:
    """Let the contributor ask and the owner answer."""
    say = partial(comments.add, kind=SUBJECT_KIND, subject_id=decision.reference)
    colleague, owner = accounts["contributor"], accounts["owner"]
    horizon = say(
        by=colleague,
        body="Is six months long enough to see an effect on renewals? I would take nine.",
        section="background",
        anchor="horizon_months",
    )
    comments.add(by=owner, body="Six, to fit the budget year. I will say so in the background.", reply_to=horizon)
    say(
        by=colleague,
        body="Who maintains the form afterwards? The effort is missing here.",
        section="options",
        anchor="option-b",
    )
    settled = say(by=colleague, body="Please give the number of e-mails we count here.", section="background")
    comments.add(by=owner, body="Done: six in ten.", reply_to=settled)
    comments.resolve(settled, by=owner)
