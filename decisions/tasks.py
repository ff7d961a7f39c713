"""Work in the background. Tasks take nothing and are idempotent: the database knows what is due."""

from celery import shared_task

from decisions.services import reevaluations, sweeping


@shared_task(name="decisions.receive_signals", ignore_result=True)
def receive_signals() -> None:
    """Take waiting signals in hand."""
    reevaluations.receive_signals()


@shared_task(name="decisions.sweep", ignore_result=True)
def sweep() -> None:
    """Do every periodic job once."""
    sweeping.sweep()
