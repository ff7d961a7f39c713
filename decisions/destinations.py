"""Which of the things that notices about decisions lead to a person may see."""

from typing import Any

from django.db.models import QuerySet

from approvals.destinations import register as lead_to
from approvals.models import User
from decisions.models import Decision, Reevaluation, Review
from decisions.queries.reviews import seen_by
from metrics.destinations import internal_metrics
from metrics.models import Metric

INTERNAL = Decision.Classification.INTERNAL


def register() -> None:
    """Make the addresses of decisions known, and that of the list of those that rest on one metric."""
    by_reference: dict[str, Any] = {"of": Decision, "column": "reference"}
    lead_to("decisions/<str:reference>/", "reference", _internal, Decision.objects.visible_to, **by_reference)
    lead_to("decisions/", "metric", internal_metrics, Metric.objects.visible_to, of=Metric, column="key")
    asked = "reevaluations/<int:identifier>/"
    lead_to(asked, "identifier", _of_internal, Reevaluation.objects.visible_to, of=Reevaluation)
    lead_to("reviews/<int:identifier>/", "identifier", seen_by, of=Review)


def _internal(user: User) -> QuerySet[Decision]:
    return Decision.objects.filter(classification=INTERNAL)


def _of_internal(user: User) -> QuerySet[Reevaluation]:
    return Reevaluation.objects.filter(decision__classification=INTERNAL)
