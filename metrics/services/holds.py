"""Legal holds: while one runs, nothing that it names is erased."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from approvals.queries import people_with
from approvals.roles import ADMINISTRATORS, AUDITORS, STEWARDS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from approvals.services.words import needed_words
from config.kit.refusals import BadInput, MoveRefused
from metrics.access import who_see
from metrics.models import LegalHold, Metric

OF_OTHERS = "Administrators and stewards place and lift legal holds."


def may_hold(user: User) -> bool:
    """Administrators and stewards; an auditor changes nothing, whatever other role they have."""
    return has_role(user, ADMINISTRATORS, STEWARDS) and not has_role(user, AUDITORS)


def place(
    *, by: User, reason: str, reference: str, metric: Metric | None = None, person: User | None = None
) -> LegalHold:
    """Keep everything of a metric, of what a person recorded, or, with neither, of anything, until it is lifted."""
    if not may_hold(by):
        raise PermissionDenied(OF_OTHERS)
    if metric is not None and person is not None:
        raise BadInput({"person": ["Place a hold on a metric or on a person, not on both at once."]})
    reason = needed_words("reason", reason, "Say why nothing may be erased.")
    reference = needed_words("reference", reference, "Give the matter's reference, for example its file number.")[:120]
    with transaction.atomic():
        # An erasure holds the row of its metric: it is over before the hold begins, or does not begin.
        kept = Metric.objects.filter(pk=metric.pk) if metric else Metric.objects.filter(retention__isnull=False)
        list(kept.order_by("pk").select_for_update(no_key=True, of=("self",)))
        same = LegalHold.objects.running().filter(metric=metric, person=person, reference=reference)
        if same.exists():
            raise BadInput({"reference": [f"A hold of the same under the reference {reference} runs already."]})
        hold = LegalHold.objects.create(
            metric=metric, person=person, reason=reason, reference=reference, placed_at=timezone.now(), placed_by=by
        )
        _tell(hold, "A legal hold was placed", f"{hold.what}: nothing is erased. Reference {reference}. {reason}")
        _enter(hold, "hold.placed", by)
    return hold


def lift(hold: LegalHold, *, by: User, why: str) -> LegalHold:
    """Let erasures go on. MoveRefused for a hold that was lifted already."""
    if not may_hold(by):
        raise PermissionDenied(OF_OTHERS)
    why = needed_words("why", why, "Say why it may be lifted.")
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update(no_key=True, of=("self",)).get(pk=hold.pk)
        if hold.lifted_at is not None:
            raise MoveRefused([f"This hold was lifted already, by {hold.lifted_by}."])
        hold.lifted_at, hold.lifted_by, hold.lifted_why = timezone.now(), by, why
        hold.save()
        _tell(hold, "A legal hold was lifted", f"{hold.what}: erasures go on. Reference {hold.reference}. {why}")
        _enter(hold, "hold.lifted", by)
    return hold


def keeps_person(user: User) -> str:
    """Return why a person may not be erased now, empty where they may."""
    found = LegalHold.objects.running().filter(Q(person=user) | Q(person=None, metric=None)).first()
    return f"A legal hold ({found.reference}) keeps what belongs to {user}: lift it first." if found else ""


def _tell(hold: LegalHold, title: str, body: str) -> None:
    """Tell who answers for the metric and the administrators who see it; of a wider hold all who keep the registry."""
    people = {hold.metric.owner, hold.metric.steward} if hold.metric else set(people_with(STEWARDS))
    administrators = people_with(ADMINISTRATORS)
    people |= set(who_see(hold.metric, administrators) if hold.metric else administrators)
    moment = "lifted" if hold.lifted_at else "placed"
    url = reverse("metric_retention", args=[hold.metric.key]) if hold.metric else reverse("retention_list")
    to = [person for person in people if person is not None and person != (hold.lifted_by or hold.placed_by)]
    notify(to=to, cause_key=f"hold:{hold.pk}:{moment}", title=title, url=url, body=body)


def _enter(hold: LegalHold, verb: str, by: User) -> None:
    """Write it on the ledger; a person only by the commitment of their name."""
    on: dict[str, Any] = {"metric": hold.metric.key} if hold.metric else {}
    on |= {"person": ledger.actor_of(hold.person)} if hold.person else {}
    stream = hold.metric.stream if hold.metric else "retention"
    payload = {"hold": hold.pk, "reference": hold.reference, "on": on or {"everything": True}}
    ledger.append(stream, verb, by=by, subject=f"hold {hold.pk}", payload=payload)
