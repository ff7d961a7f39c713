"""Around a re-evaluation: grounds that are not signals, the steps of its escalation, silence about a condition."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from decisions.models.decision import Decision
from decisions.models.reevaluation import Reevaluation
from metrics.models import Condition, MetricDefinition


class Ground(models.Model):
    """What questions a decision besides a signal: an overdue refresh, a changed definition, a review, a correction.

    `key` names the occurrence (refresh:a1:2026-03-01), so that each is raised only once, whatever was answered.
    """

    reevaluation = models.ForeignKey(Reevaluation, on_delete=models.PROTECT, related_name="grounds")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=10, choices=Reevaluation.Cause)
    key = models.CharField(max_length=200)
    sentence = models.TextField()
    severity = models.CharField(max_length=8, choices=Reevaluation.Severity)
    definition = models.ForeignKey(
        MetricDefinition, null=True, blank=True, on_delete=models.PROTECT, related_name="grounds"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "key"], name="ground_once")]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.key}"


class Escalation(models.Model):
    """One step of a late answer's way up: whom it reached, and when."""

    reevaluation = models.ForeignKey(Reevaluation, on_delete=models.PROTECT, related_name="escalations")
    step = models.PositiveIntegerField()
    # None: whoever was named has left; the next one is told at once.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["reevaluation", "step"], name="escalated_once")]

    def __str__(self) -> str:
        return f"{self.reevaluation_id} step {self.step}"


class Snooze(models.Model):
    """Silence about one condition of a decision until a moment; the condition is evaluated as ever."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="snoozes")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="snoozes")
    severity = models.CharField(max_length=8, choices=Reevaluation.Severity)
    until = models.DateTimeField()
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["condition"], condition=Q(lifted_at=None), name="one_snooze_per_condition"),
            models.CheckConstraint(name="snooze_ends", condition=Q(until__gt=F("at"))),
        ]

    def __str__(self) -> str:
        return f"{self.condition} until {self.until:%Y-%m-%d}"
