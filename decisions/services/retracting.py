"""Take back what a correction undid: close untouched tasks, flag the others, tell whoever has answered already."""

from datetime import datetime

from django.db.models import QuerySet

from config.kit.days import day_text
from decisions.domain.moves import LIVE, Move
from decisions.models import Decision, Ground, Reevaluation, ReevaluationBreach
from decisions.services import muting, people, recounting, telling, transition
from metrics.models import MetricSignal

State, Outcome = Reevaluation.State, Reevaluation.Outcome


def retract(decision: Decision, signal: MetricSignal, *, now: datetime) -> str:
    """Take back the breaches of an episode that a correction undid; nothing is deleted. The decision is locked."""
    breaches = ReevaluationBreach.objects.filter(
        decision=decision, signal__episode=signal.episode_id, retracted_at__isnull=True
    )
    touched = list(Reevaluation.objects.filter(breaches__in=breaches).distinct())
    breaches.update(retracted_at=now)
    for reevaluation in touched:
        _after(reevaluation, decision, signal, now=now)
    return "retracted" if touched else "nothing to retract"


def _after(reevaluation: Reevaluation, decision: Decision, signal: MetricSignal, *, now: datetime) -> None:
    reason = f"A correction of {signal.metric.name} on {day_text(now)} took back the value that broke it."
    standing = reevaluation.breaches.filter(retracted_at__isnull=True).select_related("metric__definition", "signal")
    grounds = reevaluation.grounds.all()
    if not reevaluation.is_open:
        title = _answered(reevaluation, decision, reason, bool(standing or grounds), now)
    elif reevaluation.state == State.OPEN and not standing and not grounds:
        reevaluation.state, reevaluation.reason, reevaluation.answered_at = State.RETRACTED, reason, now
        transition.move_on(decision, Move.DROP, by=None)
        title = f"{decision.reference} is no longer questioned"
    else:
        title = _begun(reevaluation, decision, reason, standing, grounds)
    columns = ["state", "reason", "answered_at", "flag", "question", "cause", "metric", "breached_at", "reversed_at"]
    reevaluation.save(update_fields=columns)
    _tell(reevaluation, decision, signal, title=title, reason=reason, now=now)


def _answered(reevaluation: Reevaluation, decision: Decision, reason: str, rest: bool, now: datetime) -> str:
    """Keep the answer as it was given, and say that what it rested on is gone; its people may take it up again."""
    if rest:
        reevaluation.flag = f"{reason.rstrip('.')}; another ground of this answer remains."
    else:
        reevaluation.reversed_at = now
        way = "Take it up again if the answer should change." if decision.state in LIVE else _final(decision)
        reevaluation.flag = f"{reason} {way}"
    return f"What your answer for {decision.reference} rested on was corrected"


def _final(decision: Decision) -> str:
    state = decision.get_state_display().lower()
    return f"The decision is {state}, which is final; begin a new cycle to take it up again."


def _begun(
    reevaluation: Reevaluation,
    decision: Decision,
    reason: str,
    standing: QuerySet[ReevaluationBreach],
    grounds: QuerySet[Ground],
) -> str:
    """Flag a task that somebody has begun, or that has another ground, and let it ask about what remains."""
    remaining, ground = standing.first(), grounds.first()
    if remaining is not None:
        reevaluation.flag = f"{reason.rstrip('.')}; another breach remains."
        reevaluation.question = recounting.question_of(remaining, remaining.statement, remaining.sentence)
        reevaluation.metric, reevaluation.breached_at = remaining.metric, remaining.period_end
    elif ground is not None:
        reevaluation.flag = f"{reason.rstrip('.')}; another ground remains."
        reevaluation.question, reevaluation.cause = ground.sentence, ground.cause
        reevaluation.metric, reevaluation.breached_at = None, None
    else:
        reevaluation.flag = reason
    if reevaluation.state == State.CONFIRMING:
        reevaluation.flag += " The answer cannot be approved as it stands: withdraw it and answer again."
    return f"A value that questioned {decision.reference} was corrected"


def _tell(
    reevaluation: Reevaluation, decision: Decision, signal: MetricSignal, *, title: str, reason: str, now: datetime
) -> None:
    if not muting.is_muted(signal.condition, severity=reevaluation.severity, now=now):
        to = people.answerable(decision)
        key = f"retracted:{signal.pk}"
        body = reevaluation.flag or reason
        telling.tell_of_signal(to, reevaluation, decision, signal, key=key, title=title, body=body)
    payload = {
        "reevaluation": reevaluation.pk,
        "signal": signal.key,
        "closed": reevaluation.state == State.RETRACTED,
        "question": reevaluation.question,
    }
    recounting.record(decision, "retracted", by=None, payload=payload)
