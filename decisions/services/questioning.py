"""Question a decision: open its one re-evaluation for a signal, attach further breaches to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.models import User
from approvals.services import ledger
from decisions.domain.dossier import Dossier
from decisions.domain.moves import LIVE, Move
from decisions.domain.response import approved_response, find_condition, graver, merged, time_to_answer
from decisions.models import Decision, Reevaluation, ReevaluationBreach
from decisions.services import muting, people, recounting, retracting, telling, transition, versions
from decisions.services.wording import sentence_of
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
    response: list[dict[str, Any]]

    @property
    def cause(self) -> str:
        """Return what the breach is called: not every condition is broken by a value."""
        about_definition = self.signal.spec.get("kind") == "definition"
        return Reevaluation.Cause.DEFINITION if about_definition else Reevaluation.Cause.SIGNAL

    @property
    def question(self) -> str:
        """Say what happened, in one sentence for a person."""
        return recounting.question_of(self.signal, self.statement, self.sentence)


def receive(signal: MetricSignal, *, now: datetime) -> str:
    """Carry out a signal in the caller's transaction; returns what was done, in a word or two."""
    if not Decision.objects.filter(reference=signal.watcher).exists():
        return "nobody watches"
    with ledger.gathered():
        decision = transition.locked(signal.watcher)
        if signal.kind == MetricSignal.Kind.RETRACTED:
            return retracting.retract(decision, signal, now=now)
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
    """Open the re-evaluation of a locked decision in force and mark the decision as questioned; the caller tells."""
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
    payload = {"reevaluation": reevaluation.pk, "cause": cause, "severity": severity, "question": text}
    recounting.record(decision, "opened", by=by, payload=payload | {"version": decision.version})
    return reevaluation


def add_cause(
    reevaluation: Reevaluation, *, severity: str, response: list[dict[str, Any]], why: str, now: datetime
) -> None:
    """Let an open task answer for a further cause: a graver one shortens the time, and what was answered is open again.

    `why`: what is said where an answer waited for its approval.
    """
    reevaluation.severity = graver(reevaluation.severity, severity)
    reevaluation.due_at = min(reevaluation.due_at, now + time_to_answer(severity))
    reevaluation.response = merged(reevaluation.response, response)
    reevaluation.save(update_fields=["severity", "due_at", "response"])
    recounting.unsettle(reevaluation, why)


def _read(signal: MetricSignal, dossier: Dossier) -> Break:
    assumption, condition = find_condition(dossier, signal.condition_key)
    metric = Metric.objects.select_related("definition").get(pk=signal.metric_id)
    signal.metric = metric
    words = sentence_of(condition, metric) if condition else signal.condition.label
    return Break(
        signal=signal,
        assumption=assumption.id if assumption else signal.condition_key.partition(".")[0],
        statement=assumption.statement if assumption else "",
        assumption_owner=assumption.owner if assumption else "",
        sentence=words,
        severity=condition.severity if condition else signal.spec.get("severity", "major"),
        response=approved_response(dossier, assumption.id if assumption else signal.condition_key.partition(".")[0]),
    )


def _open_for(decision: Decision, found: Break, *, now: datetime) -> Reevaluation:
    reevaluation = open_question(
        decision,
        cause=found.cause,
        severity=found.severity,
        text=found.question,
        by=None,
        now=now,
        response=found.response,
        metric=found.signal.metric,
        breached_at=found.signal.period_end,
        signalled_at=found.signal.at,
    )
    breach = _keep(reevaluation, decision, found, now=now)
    _tell(breach, found, decision, key="opened", title=f"{decision.reference} is questioned", now=now)
    return reevaluation


def _attach(reevaluation: Reevaluation, decision: Decision, found: Break, *, now: datetime) -> None:
    """Add a further breach; one under an edited rule tells nobody twice."""
    breach = _keep(reevaluation, decision, found, now=now)
    why = "A further breach came while the answer waited for its approval."
    add_cause(reevaluation, severity=found.severity, response=found.response, why=why, now=now)
    if not found.signal.continues:
        title = f"A further assumption of {decision.reference} is broken"
        _tell(breach, found, decision, key=f"breach:{breach.pk}", title=title, now=now)
    payload = {"reevaluation": reevaluation.pk, "signal": found.signal.key, "question": found.question}
    recounting.record(decision, "breach_attached", by=None, payload=payload)


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


def _tell(breach: ReevaluationBreach, found: Break, decision: Decision, *, key: str, title: str, now: datetime) -> None:
    """Tell who answers for the decision, and who owns the assumption; nobody while the condition is snoozed."""
    signal, asked = found.signal, breach.reevaluation
    if muting.is_muted(signal.condition, severity=found.severity, now=now):
        return
    to = people.answerable(decision)
    telling.tell_of_signal(to, asked, decision, signal, key=key, title=title, body=found.question)
    owner = people.find(found.assumption_owner)
    if owner is None or owner in to or not Decision.objects.visible_to(owner).filter(pk=decision.pk).exists():
        return
    title = f"Your assumption of {decision.reference} is broken"
    key = f"assumption:{breach.pk}"
    telling.tell_of_signal([owner], asked, decision, signal, key=key, title=title, body=found.question)
