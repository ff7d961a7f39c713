"""Experiments on a metric: what was foretold and planned, every look at the figures, and the verdict. Never deleted."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from approvals.models import AppendOnly, AppendOnlyQuerySet, Permanent, PermanentQuerySet, User
from metrics.models.metric import Metric


class ExperimentQuerySet(PermanentQuerySet["Experiment"]):
    """Which experiments somebody may see."""

    def visible_to(self, user: User) -> "ExperimentQuerySet":
        """Those whose metric, and every further one, the person may see."""
        visible = Metric.objects.visible_to(user).values("pk")
        hidden = Experiment.further.through.objects.exclude(metric__in=visible).values("experiment")
        return self.filter(metric__in=visible).exclude(pk__in=hidden)


class Experiment(Permanent):
    """One experiment. Until it starts its plan is in the columns; from then on `plan_text` is the plan.

    `plan_text` is canonical JSON (`metrics.services.experiments.plan_of`), `plan_digest` its SHA-256, which the ledger
    keeps too: so the hypothesis cannot be rewritten after the result. Shares are in per cent, `effect` is the least
    difference that matters, in percentage points or in the metric's unit; `sample` counts cases in each variant.
    """

    refusal = "Experiments stay listed, the failed ones too."

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        JUDGED = "judged", "Judged"

    class Verdict(models.TextChoices):
        SUPPORTED = "supported", "Supported"
        NOT_SUPPORTED = "not_supported", "Not supported"
        INCONCLUSIVE = "inconclusive", "Inconclusive"
        STOPPED = "stopped", "Stopped"

    class Measured(models.TextChoices):
        SHARE = "share", "A share of cases"
        MEAN = "mean", "A mean over cases"

    class Expects(models.TextChoices):
        RISE = "rise", "A rise"
        FALL = "fall", "A fall"

    title = models.CharField(max_length=160)
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="experiments")
    further = models.ManyToManyField(Metric, blank=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="experiments")
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)

    hypothesis = models.TextField()
    variants = models.JSONField(default=list)
    measured = models.CharField(max_length=5, choices=Measured, default=Measured.SHARE)
    expects = models.CharField(max_length=4, choices=Expects, default=Expects.RISE)
    base = models.DecimalField(max_digits=21, decimal_places=6)
    deviation = models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)
    effect = models.DecimalField(max_digits=21, decimal_places=6)
    alpha = models.DecimalField(max_digits=9, decimal_places=6, default=5)
    power = models.DecimalField(max_digits=9, decimal_places=6, default=80)
    sample = models.PositiveBigIntegerField()
    ends_on = models.DateField(null=True, blank=True)

    plan_text = models.TextField(blank=True)
    plan_digest = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=13, choices=Verdict, blank=True)
    reason = models.TextField(blank=True)
    # Why this verdict although the figures speak against it; the concerns as they stood are kept beside it.
    despite = models.TextField(blank=True)
    concerns = models.JSONField(default=list, blank=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = HistoricalRecords()
    objects = ExperimentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="experiment_state_known", condition=Q(state__in=["planned", "running", "judged"])
            ),
            models.CheckConstraint(
                name="experiment_judged_has_verdict",
                condition=Q(state="judged", verdict__in=["supported", "not_supported", "inconclusive", "stopped"])
                | (~Q(state="judged") & Q(verdict="")),
            ),
            models.CheckConstraint(
                name="experiment_plan_frozen_once_started", condition=Q(state="planned") | ~Q(plan_digest="")
            ),
        ]
        indexes = [models.Index(fields=["state", "verdict"], name="experiment_state_verdict")]

    def __str__(self) -> str:
        return self.title

    @property
    def reference(self) -> str:
        """Return what people call it by: E-0012."""
        return f"E-{self.pk:04d}"


class ExperimentLook(AppendOnly):
    """The figures of every variant as somebody looked at them; the newest are the result.

    Every look is kept, since each may raise a false alarm. `figures`: metric key → one entry a variant, the control
    first: {"cases", "count"} of a share, {"cases", "mean", "deviation"} of a mean, numbers as text. `early`: before
    the planned sample was there.
    """

    refusal = "A look is kept as it was taken; take another one."

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="looks")
    number = models.PositiveIntegerField()
    figures = models.JSONField()
    early = models.BooleanField()
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = AppendOnlyQuerySet["ExperimentLook"].as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["experiment", "number"], name="experiment_look_once")]

    def __str__(self) -> str:
        return f"{self.experiment_id} look {self.number}"
