"""Pulls: from where and how often a metric's values are fetched, and what became of each time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from metrics.models.metric import Metric


class PullQuerySet(models.QuerySet["Pull"]):
    """Which pulls are to be made."""

    def due(self, now: datetime) -> "PullQuerySet":
        """Those that run and whose time has come."""
        return self.filter(state=Pull.State.ON, next_run_at__lte=now)


class Pull(models.Model):
    """Where a metric's values are fetched from, how an answer is read, and when the next time is.

    `target`: address without any secret; `sealed`: the encrypted password or header, which nothing ever shows again.
    `statement`: one SELECT, the JSONPath of the rows (empty for a single value), or a PromQL expression. The four
    columns name where in a row the parts of a value are: column names, JSONPaths within the row, or label names.
    """

    class Kind(models.TextChoices):
        SQL = "sql", "SQL"
        JSON = "json", "HTTP JSON"
        PROMETHEUS = "prometheus", "Prometheus"

    class State(models.TextChoices):
        OFF = "off", "Not running"
        ON = "on", "Running"
        FAILED = "failed", "Stopped after failures"

    class Every(models.IntegerChoices):
        FIVE_MINUTES = 5, "Every 5 minutes"
        QUARTER_HOUR = 15, "Every 15 minutes"
        HOUR = 60, "Every hour"
        SIX_HOURS = 360, "Every 6 hours"
        DAY = 1440, "Every day"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="pulls")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind)
    target = models.CharField(max_length=500)
    statement = models.TextField(blank=True)
    period_column = models.CharField(max_length=200, blank=True)
    value_column = models.CharField(max_length=200, blank=True)
    segment_column = models.CharField(max_length=200, blank=True)
    sample_column = models.CharField(max_length=200, blank=True)
    look_back = models.PositiveIntegerField(default=8)
    header_name = models.CharField(max_length=60, blank=True)
    sealed = models.TextField(blank=True, editable=False)
    every = models.PositiveIntegerField(choices=Every, default=Every.HOUR)
    state = models.CharField(max_length=6, choices=State, default=State.OFF)
    version = models.PositiveIntegerField(default=1)
    next_run_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    turns = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    told = models.BooleanField(default=False)
    error = models.CharField(max_length=300, blank=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_good_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PullQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "name"], name="pull_name_once"),
            models.CheckConstraint(name="pull_kind_known", condition=Q(kind__in=["sql", "json", "prometheus"])),
            models.CheckConstraint(name="pull_state_known", condition=Q(state__in=["off", "on", "failed"])),
            models.CheckConstraint(
                name="pull_on_has_its_time", condition=~Q(state="on") | Q(next_run_at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["next_run_at"], condition=Q(state="on"), name="pull_due")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_credential(self) -> bool:
        """Say whether a credential is kept; which one is never said."""
        return bool(self.sealed)


class PullRun(models.Model):
    """One time that a pull was made: what came, and when nothing came, why, in a sentence without the answer's text."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "Running"
        GOOD = "good", "Good"
        PARTLY = "partly", "Rows refused"
        FAILED = "failed", "Failed"

    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="runs")
    turn = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.RUNNING)
    rows = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0)
    revised = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    refusals = models.JSONField(default=list)

    class Meta:
        ordering = ["-turn"]
        constraints = [
            models.UniqueConstraint(fields=["pull", "turn"], name="pull_run_turn_once"),
            models.CheckConstraint(
                name="pull_run_finished", condition=Q(outcome="running") | Q(finished_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pull_id} {self.turn}"

    @property
    def duration(self) -> timedelta | None:
        """Return how long it took, once it is over."""
        return self.finished_at - self.started_at if self.finished_at else None
