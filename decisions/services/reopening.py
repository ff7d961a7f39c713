"""Take an answer up again when a correction has taken back what it rested on."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.words import needed_words
from config.kit.days import day_text
from config.kit.refusals import MoveRefused
from decisions import access
from decisions.domain.moves import LIVE
from decisions.models import Decision, Reevaluation
from decisions.services import grounds, transition


@transaction.atomic
def reopen(reevaluation: Reevaluation, *, by: User, reason: str, at: datetime | None = None) -> Reevaluation:
    """Ask the question anew; the answer that was given stays on record. Returns the re-evaluation that is open now.

    The decision goes from in force to questioned; with “reaffirm” it then stands as approved, and a fallback that was
    invoked is called off.
    """
    reason = needed_words("reason", reason, "Say why the answer should be looked at again.")
    now = at or timezone.now()
    with ledger.gathered():
        decision = transition.locked(reevaluation.decision.reference)
        answered = Reevaluation.objects.select_related("answered_by").get(pk=reevaluation.pk)
        access.require_answer(by, decision)
        if reasons := list(against(answered, decision)):
            raise MoveRefused(reasons)
        raised = grounds.Raised(
            cause=Reevaluation.Cause.CORRECTION,
            key=f"correction:{answered.pk}",
            sentence=_sentence(answered, reason),
            severity=answered.severity,
        )
        opened = grounds.raise_all(decision.reference, [raised], by=by, now=now, reopens=answered)
        if opened is None:
            raise MoveRefused(["This answer was taken up again already."])
    return opened


def against(answered: Reevaluation, decision: Decision) -> Iterator[str]:
    """Yield every reason why an answer cannot be taken up again."""
    if answered.reversed_at is None:
        yield "What this answer rests on still holds; question the decision instead."
    if decision.state not in LIVE:
        state = decision.get_state_display().lower()
        yield f"The decision is {state}, which is final; begin a new cycle to take it up again."


def _sentence(answered: Reevaluation, reason: str) -> str:
    assert answered.reversed_at is not None  # noqa: S101 against() asked for it
    outcome, who = answered.get_outcome_display().lower(), answered.answered_by
    when = day_text(answered.answered_at) if answered.answered_at else "an earlier day"
    return (
        f"The answer “{outcome}” by {who} of {when} rested on a value that was corrected on "
        f"{day_text(answered.reversed_at)}. {reason}"
    )
