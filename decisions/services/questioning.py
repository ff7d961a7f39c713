"""Question a decision: open its one re-evaluation, attach further breaches, take back what a correction undid."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.models import User
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit.canonical import decimal_text
from config.kit.days import day_text
from decisions.domain.breaking import words_of
from decisions.domain.dossier import Dossier
from decisions.domain.moves import LIVE, Move
from decisions.domain.response import approved_response, find_condition, graver, merged, time_to_answer
from decisions.models import Decision, Reevaluation, ReevaluationBreach
from decisions.services import people, places, transition, versions
from metrics.domain.periods import zone_named
from metrics.models import Metric, MetricSignal

State = Reevaluation.State


@dataclass(frozen=True, kw_only=True)
class Break:
    """A signal read against the version in force: which assumption it breaks, in whose words, how gravely."""

    signal: MetricSignal
    assumption: str
    statement: str
    assumption_owner: str
    sentence: str
    severity: str

    @property
    def question(self) -> str:
        """Say what happened, in one sentence for a person."""
        return _question(self.signal, self.statement, self.sentence)


def _question(found: MetricSignal | ReevaluationBreach, statement: str, sentence: str) -> str:
    """Say which value of which period broke what."""
    metric = found.metric
    unit = f" {metric.definition.unit}".rstrip() if metric.definition else ""
    value = "without a value" if found.value is None else decimal_text(found.value) + unit
    what = f"the assumption “{statement.rstrip('.')}”" if statement else "an assumption"
    began = found.period_start.astimezone(zone_named(metric.time_zone))
    return f"{metric.name} was {value} in the period from {day_text(began)}. This breaks {what}: {sentence}."


def receive(signal: MetricSignal, *, now: datetime) -> str:
    """Carry out a signal in the caller's transaction; returns what was done, in a word or two."""
    if not Decision.objects.filter(reference=signal.watcher).exists():
        return "nobody watches"
    with ledger.gathered():
        decision = transition.locked(signal.watcher)
        if signal.kind == MetricSignal.Kind.RETRACTED:
            return _retract(decision, signal, now=now)
        if idle := _without_effect(decision, signal):
            return idle
        found = _read(signal, versions.dossier_in_force(decision))
        reevaluation = decision.reevaluations.open().first()
        if reevaluation is None:
            _open_for(decision, found, now=now)
            return "opened"
        _attach(reevaluation, decision, found, now=now)
        return "attached"


def _without_effect(decision: Decision, signal: MetricSignal) -> str:
    """Return why a breach asks nothing of the decision, "" when it does."""
    if decision.state not in LIVE:
        return "decision is over"
    if signal.episode.retracted_at is not None:
        return "retracted before"
    if ReevaluationBreach.objects.filter(decision=decision, signal=signal).exists():
        return "already known"
    return "answered before" if signal.continues and _answered(decision, signal) else ""


def _answered(decision: Decision, signal: MetricSignal) -> bool:
    """Say whether the trouble that goes on under an edited rule has been answered, perhaps by that very edit."""
    asked = decision.reevaluations.filter(breaches__condition_key=signal.condition_key).order_by("-opened_at", "-pk")
    last = asked.first()
    return last is not None and last.state == State.ANSWERED


def open_question(
    decision: Decision,
    *,
    cause: str,
    severity: str,
    text: str,
    by: User | None,
    now: datetime,
    response: list[dict[str, Any]],
    **columns: Any,
) -> Reevaluation:
    """Open the re-evaluation of a locked decision in force, and mark the decision as questioned."""
    reevaluation = Reevaluation.objects.create(
        decision=decision,
        version=decision.version,
        cause=cause,
        severity=severity,
        question=text,
        response=response,
        opened_at=now,
        opened_by=by,
        due_at=now + time_to_answer(severity),
        **columns,
    )
    transition.move_on(decision, Move.QUESTION, by=by)
    _tell(
        people.answerable(decision), reevaluation, decision, key="opened", title=f"{decision.reference} is questioned"
    )
    payload = {"reevaluation": reevaluation.pk, "cause": cause, "severity": severity, "question": text}
    record(decision, "opened", by=by, payload=payload | {"version": decision.version})
    return reevaluation


def record(decision: Decision, verb: str, *, by: User | None, payload: dict[str, Any]) -> None:
    """Write to the ledger, on the decision's stream."""
    ledger.append(decision.stream, f"reevaluation.{verb}", by=by, subject=decision.reference, payload=payload)


def _read(signal: MetricSignal, dossier: Dossier) -> Break:
    assumption, condition = find_condition(dossier, signal.condition_key)
    metric = Metric.objects.select_related("definition").get(pk=signal.metric_id)
    signal.metric = metric
    unit = metric.definition.unit if metric.definition else ""
    words = words_of(condition, metric.name, unit, metric.cadence) if condition else signal.condition.label
    return Break(
        signal=signal,
        assumption=assumption.id if assumption else signal.condition_key.partition(".")[0],
        statement=assumption.statement if assumption else "",
        assumption_owner=assumption.owner if assumption else "",
        sentence=words,
        severity=condition.severity if condition else signal.spec.get("severity", "major"),
    )


