"""Which of the things that notices about metrics lead to a person may see."""

from django.db.models import QuerySet

from approvals.destinations import register as lead_to
from approvals.models import User
from metrics.models import Dispute, Experiment, FreezeWindow, Metric, QualityIncident, TradeOffPair
from metrics.queries.incidents import incidents_of
from metrics.queries.waiting import freezes_seen


def register() -> None:
    """Make the addresses of metrics known, and of what is kept about them."""
    lead_to("metrics/<slug:key>/", "key", internal_metrics, Metric.objects.visible_to, of=Metric, column="key")
    lead_to("metrics/<slug:key>/disputes/<int:number>/", "number", Dispute.objects.visible_to, of=Dispute)
    lead_to("metrics/experiments/<int:number>/", "number", Experiment.objects.visible_to, of=Experiment)
    lead_to("metrics/freezes/", "freeze", freezes_seen, of=FreezeWindow)
    lead_to("metrics/incidents/<int:pk>/", "pk", incidents_of, of=QualityIncident)
    lead_to("metrics/pairs/<int:pk>/", "pk", TradeOffPair.objects.visible_to, of=TradeOffPair)


def internal_metrics(user: User) -> QuerySet[Metric]:
    """Return the metrics that everybody who is signed in sees, nearly all, without asking the many other tables."""
    return Metric.objects.filter(classification=Metric.Classification.INTERNAL)
