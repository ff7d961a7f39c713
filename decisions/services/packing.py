"""Make evidence packs: the records of many decisions, drawn one by one, each once, whoever dies in between.

The database knows how far a pack has come. A worker claims a pack by a conditional UPDATE with a lease, draws one
record after the other, and notes each with its ledger entry in one transaction; whoever finds a lease that ran out
goes on where the other stopped. A record that fails again and again is left out, and the pack says so.
"""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit import leases, wake
from config.kit.refusals import MoveRefused
from decisions.models import Decision, EvidencePack, EvidencePackItem
from decisions.record.sheets import SECONDS, DrawingFailed
from decisions.services import bundling, records

LEASE = timedelta(seconds=SECONDS + 30)
SLICE = timedelta(seconds=20)
"""After so long a worker wakes another turn instead of going on, so that signals do not wait behind a long pack."""
KEPT = timedelta(days=7)
MOST_RECORDS = 1000
MOST_ORDERS = 3
MOST_ATTEMPTS = 3

State = EvidencePack.State
Item = EvidencePackItem.State

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A pack taken in hand; `turn` tells a worker that was slower than its lease that it lost the claim."""

    pack_id: int
    turn: int


@transaction.atomic
def order(*, by: User, decisions: Sequence[Decision], wanted: str = "") -> EvidencePack:
    """Order the records of decisions that the person may see; MoveRefused when there are none or too many."""
    reasons = []
    if not decisions:
        reasons.append("No decision fits, so there is no record to export; change a filter.")
    if len(decisions) > MOST_RECORDS:
        reasons.append(f"A pack holds up to {MOST_RECORDS} records and {len(decisions)} fit; narrow the filters.")
    # The person's row is the lock, or two orders at once would both count the others.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if EvidencePack.objects.filter(asked_by=by, state=State.WAITING).count() >= MOST_ORDERS:
        reasons.append(f"{MOST_ORDERS} of your packs are still being made; wait for one of them.")
    if reasons:
        raise MoveRefused(reasons)
    pack = EvidencePack.objects.create(asked_by=by, wanted=wanted[:500])
    EvidencePackItem.objects.bulk_create([EvidencePackItem(pack=pack, decision=decision) for decision in decisions])
    payload = {"pack": pack.pk, "records": len(decisions), "filters": pack.wanted}
    ledger.append(f"pack:{pack.pk}", "pack.ordered", by=by, subject=f"pack {pack.pk}", payload=payload)
    wake.publish("packs")
    return pack


def make_packs(*, now: datetime | None = None) -> dict[str, int]:
    """Go on with the oldest pack that nobody works on, for a slice of time; returns how many records it dealt with."""
    begun = now or timezone.now()
    claim = _claim(begun)
    if claim is None:
        return {"records": 0}
    drawn = 0
    while timezone.now() - begun < SLICE and (item := _next(claim)):
        if not _draw(claim, item):
            return {"records": drawn}
        drawn += 1
    if not _next(claim):
        _finish(claim)
    _release(claim)
    wake.publish("packs")
    return {"records": drawn}


def remove_expired(now: datetime) -> int:
    """Delete the files of packs that were ready long enough; the order and the ledger stay. Returns how many."""
    old = EvidencePack.objects.filter(state=State.READY, finished_at__lt=now - KEPT)
    for pack in (packs := list(old)):
        pack.path.unlink(missing_ok=True)
        EvidencePack.objects.filter(pk=pack.pk).update(state=State.EXPIRED)
    return len(packs)


@transaction.atomic
def _claim(now: datetime) -> Claim | None:
    """Take the oldest pack that nobody works on."""
    free = leases.free(EvidencePack.objects.filter(state=State.WAITING), now)
    found = leases.first(free.order_by("pk"))
    if found is None or not leases.take(free, found, until=now + LEASE, counter="claims"):
        return None
    return Claim(found.pk, found.claims + 1)


def _release(claim: Claim) -> None:
    EvidencePack.objects.filter(pk=claim.pack_id, claims=claim.turn).update(leased_until=None)


def _next(claim: Claim) -> EvidencePackItem | None:
    waiting = EvidencePackItem.objects.filter(pack=claim.pack_id, state=Item.WAITING).order_by("pk")
    return waiting.select_related("decision", "pack__asked_by").first()


def _draw(claim: Claim, item: EvidencePackItem) -> bool:
    """Draw one record and note it; False when another worker has taken the pack over."""
    if item.attempts >= MOST_ATTEMPTS:
        # Whoever drew it died each time, or could not.
        return _note(claim, item, reason=item.reason or "Whatever drew it died each time.")
    EvidencePackItem.objects.filter(pk=item.pk).update(attempts=F("attempts") + 1)
    # Asked anew for each record: what a person may see can end while the pack is made.
    if not Decision.objects.visible_to(item.pack.asked_by).filter(pk=item.decision_id).exists():
        return _note(claim, item, reason="You may not see it any more.")
    try:
        drawn = records.drawn(item.decision)
    except MoveRefused as refused:
        return _note(claim, item, reason=str(refused))
    except DrawingFailed as failure:
        logger.exception("The record of %s could not be drawn for pack %s.", item.decision.reference, claim.pack_id)
        reason = f"It could not be drawn: {str(failure)[-300:]}"
        EvidencePackItem.objects.filter(pk=item.pk).update(reason=reason)
        return True
    bundling.keep_record(item.pack, drawn)
    return _note(claim, item, drawn=drawn)


@transaction.atomic
def _note(claim: Claim, item: EvidencePackItem, *, drawn: records.Drawn | None = None, reason: str = "") -> bool:
    """Note what became of one record, with its ledger entry; False when the claim was lost meanwhile."""
    held = EvidencePack.objects.filter(pk=claim.pack_id, claims=claim.turn)
    if not held.update(leased_until=timezone.now() + LEASE):
        return False
    rows = EvidencePackItem.objects.filter(pk=item.pk, state=Item.WAITING)
    if drawn is None:
        rows.update(state=Item.LEFT_OUT, reason=reason)
        return True
    rows.update(
        state=Item.DONE,
        reason="",
        file_name=drawn.name,
        version=drawn.number,
        digest=drawn.digest,
        checkpoint=drawn.checkpoint,
        sha256=drawn.sha256,
    )
    records.note_export(drawn, by=item.pack.asked_by)
    return True


def _finish(claim: Claim) -> None:
    """Put the drawn records together and tell the person."""
    pack = EvidencePack.objects.get(pk=claim.pack_id)
    if pack.state != State.WAITING or pack.claims != claim.turn:
        return
    EvidencePack.objects.filter(pk=pack.pk).update(attempts=F("attempts") + 1)
    try:
        if pack.attempts >= MOST_ATTEMPTS:
            raise bundling.NothingToPack(pack.error or "Whatever put it together died each time.")
        sha256, size = bundling.bundle(pack)
    except bundling.NothingToPack as problem:
        _end(claim, state=State.FAILED, error=str(problem))
    except Exception as error:  # tried again by the next turn, then given up with these words
        logger.exception("Pack %s could not be put together.", pack.pk)
        EvidencePack.objects.filter(pk=pack.pk).update(error=f"{type(error).__name__}: {error}"[:2000])
    else:
        _end(claim, state=State.READY, sha256=sha256, size=size)


@transaction.atomic
def _end(claim: Claim, *, state: EvidencePack.State, error: str = "", sha256: str = "", size: int = 0) -> None:
    """Write down how the pack ended, once, and tell who ordered it."""
    held = EvidencePack.objects.filter(pk=claim.pack_id, claims=claim.turn, state=State.WAITING)
    if not held.update(state=state, error=error, sha256=sha256, size=size, finished_at=timezone.now()):
        return
    pack = EvidencePack.objects.select_related("asked_by").get(pk=claim.pack_id)
    shutil.rmtree(pack.folder, ignore_errors=True)
    ready = state == State.READY
    notify(
        to=pack.asked_by,
        cause_key=f"pack:{pack.pk}",
        title="Your evidence pack is ready" if ready else "Your evidence pack could not be made",
        url=f"/packs/{pack.pk}/",
        body=error,
    )
    payload = {"pack": pack.pk, "sha256": sha256, "error": error}
    ledger.append(f"pack:{pack.pk}", f"pack.{state}", by=None, subject=f"pack {pack.pk}", payload=payload)
