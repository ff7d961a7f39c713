"""Doubts: that a decision rests on a metric whose data fail a severe check, from when to when."""

from django.db import models
from django.db.models import Q

from decisions.models.decision import Decision
from metrics.models import QualityIncident


class Doubt(models.Model):
    """One incident as one decision is touched by it; taken up again, the incident is a doubt of its own."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="doubts")
    incident = models.ForeignKey(QualityIncident, on_delete=models.PROTECT, related_name="doubts")
    since = models.DateTimeField()
    marked_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "incident"], condition=Q(cleared_at=None), name="one_doubt_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} in doubt by {self.incident_id}"