def _open_for(decision: Decision, found: Break, *, now: datetime) -> Reevaluation:
    response = approved_response(versions.dossier_in_force(decision), found.assumption)
    reevaluation = open_question(
        decision,
        cause=Reevaluation.Cause.SIGNAL,
        severity=found.severity,
        text=found.question,
        by=None,
        now=now,
        response=response,
        metric=found.signal.metric,
        breached_at=found.signal.period_end,
        signalled_at=found.signal.at,
    )
    breach = _keep(reevaluation, decision, found, now=now)
    _tell_assumption_owner(breach, found, decision)
    return reevaluation


def _attach(reevaluation: Reevaluation, decision: Decision, found: Break, *, now: datetime) -> None:
    """Add a further breach: a graver one shortens the time to answer, one under an edited rule tells nobody twice."""
    breach = _keep(reevaluation, decision, found, now=now)
    reevaluation.severity = graver(reevaluation.severity, found.severity)
    reevaluation.due_at = min(reevaluation.due_at, now + time_to_answer(found.severity))
    more = approved_response(versions.dossier_in_force(decision), found.assumption)
    reevaluation.response = merged(reevaluation.response, more)
    reevaluation.save(update_fields=["severity", "due_at", "response"])
    if not found.signal.continues:
        title = f"A further assumption of {decision.reference} is broken"
        _tell(
            people.answerable(decision),
            reevaluation,
            decision,
            key=f"breach:{breach.pk}",
            title=title,
            body=found.question,
        )
        _tell_assumption_owner(breach, found, decision)
    payload = {"reevaluation": reevaluation.pk, "signal": found.signal.key, "question": found.question}
    record(decision, "breach_attached", by=None, payload=payload)


def _keep(reevaluation: Reevaluation, decision: Decision, found: Break, *, now: datetime) -> ReevaluationBreach:
    signal = found.signal
    return ReevaluationBreach.objects.create(
        reevaluation=reevaluation,
        decision=decision,
        signal=signal,
        metric=signal.metric,
        condition_key=signal.condition_key,
        sentence=found.sentence,
        assumption=found.assumption,
        statement=found.statement,
        severity=found.severity,
        value=signal.value,
        period_start=signal.period_start,
        period_end=signal.period_end,
        late=signal.late,
        at=now,
    )


def _retract(decision: Decision, signal: MetricSignal, *, now: datetime) -> str:
    """Take back the breaches of an episode that a correction undid; nothing is deleted."""
    breaches = ReevaluationBreach.objects.filter(
        decision=decision, signal__episode=signal.episode_id, retracted_at__isnull=True
    )
    touched = list(Reevaluation.objects.filter(breaches__in=breaches).distinct())
    breaches.update(retracted_at=now)
    for reevaluation in touched:
        _after_retraction(reevaluation, decision, signal, now=now)
    return "retracted" if touched else "nothing to retract"


def _after_retraction(reevaluation: Reevaluation, decision: Decision, signal: MetricSignal, *, now: datetime) -> None:
    """Close an untouched task that has nothing left to answer; flag one that somebody has begun."""
    reason = f"A correction of {signal.metric.name} on {now.date().isoformat()} took back the value that broke it."
    remaining = reevaluation.breaches.filter(retracted_at__isnull=True).select_related("metric__definition").first()
    untouched = reevaluation.state == State.OPEN and reevaluation.cause == Reevaluation.Cause.SIGNAL
    if untouched and not remaining:
        reevaluation.state, reevaluation.reason, reevaluation.answered_at = State.RETRACTED, reason, now
        transition.move_on(decision, Move.DROP, by=None)
        title = f"{decision.reference} is no longer questioned"
    else:
        rest = "; another breach remains" if remaining else ""
        reevaluation.flag = reason.rstrip(".") + rest + "."
        if remaining is not None:
            _ask_about(reevaluation, remaining)
        title = f"A value that questioned {decision.reference} was corrected"
    reevaluation.save(update_fields=["state", "reason", "answered_at", "flag", "question", "metric", "breached_at"])
    key = f"retracted:{signal.pk}"
    _tell(people.answerable(decision), reevaluation, decision, key=key, title=title, body=reason)
    payload = {
        "reevaluation": reevaluation.pk,
        "signal": signal.key,
        "closed": reevaluation.state == State.RETRACTED,
        "question": reevaluation.question,
    }
    record(decision, "retracted", by=None, payload=payload)


def _ask_about(reevaluation: Reevaluation, breach: ReevaluationBreach) -> None:
    """Let the task ask about a breach that remains, where the one it was opened for never was."""
    reevaluation.question = _question(breach, breach.statement, breach.sentence)
    reevaluation.metric, reevaluation.breached_at = breach.metric, breach.period_end


def _tell_assumption_owner(breach: ReevaluationBreach, found: Break, decision: Decision) -> None:
    owner = people.find(found.assumption_owner)
    if owner is None or owner == decision.owner:
        return
    if Decision.objects.visible_to(owner).filter(pk=decision.pk).exists():
        title = f"Your assumption of {decision.reference} is broken"
        key = f"assumption:{breach.pk}"
        _tell([owner], breach.reevaluation, decision, key=key, title=title, body=found.question)


def _tell(
    to: Iterable[User], reevaluation: Reevaluation, decision: Decision, *, key: str, title: str, body: str = ""
) -> None:
    notify(
        to=list(to),
        cause_key=f"reevaluation:{reevaluation.pk}:{key}",
        title=f"{title}: {decision.title}",
        url=places.reevaluation_url(reevaluation),
        body=body or reevaluation.question,
    )
