"""What people do with a framing: name who must agree, agree, re-open it with a reason, confirm scores given before."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals.models import RequestStage, User
from approvals.roles import AUDITORS
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit.refusals import MoveRefused, Reason
from decisions import access
from decisions.domain import framing as rules
from decisions.models import (
    SUBJECT_KIND,
    Decision,
    DecisionGroupObjectPermission,
    DecisionUserObjectPermission,
    Framer,
    Framing,
    FramingAgreement,
)
from decisions.services import drafting, framing, transition
from decisions.services.places import framing_url

ALONE = "Name at least one person beside the owner who must agree to the framing."
CHANGED = "The framing was changed since you read it; read it again before you agree."


@transaction.atomic
def name_framers(decision: Decision, *, framers: Sequence[User], by: User, at: datetime | None = None) -> Framing:
    """Say who, beside the owner, must agree, and ask them; MoveRefused with every reason."""
    decision, found = _open(decision, by=by)
    access.require_manage(by, decision)
    wanted = [person for person in dict.fromkeys(framers) if person.pk != decision.owner_id]
    reasons = list(_against_framers(decision, wanted))
    reasons += [] if wanted or not others_can(decision) else [ALONE]
    reasons += rules.framing_gaps(drafting.dossier_of(decision))
    if reasons:
        raise MoveRefused(reasons)
    found.framers.exclude(person__in=wanted).delete()
    for person in wanted:
        Framer.objects.get_or_create(framing=found, person=person)
    found.asked_at = at or timezone.now()
    found.save()
    _ask(decision, found, [person for person in [*wanted, decision.owner] if person != by])
    payload = {"framers": [ledger.actor_of(person) for person in wanted], "digest": found.digest}
    _record(decision, "framers_named", by=by, **payload)
    return found


@transaction.atomic
def agree(decision: Decision, *, digest: str, by: User, at: datetime | None = None) -> Framing:
    """Agree to the framing of that digest; when everyone has, scores can be entered."""
    decision, found = _open(decision, by=by)
    waiting = waiting_for(decision, found)
    if by not in framers_of(decision, found):
        raise PermissionDenied("Only the owner and the people named for it agree to the framing.")
    dossier = drafting.dossier_of(decision)
    if reasons := list(rules.framing_gaps(dossier)):
        raise MoveRefused(reasons)
    if digest != found.digest:
        raise MoveRefused([CHANGED])
    if len(framers_of(decision, found)) < 2 and others_can(decision):
        raise MoveRefused([ALONE])
    now = at or timezone.now()
    FramingAgreement.objects.get_or_create(
        framing=found, person=by, digest=digest, round=found.round, defaults={"at": now}
    )
    if not [person for person in waiting if person != by]:
        found.agreed_digest, found.agreed_at = digest, now
        title = f"The framing of {decision.reference} is agreed; scores can be entered: {decision.title}"
        cause = f"framing-agreed:{decision.reference}:{found.round}:{digest[:16]}"
        url = framing_url(decision.reference)
        notify(to=decision.owner, cause_key=cause, title=title, url=url)
    found.save()
    _record(decision, "agreed", by=by, digest=digest, round=found.round, complete=found.is_agreed)
    return found


@transaction.atomic
def reopen(decision: Decision, *, reason: str, by: User) -> Framing:
    """Open an agreed framing for changes: everyone must agree again, and every score is to be confirmed."""
    decision, found = _open(decision, by=by)
    access.require_manage(by, decision)
    if not found.is_agreed:
        raise MoveRefused(["The framing is open already; edit it, then ask for agreement."])
    if not reason.strip():
        raise MoveRefused(["Give a reason; it stays with the record."])
    before = found.agreed_digest
    found.agreed_digest, found.agreed_at, found.asked_at = "", None, None
    found.round, found.reopened_because, found.confirmed = found.round + 1, reason.strip(), {}
    found.save()
    title = f"The framing of {decision.reference} is open again: {decision.title}"
    told = [person for person in framers_of(decision, found) if person != by]
    cause = f"framing-reopened:{decision.reference}:{found.round}"
    notify(to=told, cause_key=cause, title=title, url=framing_url(decision.reference), body=reason.strip())
    _record(decision, "reopened", by=by, reason=reason.strip(), round=found.round, digest=before)
    return found


@transaction.atomic
def confirm_scores(decision: Decision, *, by: User, wanted: Iterable[str] | None = None) -> int:
    """Confirm scores given under another framing as they stand, all or the cells named; returns how many."""
    decision, found = _open(decision, by=by)
    access.require_edit(by, decision)
    framing.refuse_unless_agreed(decision)
    criteria = drafting.dossier_of(decision).criteria
    stale = rules.stale_cells(criteria, found.confirmed)
    chosen = frozenset(stale) if wanted is None else frozenset(stale) & frozenset(wanted)
    if not chosen:
        raise MoveRefused(["No score waits to be confirmed."])
    framing.confirm_cells(decision, criteria, chosen)
    _record(decision, "scores_confirmed", by=by, digest=found.digest, scores=sorted(chosen))
    return len(chosen)


def framers_of(decision: Decision, found: Framing) -> list[User]:
    """Return everyone whose agreement is needed: the owner first, then those named."""
    named = [framer.person for framer in found.framers.select_related("person")] if found.pk else []
    return list(dict.fromkeys([decision.owner, *named]))


def waiting_for(decision: Decision, found: Framing) -> list[User]:
    """Return who has not yet agreed to the framing as it is."""
    given = agreed_by(found)
    return [person for person in framers_of(decision, found) if person.pk not in given]


def agreed_by(found: Framing) -> dict[int, FramingAgreement]:
    """Return the agreements to the framing as it is, by person."""
    if not found.pk:
        return {}
    return {each.person_id: each for each in found.agreements.filter(digest=found.digest, round=found.round)}


def candidates(decision: Decision) -> QuerySet[User]:
    """Return who may be named: active people who may see the decision and change something; not its owner."""
    active = User.objects.filter(is_active=True).exclude(pk=decision.owner_id).exclude(groups__name=AUDITORS)
    if decision.classification == Decision.Classification.CONFIDENTIAL:
        stages = RequestStage.objects.filter(request__kind=SUBJECT_KIND, request__subject_id=decision.reference)
        asked = Q(pk__in=stages.values("people")) | Q(groups__in=stages.values("groups"))
        active = active.filter(_near(decision) | asked).distinct()
    return active.order_by("first_name", "last_name", "username")


def _near(decision: Decision) -> Q:
    """Match who holds a grant on the decision, directly or through a group, and its owner of last resort."""
    own = DecisionUserObjectPermission.objects.filter(content_object=decision)
    shared = DecisionGroupObjectPermission.objects.filter(content_object=decision)
    granted = Q(pk__in=own.values("user")) | Q(groups__in=shared.values("group"))
    return granted | Q(pk=decision.owner_of_last_resort_id)


def others_can(decision: Decision) -> bool:
    """Say whether there is anybody beside the owner who could agree."""
    return candidates(decision).exists()


def proposed(decision: Decision) -> list[User]:
    """Return whom to name when nobody is named yet: who contributes, and the owner of last resort."""
    return list(candidates(decision).filter(_near(decision)).distinct())


def _open(decision: Decision, *, by: User) -> tuple[Decision, Framing]:
    """Return the locked decision and its stored framing, where the content may be worked on."""
    decision = transition.locked(decision.reference)
    access.require_view(by, decision)
    if reasons := list(drafting.locked_because(decision)):
        raise MoveRefused(reasons)
    found = framing.framing_of(decision)
    if found.pk is None:
        found.save()
    return decision, found


def _against_framers(decision: Decision, wanted: Sequence[User]) -> Iterator[str | Reason]:
    may = set(candidates(decision).filter(pk__in=[person.pk for person in wanted]).values_list("pk", flat=True))
    for person in wanted:
        if person.pk not in may:
            yield f"{person} cannot agree to this framing: name somebody active who may see the decision."


def _ask(decision: Decision, found: Framing, asked: Iterable[User]) -> None:
    title = f"Agree to the framing of {decision.reference} before it is scored: {decision.title}"
    cause = f"framing:{decision.reference}:{found.round}:{found.digest[:16]}"
    notify(to=asked, cause_key=cause, title=title, url=framing_url(decision.reference))


def _record(decision: Decision, verb: str, *, by: User, **payload: object) -> None:
    ledger.append(decision.stream, f"framing.{verb}", by=by, subject=decision.reference, payload=payload)
