"""Change requests: the only way to change what has been approved."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class ChangeRequest(models.Model):
    """A reasoned wish to change something approved; proposed content stays apart until it is applied."""

    class Class(models.TextChoices):
        EDITORIAL = "editorial", "Editorial"
        MATERIAL = "material", "Material"
        EMERGENCY = "emergency", "Emergency, approved afterwards"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPLIED = "applied", "Applied"
        CLOSED = "closed", "Closed without effect"

    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=120)
    reason = models.TextField()
    change_class = models.CharField(max_length=10, choices=Class, default=Class.MATERIAL)
    base_version = models.PositiveIntegerField(default=0)
    impact = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome_reason = models.TextField(blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=models.Q(state="open"), name="one_open_change_per_subject"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_change_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"Change of {self.subject_id}"
