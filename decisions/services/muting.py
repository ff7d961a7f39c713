"""Silence about one condition for a time: messages only, with a reason and an end; a rise in severity breaks it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.words import needed_words
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.domain.moves import LIVE
from decisions.models import Decision, Snooze
from decisions.services import people, telling, transition
from metrics.domain import snooze as silence
from metrics.models import Condition

LONGEST = timedelta(days=30)


def is_muted(condition: Condition, *, severity: str, now: datetime) -> bool:
    """Say whether messages about the condition are muted; a snooze that a graver breach breaks ends for good."""
    found = Snooze.objects.filter(condition=condition, lifted_at=None).first()
    if found is None:
        return False
    muted = silence.muted(silence.Snooze(found.until, found.severity), severity=severity, at=now)
    if not muted and now < found.until:
        Snooze.objects.filter(pk=found.pk, lifted_at=None).update(lifted_at=now)
        _record(found, "unmuted", by=None, reason=f"A breach of the severity “{severity}” broke the silence.")
    return muted


@transaction.atomic
def mute(decision: Decision, key: str, *, until: datetime, reason: str, by: User, at: datetime | None = None) -> Snooze:
    """Mute messages about one of the decision's conditions; it goes on being evaluated, and escalation goes on."""
    now = at or timezone.now()
    reason = needed_words("reason", reason, "Say why messages about it shall be muted.")
    if not now < until <= now + LONGEST:
        raise BadInput({"until": [f"Give an end in the future, at most {LONGEST.days} days away."]})
    with ledger.gathered():
        decision = transition.locked(decision.reference)
        access.require_answer(by, decision)
        if decision.state not in LIVE:
            raise MoveRefused(["The decision is not in force; nothing is said about its conditions."])
        condition = _armed(decision, key)
        Snooze.objects.filter(condition=condition, lifted_at=None).update(lifted_at=now, lifted_by=by)
        severity = condition.spec.get("severity", "major")
        made = Snooze.objects.create(
            decision=decision, condition=condition, severity=severity, until=until, reason=reason, at=now, by=by
        )
        _record(made, "muted", by=by, reason=reason)
    return made


@transaction.atomic
def unmute(decision: Decision, key: str, *, by: User, at: datetime | None = None) -> Snooze:
    """End a silence before its time."""
    with ledger.gathered():
        decision = transition.locked(decision.reference)
        access.require_answer(by, decision)
        found = Snooze.objects.filter(condition=_armed(decision, key), lifted_at=None).first()
        if found is None:
            raise MoveRefused(["Messages about this condition are not muted."])
        found.lifted_at, found.lifted_by = at or timezone.now(), by
        found.save(update_fields=["lifted_at", "lifted_by"])
        _record(found, "unmuted", by=by, reason="")
    return found


def end(now: datetime) -> int:
    """End every silence whose time is over; returns how many. What still waits for an answer is told after it."""
    over = Snooze.objects.filter(lifted_at=None, until__lte=now).values_list("pk", flat=True)
    return sum(_end_one(pk, now) for pk in list(over))


@transaction.atomic
def _end_one(pk: int, now: datetime) -> int:
    found = Snooze.objects.select_related("decision__owner", "condition").get(pk=pk)
    decision = transition.locked(found.decision.reference)
    if not Snooze.objects.filter(pk=pk, lifted_at=None).update(lifted_at=now):
        return 0
    with ledger.gathered():
        waiting = decision.reevaluations.open().filter(breaches__condition_key=found.condition.key).first()
        if waiting is not None:
            title = f"The silence is over, and {decision.reference} still waits for your answer"
            telling.tell(people.answerable(decision), waiting, decision, key=f"unmuted:{pk}", title=title)
        _record(found, "unmuted", by=None, reason="Its time was over.")
    return 1


def _armed(decision: Decision, key: str) -> Condition:
    condition = Condition.objects.armed().filter(watcher=decision.reference, key=key).first()
    if condition is None:
        raise MoveRefused(["This condition does not watch anything now."])
    return condition


def _record(found: Snooze, verb: str, *, by: User | None, reason: str) -> None:
    decision = found.decision
    payload = {"condition": found.condition.key, "until": found.until, "severity": found.severity, "reason": reason}
    ledger.append(decision.stream, f"condition.{verb}", by=by, subject=decision.reference, payload=payload)
