"""Incidents: checks of data quality that fail, with who took them in hand and how they ended."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from metrics.domain.quality.catalogue import Severity
from metrics.models.metric import Metric
from metrics.models.quality import CHECKS, SEVERITIES


class IncidentQuerySet(models.QuerySet["QualityIncident"]):
    """Which incidents go on."""

    def open(self) -> "IncidentQuerySet":
        """Open and acknowledged ones."""
        return self.filter(state__in=QualityIncident.OPEN_STATES)

    def in_doubt(self) -> "IncidentQuerySet":
        """Open ones that put what rests on the metric in doubt."""
        return self.open().filter(severity=Severity.HIGH)


class QualityIncident(models.Model):
    """A failing check of one segment, one at a time: further failures attach to it, and it may be taken up again.

    `findings`: what the last failing run found, each with key, sentence, period, value and expected value.
    `accepted`: keys of the findings that somebody resolved with a reason; the same again is no failure.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"
        CLOSED = "closed", "Closed by itself"

    OPEN_STATES = (State.OPEN, State.ACKNOWLEDGED)

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="incidents")
    segment = models.CharField(max_length=80, blank=True)
    check_key = models.CharField(max_length=16, choices=CHECKS)
    severity = models.CharField(max_length=6, choices=SEVERITIES)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    sentence = models.TextField()
    findings = models.JSONField(default=list)
    accepted = models.JSONField(default=list)
    failures = models.PositiveIntegerField(default=1)
    reopened = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    since = models.DateTimeField()  # when it was opened, or taken up again
    last_seen_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    owner_told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "segment", "check_key"],
                condition=Q(state__in=["open", "acknowledged"]),
                name="one_incident_open",
            ),
            models.CheckConstraint(
                name="incident_state_known",
                condition=Q(state__in=["open", "acknowledged", "resolved", "closed"]),
            ),
            models.CheckConstraint(
                name="incident_resolved_with_reason",
                condition=~Q(state="resolved") | (Q(resolved_by__isnull=False) & ~Q(reason="")),
            ),
        ]
        indexes = [models.Index(fields=["metric", "state"], name="incident_of_metric")]

    def __str__(self) -> str:
        return f"{self.get_check_key_display()} of {self.metric}"

    @property
    def is_open(self) -> bool:
        """Say whether it goes on."""
        return self.state in self.OPEN_STATES
