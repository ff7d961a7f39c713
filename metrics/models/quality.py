"""Data quality: how checks are set, what they last said, the score day by day, and control figures."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from metrics.domain.quality.catalogue import KINDS, Severity
from metrics.domain.quality.judging import Verdict
from metrics.models.definition import exact
from metrics.models.metric import Metric

CHECKS = [(kind.key, kind.title) for kind in KINDS.values()]
SEVERITIES = [(each.value, each.value.capitalize()) for each in Severity]
VERDICTS = [(Verdict.PASS.value, "Passes"), (Verdict.FAIL.value, "Fails"), (Verdict.UNKNOWN.value, "Not enough to say")]


class QualityState(models.Model):
    """One metric's turn to be checked: a mark that whoever records values sets, and the lease of the worker that looks.

    It is due while `newest` (an observation) is ahead of `looked`, and from `due_at` on: some checks need no value to
    fail. `settings_version` counts saves of the checks' settings.
    """

    metric = models.OneToOneField(Metric, on_delete=models.CASCADE, related_name="quality")
    newest = models.PositiveBigIntegerField(default=0)
    looked = models.PositiveBigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    settings_version = models.PositiveIntegerField(default=0)
    # Turns are never counted back: they tell a worker that was slower than its lease. Failures are those in a row.
    turns = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="quality_score_in_range", condition=Q(score=None) | Q(score__lte=100)),
        ]
        indexes = [models.Index(fields=["due_at"], name="quality_due")]

    def __str__(self) -> str:
        return f"{self.metric_id} at {self.looked}"


class QualitySetting(models.Model):
    """How one kind of check is set for one metric, where that differs from what a new metric begins with."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="quality_settings")
    check_key = models.CharField(max_length=16, choices=CHECKS)
    on = models.BooleanField(default=True)
    severity = models.CharField(max_length=6, choices=SEVERITIES, default=Severity.MEDIUM.value)
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["metric", "check_key"], name="quality_setting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.check_key} of {self.metric_id}"


class QualityResult(models.Model):
    """What one check last said of one segment; `since`: from when on it has said so without a break."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="quality_results")
    segment = models.CharField(max_length=80, blank=True)
    check_key = models.CharField(max_length=16, choices=CHECKS)
    severity = models.CharField(max_length=6, choices=SEVERITIES)
    verdict = models.CharField(max_length=7, choices=VERDICTS)
    sentence = models.TextField()
    since = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["metric", "segment", "check_key"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "segment", "check_key"], name="quality_result_once"),
        ]

    def __str__(self) -> str:
        return f"{self.check_key} of {self.metric_id} {self.verdict}"


class QualityScore(models.Model):
    """The score of a day as it last stood, with how it was made: check, severity, weight and verdict of each line."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="quality_scores")
    day = models.DateField()
    score = models.PositiveSmallIntegerField()
    lines = models.JSONField(default=list)

    class Meta:
        ordering = ["metric", "day"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "day"], name="quality_score_once_a_day"),
            models.CheckConstraint(name="quality_day_score_in_range", condition=Q(score__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.day}: {self.score}"


class ControlFigure(models.Model):
    """A figure from elsewhere for one period, with the tolerance that a value is allowed; withdrawn, never deleted."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="control_figures")
    segment = models.CharField(max_length=80, blank=True)
    period_start = models.DateTimeField()
    value = exact()
    tolerance = exact()
    percent = models.BooleanField(default=False)
    source = models.CharField(max_length=200)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-period_start", "segment"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "segment", "period_start"],
                condition=Q(withdrawn_at=None),
                name="one_control_figure_a_period",
            ),
            models.CheckConstraint(
                name="control_figure_is_whole", condition=Q(value__isnull=False) & Q(tolerance__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.period_start:%Y-%m-%d}: {self.value}"
