"""Work in the background. Tasks take nothing and are idempotent: the database knows what is due."""

from celery import shared_task

from decisions.services import packing, reevaluations, sweeping


@shared_task(name="decisions.receive_signals", ignore_result=True)
def receive_signals() -> None:
    """Take waiting signals in hand."""
    reevaluations.receive_signals()


@shared_task(name="decisions.sweep", ignore_result=True)
def sweep() -> None:
    """Do every periodic job once; pulls, which wait for other people's servers, have a task of their own."""
    sweeping.sweep(without=("pulls",))


@shared_task(name="decisions.make_packs", ignore_result=True)
def make_packs() -> None:
    """Go on with the evidence packs that were ordered."""
    packing.make_packs()
