"""Say that a definition or a value is wrong, join somebody who said so, take it back, and answer it."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.roles import AUDITORS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import needed_words
from config.kit.canonical import utc_text
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import may_manage
from metrics.domain import disputing
from metrics.domain.disputing import Move
from metrics.models import Dispute, DisputeVoice, Metric, MetricSegment
from metrics.services import dispute_escalations

State = Dispute.State
OF_AUDITORS = "An auditor reads everything and changes nothing."


@transaction.atomic
def dispute_definition(metric: Metric, *, version: int, reason: str, by: User) -> Dispute:
    """Say that the definition is wrong, or join the open dispute about it.

    BadInput without a reason; MoveRefused for a version that no longer counts, and for a second time by one person.
    """
    reason = _checked(by, reason)
    metric = _locked(metric)
    counting = metric.definition or metric.definitions.order_by("-number")[0]
    if version != counting.number:
        raise MoveRefused([f"Version {version} does not count; dispute version {counting.number}, or nothing."])
    subject = {"kind": Dispute.Kind.DEFINITION, "definition": counting}
    return _say(metric, subject, reason, by)


@transaction.atomic
def dispute_value(metric: Metric, *, period: datetime, segment: str = "", reason: str, by: User) -> Dispute:
    """Say that the value of the period that begins then is wrong, or join the open dispute about it.

    BadInput without a reason or for a period without a value (or of a segment that the person may not see).
    """
    reason = _checked(by, reason)
    metric = _locked(metric)
    hidden = MetricSegment.objects.hidden_from(by).filter(metric=metric, name=segment).exists()
    rows = metric.observations.filter(segment=segment, period_start=period)
    found = None if hidden else rows.order_by("-revision").first()
    if found is None:
        raise BadInput({"period": ["There is no value for this period; only a value that is there can be wrong."]})
    subject = {"kind": Dispute.Kind.VALUE, "segment": segment, "period_start": period}
    return _say(metric, subject, reason, by, revision=found.revision)


@transaction.atomic
def join(dispute: Dispute, *, reason: str, by: User) -> Dispute:
    """Say the same as those who dispute it, with a reason of one's own."""
    reason = _checked(by, reason)
    _locked(dispute.metric)
    found = _held(dispute)
    if not found.is_open:
        raise MoveRefused([f"The dispute is {found.state} already; open a new one if something is still wrong."])
    return _add_voice(found, reason, by)


@transaction.atomic
def withdraw(dispute: Dispute, *, by: User) -> Dispute:
    """Take one's own word back; when nobody is left who disputes it, the dispute ends as withdrawn."""
    if not may_dispute(by):
        raise PermissionDenied(OF_AUDITORS)
    found = _held(dispute)
    voice = found.voices.filter(person=by, withdrawn_at__isnull=True).first()
    if voice is None:
        raise PermissionDenied("Only who disputes it may take it back.")
    if not found.is_open:
        raise MoveRefused([f"The dispute is {found.state} already; nothing more can be done with it."])
    voice.withdrawn_at = timezone.now()
    voice.save(update_fields=["withdrawn_at"])
    last = not found.voices.filter(withdrawn_at__isnull=True).exists()
    if last:
        _move(found, Move.WITHDRAW)
        found.save(update_fields=["state"])
    _record(found, "dispute.withdrawn" if last else "dispute.left", by)
    return found


@transaction.atomic
def answer(dispute: Dispute, *, move: Move, reason: str, by: User) -> Dispute:
    """Uphold or decline it, with a reason; everybody who disputes it is told.

    Whoever manages the metric may answer, and whom the delay has reached; nobody answers what they dispute themselves.
    """
    found = _held(dispute)
    if not may_answer(by, found):
        raise PermissionDenied("A dispute is answered by who keeps the metric, and never by who disputes it.")
    reason = needed_words("reason", reason, "Give the reason for the answer.")
    _move(found, move)
    found.answer, found.answered_by, found.answered_at = reason, by, timezone.now()
    found.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    _tell_answer(found)
    _record(found, f"dispute.{found.state}", by, reason=reason)
    return found


