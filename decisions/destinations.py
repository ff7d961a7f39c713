"""Which of the things that notices about decisions lead to a person may see."""

from approvals.destinations import register as lead_to
from decisions.models import Decision, Reevaluation
from decisions.queries.reviews import seen_by
from metrics.models import Metric


def register() -> None:
    """Make the addresses of decisions known, and that of the list of those that rest on one metric."""
    lead_to("decisions/<str:reference>/", "reference", Decision.objects.visible_to, column="reference")
    lead_to("decisions/", "metric", Metric.objects.visible_to, column="key")
    lead_to("reevaluations/<int:identifier>/", "identifier", Reevaluation.objects.visible_to)
    lead_to("reviews/<int:identifier>/", "identifier", seen_by)
