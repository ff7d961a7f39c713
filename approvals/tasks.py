"""Work of approvals in the background; every task may run twice or late without harm."""

from celery import shared_task

from approvals.services import checking, checkpoints


@shared_task(name="approvals.checkpoint")
def checkpoint() -> int:
    """Sign the ledger as it stands; returns the size signed, 0 when nothing is new."""
    written = checkpoints.write()
    return written.size if written else 0


@shared_task(name="approvals.check_ledger")
def check_ledger() -> None:
    """Do the checks of the ledger that somebody waits for."""
    while checking.check_ledger():
        pass
