"""What a metric means, in numbered versions; an approved one never changes again."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from metrics.models.metric import Metric


def exact() -> "models.DecimalField[Any, Any]":
    """Return a column for a number of at most 15 significant digits, six of them after the point; may be empty."""
    return models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)


class MetricDefinition(models.Model):
    """One version of a metric's meaning. Saves are counted on the metric (`Metric.version`)."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"
        REJECTED = "rejected", "Rejected"

    class Direction(models.TextChoices):
        HIGHER = "higher", "Higher is better"
        LOWER = "lower", "Lower is better"
        WITHIN = "within", "Within the band is better"

    class Timing(models.TextChoices):
        LEADING = "leading", "Leading"
        LAGGING = "lagging", "Lagging"

    class Measures(models.TextChoices):
        OUTCOME = "outcome", "Outcome"
        OUTPUT = "output", "Output"

    class MissingInputs(models.TextChoices):
        WITHHOLD = "withhold", "There is no value"
        LAST = "last", "The last known value counts"
        ZERO = "zero", "They count as zero"

    class Aggregation(models.TextChoices):
        NONE = "", "Not at all: it is recorded by itself"
        SUM = "sum", "The sum of the segments"
        MEAN = "mean", "The plain mean of the segments"
        WEIGHTED = "weighted", "The mean weighted by sample size"
        RATIO = "ratio", "The ratio of the sums of two other metrics"
        MIN = "min", "The lowest segment"
        MAX = "max", "The highest segment"
        LAST = "last", "The segment recorded last"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="definitions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)

    name = models.CharField(max_length=160)
    meaning = models.TextField(blank=True)
    formula = models.TextField(blank=True)
    # Of a metric that is calculated from others; empty for one whose values are recorded.
    expression = models.CharField(max_length=500, blank=True, default="", db_default="")
    missing_inputs = models.CharField(
        max_length=8, choices=MissingInputs, default=MissingInputs.WITHHOLD, db_default=MissingInputs.WITHHOLD
    )
    # How the whole comes from the segments of one dimension; keys of other metrics only for the ratio of sums.
    aggregation = models.CharField(max_length=8, choices=Aggregation, blank=True, default="", db_default="")
    aggregation_over = models.CharField(max_length=40, blank=True, default="", db_default="")
    aggregation_numerator = models.CharField(max_length=64, blank=True, default="", db_default="")
    aggregation_denominator = models.CharField(max_length=64, blank=True, default="", db_default="")
    missing_parts = models.CharField(
        max_length=8, choices=MissingInputs, default=MissingInputs.WITHHOLD, db_default=MissingInputs.WITHHOLD
    )
    unit = models.CharField(max_length=32, blank=True)
    direction = models.CharField(max_length=6, choices=Direction, default=Direction.HIGHER)

    population = models.TextField(blank=True)
    exclusions = models.TextField(blank=True)
    normalisation = models.TextField(blank=True)
    minimum_sample = models.PositiveIntegerField(null=True, blank=True)

    sources = models.TextField(blank=True)
    lineage = models.TextField(blank=True)
    transformation = models.TextField(blank=True)
    outage_fallback = models.TextField(blank=True)
    cadence = models.CharField(max_length=24, default="weekly")
    time_zone = models.CharField(max_length=64, default="UTC")
    settle_after = models.DurationField(default=timedelta)

    baseline = exact()
    target = exact()
    target_30 = exact()
    target_90 = exact()
    target_365 = exact()
    tolerance_low = exact()
    tolerance_high = exact()

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    steward = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    family = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=80, blank=True)
    level = models.CharField(max_length=11, choices=Metric.Level, default=Metric.Level.OPERATIONAL)
    timing = models.CharField(max_length=7, choices=Timing, default=Timing.LAGGING)
    measures = models.CharField(max_length=7, choices=Measures, default=Measures.OUTCOME)

    # Keys, not rows: an approved version is a document, and keys are never reused.
    counter_metrics = models.JSONField(default=list, blank=True)
    risks = models.TextField(blank=True)
    actions = models.TextField(blank=True)
    personal_data = models.BooleanField(default=False)
    # Not only who recorded them and under which name: a value itself says something of one person.
    personal_values = models.BooleanField(default=False, db_default=False)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    # Of a metric that does harm when it is wrong: a change of it goes before the review board.
    high_risk = models.BooleanField(default=False, db_default=False)
    risk_reason = models.TextField(blank=True, default="", db_default="")

    contributors = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["metric", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "number"], name="definition_number_once"),
            models.UniqueConstraint(
                fields=["metric"], condition=Q(state__in=["draft", "in_review"]), name="one_definition_proposed"
            ),
            models.UniqueConstraint(fields=["metric"], condition=Q(state="approved"), name="one_definition_in_force"),
            models.CheckConstraint(
                name="definition_state_known",
                condition=Q(state__in=["draft", "in_review", "approved", "superseded", "rejected"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"
