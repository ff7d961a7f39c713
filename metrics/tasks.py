"""Work in the background. Tasks take nothing and are idempotent: the database knows what is due."""

from celery import shared_task

from metrics.services import colliding, forecasting, pulling, quality


@shared_task(name="metrics.forecast", ignore_result=True)
def forecast() -> None:
    """Make the forecasts that are wanted."""
    forecasting.compute()


@shared_task(name="metrics.look_at_pairs", ignore_result=True)
def look_at_pairs() -> None:
    """Look at the pairs of metrics whose values, definitions or periods moved on."""
    colliding.look_at_due()


@shared_task(name="metrics.check_quality", ignore_result=True)
def check_quality() -> None:
    """Run the checks of data quality that are due."""
    quality.compute()


@shared_task(name="metrics.pull", ignore_result=True)
def pull() -> None:
    """Make a few of the pulls that are due."""
    pulling.run_due()
