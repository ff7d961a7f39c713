"""The shapes of the API's answers about decisions; times are UTC, numbers exact decimals as strings."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from ninja import Schema
from pydantic import Field

from config.kit.canonical import decimal_text, parse
from decisions.models import Reevaluation, ReevaluationBreach, Review
from decisions.queries.portfolio import Row


class Page(Schema):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10_000_000)


class Wanted(Schema):
    """Which decisions: words in title or reference, and exact values."""

    q: str = ""
    state: str = ""
    standing: str = ""
    tier: str = ""
    owner: str = ""
    metric: str = ""


class DecisionOut(Schema):
    """One decision: where it is, how it stands, which version is in force (0: none yet).

    `data_in_doubt`: it rests on a metric whose data fail a severe check; that changes neither state nor standing.
    """

    reference: str
    title: str
    state: str
    standing: str
    version: int
    tier: str
    classification: str
    owner: str
    cycle: int
    next_review_on: date | None
    evidence_due_on: date | None
    created_at: datetime
    submitted_at: datetime | None
    in_force_since: datetime | None
    ended_at: datetime | None
    data_in_doubt: bool


class ConditionOut(Schema):
    """What would break an assumption: `key` is assumption.condition; `replay` says how often it would have.

    `segment` is empty for the whole, and names no restricted one.
    """

    key: str
    metric: str
    segment: str
    severity: str
    sentence: str
    replay: str | None


class DecisionDetail(DecisionOut):
    """One decision with what it says: `dossier` is the approved content, or the working content before the first."""

    dossier: dict[str, Any]
    conditions: list[ConditionOut]
    digest: str | None
    reevaluation: int | None
    superseded_by: str | None
    previous: str | None


class DecisionList(Schema):
    """A part of the decisions."""

    items: list[DecisionOut]
    count: int


class BreachOut(Schema):
    """One broken assumption."""

    metric: str
    condition: str
    sentence: str
    assumption: str
    severity: str
    value: str | None
    period_start: datetime
    period_end: datetime
    late: bool
    retracted_at: datetime | None
    flaps: int
    muted_until: datetime | None


class GroundOut(Schema):
    """What calls a decision into question besides a value: an overdue refresh, a changed definition, a review."""

    cause: str
    sentence: str
    severity: str
    at: datetime


class EscalationOut(Schema):
    """One step of a late answer's way up; no person where whoever was named has left."""

    step: int
    person: str | None
    at: datetime


class ReevaluationOut(Schema):
    """One re-evaluation; the latency is in seconds, from the end of the breaking period to the answer.

    `cause` says what opened it, `grounds` everything that is not a value; `reversed_at` is when a correction took back
    what the answer rested on, `reopens` the answered re-evaluation that this one takes up again, and `approval` the
    request under which a second person approves the answer.
    """

    id: int
    decision: str
    version: int
    metric: str | None
    cause: str
    state: str
    severity: str
    question: str
    opened_at: datetime
    due_at: datetime
    breached_at: datetime | None
    signalled_at: datetime | None
    acknowledged_at: datetime | None
    answered_at: datetime | None
    outcome: str
    reason: str
    evidence: str
    flag: str
    approval: int | None
    reopens: int | None
    reversed_at: datetime | None
    latency_seconds: float | None
    breaches: list[BreachOut]
    grounds: list[GroundOut]
    escalations: list[EscalationOut]
    response: list[dict[str, Any]]


class ReevaluationList(Schema):
    """A part of the re-evaluations."""

    items: list[ReevaluationOut]
    count: int


class ReviewOut(Schema):
    """One review; `held_at` is empty while it is to come, `content` are the figures as they were frozen then."""

    id: int
    decision: str
    due_on: date
    held_at: datetime | None
    held_by: str | None
    verdict: str
    findings: str
    digest: str
    content: dict[str, Any] | None


class ReviewList(Schema):
    """A part of a decision's reviews."""

    items: list[ReviewOut]
    count: int


class TemplateOut(Schema):
    """One version of a template; one version of each is in effect (`state` is `current`)."""

    key: str
    number: int
    name: str
    state: str
    offered: bool
    note: str
    approved_at: datetime | None
    sections: list[dict[str, Any]]


class TemplateList(Schema):
    """A part of the templates' versions."""

    items: list[TemplateOut]
    count: int


def review_out(found: Review) -> dict[str, Any]:
    """Return a review as the API writes it; its decision and who held it must have been fetched with it."""
    written = {name: getattr(found, name) for name in ("id", "due_on", "held_at", "verdict", "findings", "digest")}
    return written | {
        "decision": found.decision.reference,
        "held_by": found.held_by.username if found.held_by else None,
        "content": parse(found.text) if found.text else None,
    }


def decision_out(row: Row) -> dict[str, Any]:
    """Return a decision as the API writes it."""
    decision = row.decision
    columns = set(DecisionOut.model_fields) - {"standing", "owner"}
    written = {name: getattr(decision, name) for name in columns}
    return written | {"standing": str(row.standing), "owner": decision.owner.username}


def reevaluation_out(found: Reevaluation) -> dict[str, Any]:
    """Return a re-evaluation as the API writes it; breaches, decision and metric must have been fetched with it."""
    special = {"decision", "metric", "latency_seconds", "breaches", "grounds", "escalations", "approval", "reopens"}
    written = {name: getattr(found, name) for name in set(ReevaluationOut.model_fields) - special}
    return written | {
        "decision": found.decision.reference,
        "metric": found.metric.key if found.metric else None,
        "latency_seconds": found.latency.total_seconds() if found.latency else None,
        "approval": found.request_id,
        "reopens": found.reopens_id,
        "breaches": [_breach_out(breach) for breach in found.breaches.all()],
        "grounds": [
            {"cause": each.cause, "sentence": each.sentence, "severity": each.severity, "at": each.at}
            for each in found.grounds.all()
        ],
        "escalations": [
            {"step": each.step, "person": each.person.username if each.person else None, "at": each.at}
            for each in found.escalations.all()
        ],
    }


def _breach_out(breach: ReevaluationBreach) -> dict[str, Any]:
    special = {"metric", "condition", "value", "flaps", "muted_until"}
    now = timezone.now()
    running = [each for each in breach.signal.condition.snoozes.all() if each.lifted_at is None and each.until > now]
    written = {name: getattr(breach, name) for name in set(BreachOut.model_fields) - special}
    return written | {
        "metric": breach.metric.key,
        "condition": breach.condition_key,
        "value": None if breach.value is None else decimal_text(breach.value),
        "flaps": breach.signal.episode.flaps,
        "muted_until": running[0].until if running else None,
    }
