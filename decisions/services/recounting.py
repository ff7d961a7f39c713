"""What happened to a decision in question, in words and on the ledger."""

from typing import Any

from approvals.models import User
from approvals.services import ledger
from config.kit.canonical import decimal_text
from config.kit.days import day_text
from decisions.domain.breaking import UNTOLD, in_segment
from decisions.models import Decision, Reevaluation, ReevaluationBreach
from metrics.domain.periods import zone_named
from metrics.models import MetricSignal


def record(decision: Decision, verb: str, *, by: User | None, payload: dict[str, Any]) -> None:
    """Write to the ledger, on the decision's stream."""
    ledger.append(decision.stream, f"reevaluation.{verb}", by=by, subject=decision.reference, payload=payload)


def question_of(found: MetricSignal | ReevaluationBreach, statement: str, sentence: str) -> str:
    """Say which value of which period broke what, or that a definition did."""
    metric = found.metric
    what = f"the assumption “{statement.rstrip('.')}”" if statement else "an assumption"
    signal = found if isinstance(found, MetricSignal) else found.signal
    if signal.spec.get("kind") == "definition":
        number = metric.definition.number if metric.definition else "another"
        return f"The definition of {metric.name} changed: version {number} is in force. This breaks {what}: {sentence}."
    unit = f" {metric.definition.unit}".rstrip() if metric.definition else ""
    value = "without a value" if found.value is None else decimal_text(found.value) + unit
    if signal.withheld:
        value = "at a value that only those see who may see its segment"
    told = UNTOLD if signal.withheld else signal.segment
    name = in_segment(metric.name, told if signal.segment else "")
    began = found.period_start.astimezone(zone_named(metric.time_zone))
    return f"{name} was {value} in the period from {day_text(began)}. This breaks {what}: {sentence}."


def unsettle(reevaluation: Reevaluation, sentence: str) -> None:
    """Say on a task whose answer waits for approval that the ground has moved since; nobody can sign it any more."""
    if reevaluation.state == Reevaluation.State.CONFIRMING:
        reevaluation.flag = f"{sentence} It cannot be approved as it stands: withdraw it and answer again."
        reevaluation.save(update_fields=["flag"])
