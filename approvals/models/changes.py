"""Change requests: the only way to change what has been approved."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class ChangeRequest(models.Model):
    """A reasoned wish to change something approved; proposed content stays apart until it is applied.

    `content` is the proposed content in canonical form, unless the subject's app keeps it itself. An emergency is
    applied at once and must be approved by `approve_by`; one that was refused, or is late, has `unapproved_at`.
    """

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
    content = models.TextField(blank=True, db_default="")
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
    applied_version = models.PositiveIntegerField(null=True, blank=True)
    approve_by = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    unapproved_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=models.Q(state="open"), name="one_open_change_per_subject"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_change_has_a_reason"),
        ]

    @property
    def awaits_approval(self) -> bool:
        """Say whether it is in force already and not approved yet."""
        return self.approve_by is not None and self.approved_at is None and self.state == self.State.APPLIED

    def __str__(self) -> str:
        return f"Change of {self.subject_id}"
