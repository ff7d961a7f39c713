"""Work in the background. Tasks take nothing and are idempotent: the database knows what is due."""

from celery import shared_task

from metrics.services import forecasting


@shared_task(name="metrics.forecast", ignore_result=True)
def forecast() -> None:
    """Make the forecasts that are wanted."""
    forecasting.compute()
