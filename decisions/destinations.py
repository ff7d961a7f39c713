"""Which of the things that notices about decisions lead to a person may see."""

from django.db.models import QuerySet

from approvals.destinations import register as lead_to
from approvals.models import User
from decisions.models import Decision, Reevaluation
from decisions.queries.reviews import seen_by
from metrics.destinations import internal_metrics
from metrics.models import Metric

INTERNAL = Decision.Classification.INTERNAL


def register() -> None:
    """Make the addresses of decisions known, and that of the list of those that rest on one metric."""
    lead_to("decisions/<str:reference>/", "reference", _internal, Decision.objects.visible_to, column="reference")
    lead_to("decisions/", "metric", internal_metrics, Metric.objects.visible_to, column="key")
    lead_to("reevaluations/<int:identifier>/", "identifier", _of_internal, Reevaluation.objects.visible_to)
    lead_to("reviews/<int:identifier>/", "identifier", seen_by)


def _internal(user: User) -> QuerySet[Decision]:
    return Decision.objects.filter(classification=INTERNAL)


def _of_internal(user: User) -> QuerySet[Reevaluation]:
    return Reevaluation.objects.filter(decision__classification=INTERNAL)
