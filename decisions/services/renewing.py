"""Look at evidence of a live decision again: its new dates are a fact of their own, laid over the signed dossier.

What is approved changes only by change request; that somebody looked again and found it to stand changes nothing of
what was approved. So it is kept apart, on the ledger, and standing follows the later day.
"""

from collections.abc import Iterator
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.domain.moves import LIVE, State
from decisions.domain.renewing import people_of, prints_of
from decisions.models import Decision, EvidenceRefresh
from decisions.services import dues, transition, versions


@transaction.atomic
def renew(
    decision: Decision, *, place: str, retrieved_on: date | None, refresh_on: date | None, note: str = "", by: User
) -> EvidenceRefresh:
    """Say that what stands at a place was looked at on a day and stands until another; BadInput, MoveRefused."""
    decision = transition.locked(decision.reference)
    access.require_view(by, decision)
    if decision.state not in {state.value for state in LIVE}:
        raise MoveRefused([f"The decision is {State(decision.state).label.lower()}; edit the evidence itself."])
    dossier = versions.dossier_in_force(decision)
    prints, people = prints_of(dossier), people_of(dossier)
    if place not in prints:
        raise MoveRefused(["The version in force has nothing of that name; reload the page."])
    if not may_renew(by, decision, people.get(place, "")):
        raise PermissionDenied("Only the owner of the evidence and the people of the decision may refresh it.")
    errors = {name: [sentence] for name, sentence in _wrong(retrieved_on, refresh_on)}
    if errors or retrieved_on is None or refresh_on is None:
        raise BadInput(errors)
    row = EvidenceRefresh.objects.create(
        decision=decision,
        piece=place,
        fingerprint=prints[place],
        retrieved_on=retrieved_on,
        refresh_on=refresh_on,
        note=note.strip(),
        by=by,
        at=timezone.now(),
    )
    transition.save(decision, by=by, evidence_due_on=dues.write(decision, dossier))
    payload = {
        "piece": place,
        "fingerprint": prints[place],
        "retrieved_on": retrieved_on,
        "refresh_on": refresh_on,
        "note": note.strip(),
        "version": decision.version,
    }
    ledger.append(decision.stream, "evidence.refreshed", by=by, subject=decision.reference, payload=payload)
    return row


def may_renew(user: User, decision: Decision, owner: str) -> bool:
    """Say whether the person may: the owner of the piece, who may edit the decision, its owner of last resort."""
    if not access.may_change_anything(user):
        return False
    if user.username == owner or decision.owner_of_last_resort_id == user.pk:
        return True
    return access.may_edit(user, decision)


def _wrong(retrieved_on: date | None, refresh_on: date | None) -> Iterator[tuple[str, str]]:
    today = timezone.localdate()
    if retrieved_on is None:
        yield "retrieved_on", "Say on which day you looked."
    elif retrieved_on > today:
        yield "retrieved_on", "That day has not come yet."
    if refresh_on is None:
        yield "refresh_on", "Say by when it must be looked at again."
    elif refresh_on <= today:
        yield "refresh_on", "Choose a day after today."
