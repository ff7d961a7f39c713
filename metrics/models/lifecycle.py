"""The planned end of a metric, windows in which nothing of it may move, and corrections that wait because of one."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from approvals.models import ApprovalRequest
from metrics.models.metric import Metric


def somebody(*, empty: bool = False) -> "models.ForeignKey[Any, Any]":
    """Return a column for a person who did something."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=empty, blank=empty, on_delete=models.PROTECT, related_name="+"
    )


class Deprecation(models.Model):
    """An approved plan to end a metric: announced on one day, taking no values from another on.

    While it is only proposed it lies in its change request. `proposed_by` asked for it.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Approved, not yet announced"
        ANNOUNCED = "announced", "Announced"
        DONE = "done", "Retired"
        WITHDRAWN = "withdrawn", "Withdrawn"
        REPLACED = "replaced", "Replaced by another plan"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="deprecations")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    successor = models.ForeignKey(Metric, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    announce_on = models.DateField()
    remove_on = models.DateField()
    reason = models.TextField()
    proposed_by = somebody()
    approved_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = somebody(empty=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric"], condition=Q(state__in=["planned", "announced"]), name="one_deprecation_runs"
            ),
            models.CheckConstraint(
                name="removed_after_announced", condition=Q(remove_on__gte=F("announce_on")) & ~Q(reason="")
            ),
            models.CheckConstraint(
                name="deprecation_state_known",
                condition=Q(state__in=["planned", "announced", "done", "withdrawn", "replaced"]),
            ),
        ]
        indexes = [
            models.Index(fields=["state"], condition=Q(state__in=["planned", "announced"]), name="deprecation_running"),
        ]

    def __str__(self) -> str:
        return f"End of {self.metric_id} on {self.remove_on}"


class FreezeWindow(models.Model):
    """Days on which definitions may not change, and a span of periods that may not be corrected meanwhile.

    For one metric, a family, or (neither named) all of them. All days are inclusive, and are days of each
    metric's own time zone.
    """

    metric = models.ForeignKey(Metric, null=True, blank=True, on_delete=models.PROTECT, related_name="freezes")
    family = models.CharField(max_length=80, blank=True)
    begins_on = models.DateField()
    ends_on = models.DateField()
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.TextField()
    declared_by = somebody()
    declared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = somebody(empty=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-begins_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="freeze_runs_forward",
                condition=Q(ends_on__gte=F("begins_on")) & Q(last_day__gte=F("first_day")) & ~Q(reason=""),
            ),
            models.CheckConstraint(name="freeze_of_one_thing", condition=Q(metric__isnull=True) | Q(family="")),
        ]
        indexes = [models.Index(fields=["ends_on"], condition=Q(ended_at__isnull=True), name="freeze_not_ended")]

    def __str__(self) -> str:
        return f"Freeze from {self.begins_on} to {self.ends_on}"


class Correction(models.Model):
    """Corrections of frozen periods that arrived together and wait for somebody else's signature."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for approval"
        APPLIED = "applied", "Applied"
        ENDED = "ended", "Ended without effect"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="corrections")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    proposed_by = somebody()
    proposed_at = models.DateTimeField()
    request = models.OneToOneField(ApprovalRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="correction_state_known", condition=Q(state__in=["waiting", "applied", "ended"])
            ),
        ]

    def __str__(self) -> str:
        return f"Correction {self.pk} of {self.metric_id}"


class CorrectionRow(models.Model):
    """One value as it would be; `base_revision` is what counted for the period when it arrived."""

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="rows")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+")
    waiting = models.BooleanField(default=True)
    segment = models.CharField(max_length=80, blank=True)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    base_revision = models.PositiveIntegerField()
    value = models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)
    sample_size = models.PositiveBigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=80, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    reason = models.TextField()

    class Meta:
        ordering = ["segment", "period_start"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "segment", "period_start"], condition=Q(waiting=True), name="one_correction_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_start:%Y-%m-%d} = {self.value}"
