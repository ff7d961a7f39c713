"""Count evaluations that end in an error, and tell the metric's steward: the decision's owner could not mend it."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from approvals.models import User
from approvals.services.notices import notify
from config.kit.canonical import utc_text
from metrics.access import keepers_of
from metrics.models import Condition, Metric

TOLD_AFTER = 3  # evaluations in a row; one may be a slip that the next value mends


def count(condition: Condition, at: datetime) -> bool:
    """Count one more evaluation of a condition, by its health; says whether the count changed."""
    if condition.health != Condition.Health.ERROR:
        ran = condition.failures > 0
        condition.failures, condition.failing_since = 0, None
        return ran
    condition.failures += 1
    condition.failing_since = condition.failing_since or at
    return True


def tell(metric: Metric, conditions: Iterable[Condition]) -> None:
    """Tell whoever keeps the metric, once for each run of errors; the decision is not named, they may not see it."""
    failing = [each for each in conditions if each.failures >= TOLD_AFTER]
    if not failing:
        return
    keepers = keepers_of(metric)
    for condition in failing:
        _tell(metric, condition, keepers)


def _tell(metric: Metric, condition: Condition, keepers: Iterable[User]) -> None:
    since = utc_text(condition.failing_since) if condition.failing_since else ""
    why = condition.error or "Its data cannot be judged, for example against a base of 0."
    notify(
        to=keepers,
        cause_key=f"condition:{condition.pk}:{condition.version}:failing:{since}",
        title=f"A condition on {metric.name} cannot be evaluated",
        url=reverse("metric", args=[metric.key]),
        body=f"{condition.failures} evaluations in a row ended in an error. It stays as it last stood. {why}",
    )