def may_dispute(user: User) -> bool:
    """Anybody who sees the metric may say that it is wrong; an auditor changes nothing."""
    return not has_role(user, AUDITORS)


def may_answer(user: User, dispute: Dispute) -> bool:
    """Say whether the person may uphold or decline it: at most three queries."""
    if not may_dispute(user) or dispute.voices.filter(person=user, withdrawn_at__isnull=True).exists():
        return False
    return may_manage(user, dispute.metric) or dispute.escalations.filter(person=user).exists()


def _checked(by: User, reason: str) -> str:
    if not may_dispute(by):
        raise PermissionDenied(OF_AUDITORS)
    return needed_words("reason", reason, "Say what is wrong, so that somebody can mend it.")


def _locked(metric: Metric) -> Metric:
    """Lock the metric's row: two people who dispute the same at once open one dispute."""
    return locked(Metric.objects.select_related("definition", "owner", "steward").filter(pk=metric.pk)).get()


def _held(dispute: Dispute) -> Dispute:
    rows = Dispute.objects.select_related("metric__owner", "metric__steward", "definition")
    return locked(rows.filter(pk=dispute.pk)).get()


def _say(metric: Metric, subject: dict[str, Any], reason: str, by: User, *, revision: int | None = None) -> Dispute:
    """Join the open dispute about the subject, or open one and tell the first who is to answer it."""
    found = Dispute.objects.open().filter(metric=metric, **subject).first()
    if found is not None:
        found.metric = metric
        return _add_voice(found, reason, by)
    now = timezone.now()
    due_at = now + disputing.time_to_answer(metric.level)
    made = Dispute.objects.create(metric=metric, revision=revision, opened_at=now, due_at=due_at, **subject)
    DisputeVoice.objects.create(dispute=made, person=by, reason=reason, at=now)
    with ledger.gathered():
        _record(made, "dispute.opened", by, reason=reason)
        dispute_escalations.advance(made, now)
    return made


def _add_voice(dispute: Dispute, reason: str, by: User) -> Dispute:
    before = dispute.voices.filter(person=by).first()
    if before is not None and before.withdrawn_at is None:
        raise MoveRefused(["You dispute this already; it waits for an answer."])
    said = {"reason": reason, "at": timezone.now(), "withdrawn_at": None}
    DisputeVoice.objects.update_or_create(dispute=dispute, person=by, defaults=said)
    notify(
        to=[each.person for each in dispute.escalations.select_related("person") if each.person != by],
        cause_key=f"dispute:{dispute.pk}:joined:{by.pk}",
        title=f"{by} joins the dispute about {dispute.metric.name}",
        url=place(dispute),
        body=reason,
    )
    _record(dispute, "dispute.joined", by, reason=reason)
    return dispute


def _move(dispute: Dispute, move: Move) -> None:
    """Change the state; nothing else writes that column."""
    try:
        dispute.state = disputing.after(dispute.state, move)
    except ValueError as error:
        raise MoveRefused([str(error)]) from error


def _tell_answer(dispute: Dispute) -> None:
    voices = dispute.voices.filter(withdrawn_at__isnull=True).select_related("person")
    notify(
        to=[voice.person for voice in voices],
        cause_key=f"dispute:{dispute.pk}:answered",
        title=f"Your dispute about {dispute.metric.name} is {dispute.state}",
        url=place(dispute),
        body=dispute.answer,
    )


def place(dispute: Dispute) -> str:
    """Return the dispute's page."""
    return reverse("metric_dispute", args=[dispute.metric.key, dispute.pk])


def subject_of(dispute: Dispute) -> dict[str, Any]:
    """Return what is disputed as the ledger has it: a version, or a period's revision."""
    if dispute.definition is not None:
        return {"version": dispute.definition.number}
    start = utc_text(dispute.period_start) if dispute.period_start else None
    return {"period_start": start, "segment": dispute.segment, "revision": dispute.revision}


def _record(dispute: Dispute, verb: str, by: User | None, *, reason: str = "") -> None:
    payload = {"dispute": dispute.pk, "about": subject_of(dispute)} | ({"reason": reason} if reason else {})
    metric = dispute.metric
    ledger.append(metric.stream, verb, by=by, subject=metric.key, payload=payload)
