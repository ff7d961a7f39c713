"""Check the ledger's integrity for somebody at a screen: a short ledger at once, a long one in the background."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from approvals.models import LedgerCheck, LedgerHead, User
from approvals.services.verification import Report, verify
from config.kit import leases, wake

AT_ONCE = 50_000
"""Entries that are checked while the person waits: a quarter of a second."""
LEASE = timedelta(minutes=5)
MOST_TURNS = 3

logger = logging.getLogger(__name__)


def ask(*, by: User) -> LedgerCheck:
    """Return a check of the whole ledger: done, or begun in the background; a running one serves everybody."""
    entries = LedgerHead.objects.values_list("seq", flat=True).get(pk=1)
    if entries > AT_ONCE:
        running = LedgerCheck.objects.filter(finished_at=None).first()
        if running is not None:
            return running
    check = LedgerCheck.objects.create(asked_by=by, entries=entries)
    if entries > AT_ONCE:
        wake.publish("ledger-checks")
    else:
        _finish(check, verify())
    return check


def check_ledger(*, now: datetime | None = None) -> bool:
    """Do the oldest check that is waiting, or whose worker died; False when there is none."""
    check = _claim(now or timezone.now())
    if check is None:
        return False
    if check.claims >= MOST_TURNS:
        report = Report(head="")
        report.bad("The check was begun three times and never came to its end; run manage.py verify_ledger.")
    else:
        report = verify(progress=_progress(check))
    _finish(check, report)
    return True


@transaction.atomic
def _claim(now: datetime) -> LedgerCheck | None:
    free = leases.free(LedgerCheck.objects.filter(finished_at=None), now)
    found = leases.first(free.order_by("pk"))
    return found if found and leases.take(free, found, until=now + LEASE, counter="claims") else None


def _progress(check: LedgerCheck) -> Callable[[int, int], None]:
    """Return what writes down how far the check has come, and holds its lease."""

    def note(done: int, _whole: int) -> None:
        LedgerCheck.objects.filter(pk=check.pk).update(checked=done, leased_until=timezone.now() + LEASE)

    return note


def _finish(check: LedgerCheck, report: Report) -> None:
    check.report, check.checked = report.as_json(), report.entries
    check.finished_at, check.leased_until = timezone.now(), None
    check.save(update_fields=["report", "checked", "finished_at", "leased_until"])
    if not report.ok:
        logger.error("The ledger does not hold: %s", report.problems[0])
