"""Take signals from the outbox of metrics in hand: each exactly once, whoever dies in between.

A receipt is claimed by a conditional UPDATE with a lease (rows that another worker holds are skipped on PostgreSQL);
the effect and "done" commit together. Whoever finds a lease that ran out takes the signal over; what fails again and
again, or kills its worker again and again, is given up after MOST_ATTEMPTS and shown.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone

from approvals.models import User
from approvals.queries import people_with
from approvals.roles import ADMINISTRATORS, has_role
from approvals.services import ledger
from approvals.services.notices import notify
from config.kit import leases, wake
from config.kit.refusals import MoveRefused
from decisions.models import SignalReceipt
from decisions.services import places, questioning
from metrics.models import MetricSignal

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A signal taken in hand; `attempt` tells a worker that was slower than its lease that it lost the claim."""

    receipt_id: int
    signal_id: int
    attempt: int


def receive_signals(limit: int = 100, *, now: datetime | None = None) -> dict[str, int]:
    """Take up to `limit` waiting signals in hand; returns how often each effect occurred."""
    _write_receipts(limit)

    def one() -> str | None:
        claim = _claim(now or timezone.now())
        return None if claim is None else _take(claim, now or timezone.now())

    return wake.take_turn(one, limit=limit, topic="signals")


def waiting() -> int:
    """Return how many signals nobody has dealt with yet."""
    handled = SignalReceipt.objects.exclude(state=SignalReceipt.State.PENDING).values("signal")
    return MetricSignal.objects.exclude(pk__in=handled).count()


def oldest_waiting() -> datetime | None:
    """Return when the oldest signal was sent that nobody has dealt with yet."""
    handled = SignalReceipt.objects.exclude(state=SignalReceipt.State.PENDING).values("signal")
    oldest: datetime | None = MetricSignal.objects.exclude(pk__in=handled).aggregate(oldest=models.Min("at"))["oldest"]
    return oldest


def given_up() -> "models.QuerySet[SignalReceipt]":
    """Return the signals that failed so often that nobody tries them any more, the newest first."""
    failed = SignalReceipt.objects.filter(state=SignalReceipt.State.FAILED)
    return failed.select_related("signal__metric").order_by("-done_at", "-pk")


@transaction.atomic
def try_again(receipt: SignalReceipt, *, by: User) -> None:
    """Put a signal that was given up back in the queue, once its cause was mended."""
    if not has_role(by, ADMINISTRATORS):
        raise PermissionDenied("Only administrators may have a signal tried again.")
    waiting = {"state": SignalReceipt.State.PENDING, "attempts": 0, "done_at": None, "leased_until": None}
    if not given_up().filter(pk=receipt.pk).order_by().update(**waiting):
        raise MoveRefused(["This signal is being tried again already, or was dealt with."])
    signal = receipt.signal
    payload = {"signal": signal.key, "error": receipt.error}
    ledger.append(f"metric:{signal.metric.key}", "signal.tried_again", by=by, subject=signal.watcher, payload=payload)
    wake.publish("signals")


def _write_receipts(limit: int) -> None:
    """Give every new signal a receipt; two workers at once write each only once."""
    new = MetricSignal.objects.filter(receipt__isnull=True).values_list("pk", flat=True)[: limit * 2]
    receipts = [SignalReceipt(signal_id=pk) for pk in new]
    SignalReceipt.objects.bulk_create(receipts, ignore_conflicts=True)


@transaction.atomic
def _claim(now: datetime) -> Claim | None:
    """Take the oldest free receipt, in the order of the outbox."""
    free = leases.free(SignalReceipt.objects.filter(state=SignalReceipt.State.PENDING), now)
    found = leases.first(free.order_by("signal_id"))
    if found is None:
        return None
    if found.attempts >= MOST_ATTEMPTS:
        # It never came to report an error: whoever took it in hand died every time.
        _give_up(Claim(found.pk, found.signal_id, found.attempts), found.error or "Its worker died each time.", now)
        return _claim(now)
    taken = leases.take(free, found, until=now + LEASE, counter="attempts")
    return Claim(found.pk, found.signal_id, found.attempts + 1) if taken else None


def _take(claim: Claim, now: datetime) -> str:
    """Carry a claimed signal out; a failure is kept with the receipt and stops nobody else."""
    try:
        return _carry_out(claim, now)
    except Exception as error:  # the next signal must not suffer from this one, whatever is wrong with it
        logger.exception("Signal %s failed at attempt %s.", claim.signal_id, claim.attempt)
        return _failed(claim, error, now)


@transaction.atomic
def _carry_out(claim: Claim, now: datetime) -> str:
    receipt = SignalReceipt.objects.select_for_update(no_key=True).get(pk=claim.receipt_id)
    if receipt.state != SignalReceipt.State.PENDING or receipt.attempts != claim.attempt:
        return "lost"
    related = ("condition", "episode", "metric", "metric__definition")
    signal = MetricSignal.objects.select_related(*related).get(pk=claim.signal_id)
    receipt.effect = questioning.receive(signal, now=now)
    receipt.state, receipt.done_at, receipt.leased_until, receipt.error = SignalReceipt.State.DONE, now, None, ""
    receipt.save()
    return receipt.effect


def _failed(claim: Claim, error: Exception, now: datetime) -> str:
    """Keep the error; after the last attempt the signal is given up, and administrators are told."""
    text = f"{type(error).__name__}: {error}"[:2000]
    if claim.attempt >= MOST_ATTEMPTS:
        return _give_up(claim, text, now)
    # Waits longer after each failure; the sweep comes back for it.
    _pending(claim).update(error=text, leased_until=now + LEASE * claim.attempt)
    return "failed"


def _give_up(claim: Claim, text: str, now: datetime) -> str:
    _pending(claim).update(state=SignalReceipt.State.FAILED, error=text, done_at=now, leased_until=None)
    notify(
        to=list(people_with(ADMINISTRATORS)),
        cause_key=f"signal:{claim.signal_id}:given-up",
        title="A signal could not be dealt with",
        url=places.given_up_url(),
        body=f"Signal {claim.signal_id} failed {claim.attempt} times and was given up: {text}",
    )
    return "given up"


def _pending(claim: Claim) -> "models.QuerySet[SignalReceipt]":
    """Return the claim's receipt, while the claim still holds."""
    return SignalReceipt.objects.filter(pk=claim.receipt_id, attempts=claim.attempt, state=SignalReceipt.State.PENDING)
