"""Take a dispute that nobody answers up its path: the steward, the owner, the administrators; each is told once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from approvals.models import User
from approvals.queries import people_with
from approvals.roles import ADMINISTRATORS, AUDITORS
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit.locking import locked
from metrics.access import keepers_of, who_see
from metrics.domain.disputing import Step, path, reached
from metrics.models import Dispute, DisputeEscalation, Metric
from metrics.services import registry

AT_ONCE = 200  # disputes in one sweep


def sweep(now: datetime) -> dict[str, int]:
    """Tell whom late disputes have come to, and note which upheld ones have been mended; returns how many of each."""
    waiting = Dispute.objects.open().select_related("metric__owner", "metric__steward", "definition")
    # Those that have gone all the way come last: however many nobody answers, they hold up no other one.
    first = waiting.order_by("steps_taken", "opened_at")[:AT_ONCE]
    told = sum(_advance_one(each, now) for each in first if _behind(each, now))
    return {"told": told, "mended": _note_mended(now)}


def advance(dispute: Dispute, now: datetime) -> int:
    """Tell everybody whom the dispute has come to by now and who was not told; call it in the caller's transaction.

    Returns how many were told.
    """
    everybody = _people(dispute)
    steps = reached(_path(dispute, everybody), now)
    known = set(dispute.escalations.values_list("person", flat=True))
    told = 0
    for step in steps:
        for person in everybody[step]:
            if person.pk in known:
                continue
            known.add(person.pk)
            _reach(dispute, step, person, now)
            told += 1
    if dispute.steps_taken != len(steps):
        dispute.steps_taken = len(steps)
        dispute.save(update_fields=["steps_taken"])
    if told and len(steps) > 1:
        payload = {"dispute": dispute.pk, "step": str(steps[-1]), "told": told}
        metric = dispute.metric
        ledger.append(metric.stream, "dispute.escalated", by=None, subject=metric.key, payload=payload)
    return told


def path_of(dispute: Dispute) -> list[tuple[Step, datetime, list[User]]]:
    """Return whom the dispute goes to, when, and who that is today; who disputes it is nobody to answer it."""
    everybody = _people(dispute)
    return [(step, at, everybody[step]) for step, at in _path(dispute, everybody)]


def _path(dispute: Dispute, everybody: dict[Step, list[User]]) -> Sequence[tuple[Step, datetime]]:
    return path(dispute.opened_at, dispute.due_at, [step for step in Step if not everybody[step]])


def _behind(dispute: Dispute, now: datetime) -> bool:
    """Say whether somebody may have to be told: a look without locks, so that most runs just read."""
    everybody = _people(dispute)
    known = set(dispute.escalations.values_list("person", flat=True))
    return any(person.pk not in known for step in reached(_path(dispute, everybody), now) for person in everybody[step])


@transaction.atomic
def _advance_one(seen: Dispute, now: datetime) -> int:
    with ledger.gathered():
        Metric.objects.select_for_update(no_key=True).get(pk=seen.metric_id)
        rows = Dispute.objects.select_related("metric__owner", "metric__steward", "definition")
        found = locked(rows.filter(pk=seen.pk)).get()
        return advance(found, now) if found.is_open else 0


def _people(dispute: Dispute) -> dict[Step, list[User]]:
    """Return who stands at each step today: active, no auditor, and not one of those who dispute it."""
    metric = dispute.metric
    party = set(dispute.voices.filter(withdrawn_at__isnull=True).values_list("person", flat=True))
    auditors = set(people_with(AUDITORS).values_list("pk", flat=True))
    owner = [metric.owner] if metric.owner is not None and metric.owner.is_active else []
    people = {Step.STEWARD: keepers_of(metric), Step.OWNER: owner, Step.LAST_RESORT: list(people_with(ADMINISTRATORS))}
    return {step: _able(found, party | auditors) for step, found in people.items()}


def _able(people: Collection[User], besides: set[int]) -> list[User]:
    return [person for person in people if person.pk not in besides]


def _reach(dispute: Dispute, step: Step, person: User, now: datetime) -> None:
    """Tell one person, and let them read what they are asked about."""
    metric = dispute.metric
    if not who_see(metric, [person]):
        registry.grant(metric, to=person, permission="view_metric", by=None)
    DisputeEscalation.objects.create(dispute=dispute, step=list(Step).index(step), person=person, at=now)
    what = "definition" if dispute.kind == Dispute.Kind.DEFINITION else "value"
    late = step is not Step.STEWARD and now >= dispute.due_at
    first = dispute.voices.order_by("pk").first()
    notify(
        to=person,
        cause_key=f"dispute:{dispute.pk}:reached",
        title=f"A {what} of {metric.name} is disputed{', and nobody has answered' if late else ''}",
        url=reverse("metric_dispute", args=[metric.key, dispute.pk]),
        body=first.reason if first else "",
    )


def _note_mended(now: datetime) -> int:
    """Tell those who disputed it that what was upheld has been corrected; returns how many disputes that ended."""
    rows = Dispute.objects.mended().select_related("metric")[:AT_ONCE]
    return sum(_mend_one(each, now) for each in rows)


@transaction.atomic
def _mend_one(dispute: Dispute, now: datetime) -> int:
    if not Dispute.objects.filter(pk=dispute.pk, mended_at__isnull=True).update(mended_at=now):
        return 0
    voices = dispute.voices.filter(withdrawn_at__isnull=True).select_related("person")
    notify(
        to=[voice.person for voice in voices],
        cause_key=f"dispute:{dispute.pk}:mended",
        title=f"What you disputed of {dispute.metric.name} has been corrected",
        url=reverse("metric_dispute", args=[dispute.metric.key, dispute.pk]),
    )
    metric, payload = dispute.metric, {"dispute": dispute.pk}
    ledger.append(metric.stream, "dispute.mended", by=None, subject=metric.key, payload=payload)
    return 1
