"""Corrections of what ended a decision: its conditions watch no longer, so nobody else would tell its owner."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from approvals.services import ledger
from decisions.domain.moves import FINAL
from decisions.models import ReevaluationBreach
from decisions.services import retracting, transition
from metrics.models import Observation
from metrics.services.standing import still_breaks

LOOK_BACK = timedelta(days=92)
"""So long after an answer a correction of what it rested on is news; later it is history."""


def tell_of_corrections(now: datetime) -> int:
    """Take back the breaches behind a final answer that a corrected value undid; returns how many decisions heard."""
    newer = Observation.objects.filter(
        metric=OuterRef("metric"),
        segment=OuterRef("signal__segment"),
        period_start=OuterRef("period_start"),
        revision__gt=OuterRef("signal__observation__revision"),
        recorded_at__gt=OuterRef("reevaluation__answered_at"),
    )
    ended = ReevaluationBreach.objects.filter(
        Exists(newer),
        decision__state__in=[state.value for state in FINAL],
        reevaluation__state="answered",
        reevaluation__answered_at__gt=now - LOOK_BACK,
        retracted_at=None,
    )
    return sum(_tell(breach, now) for breach in ended.select_related("decision", "signal__metric__definition"))


def _tell(breach: ReevaluationBreach, now: datetime) -> bool:
    if still_breaks(breach.signal, as_of=now):
        return False
    with transaction.atomic(), ledger.gathered():
        decision = transition.locked(breach.decision.reference)
        return retracting.retract(decision, breach.signal, now=now) == "retracted"
