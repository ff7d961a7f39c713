"""Values, append-only: a correction is a further revision of its period, so what was known at any time can be asked."""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from approvals.models import AppendOnly, AppendOnlyQuerySet, User
from approvals.roles import AUDITORS, has_role
from metrics.models.metric import Metric
from metrics.models.segment import MetricSegment

ERASED = "Erased."
"""The reason of a correction whose reason was erased."""


class ObservationQuerySet(AppendOnlyQuerySet["Observation"]):
    """Which revisions count."""

    def visible_to(self, user: User) -> "ObservationQuerySet":
        """Values of segments that the person may see, of metrics that they may see already (`Metric.visible_to`).

        This is the one rule for values: whatever shows them to somebody, or lets them be worked out, asks it.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if has_role(user, AUDITORS):
            return self
        hidden = MetricSegment.objects.hidden_from(user)
        return self.filter(~Exists(hidden.filter(metric=OuterRef("metric"), name=OuterRef("segment"))))

    def current(self) -> "ObservationQuerySet":
        """Only the last revision of each period."""
        later = Observation.objects.filter(
            metric=OuterRef("metric"),
            segment=OuterRef("segment"),
            period_start=OuterRef("period_start"),
            revision__gt=OuterRef("revision"),
        )
        return self.filter(~Exists(later))

    def known_at(self, moment: datetime) -> "ObservationQuerySet":
        """The last revision of each period among those recorded up to the moment."""
        later = Observation.objects.filter(
            metric=OuterRef("metric"),
            segment=OuterRef("segment"),
            period_start=OuterRef("period_start"),
            revision__gt=OuterRef("revision"),
            recorded_at__lte=moment,
        )
        return self.filter(~Exists(later), recorded_at__lte=moment)

    def forget_details(self) -> int:
        """Erase all but value, sample and period; the guards refuse outside an erasure (`services.erasing`)."""
        reason = Case(When(revision__gt=1, then=Value(ERASED)), default=Value(""))
        return models.QuerySet.update(self, external_id="", note="", reason=reason, recorded_by=None)

    def forget_segment(self, anonymous: str) -> int:
        """Erase the segment's name; refused likewise."""
        return models.QuerySet.update(self, segment=anonymous)

    def forget_values(self) -> int:
        """Erase the rows; refused likewise."""
        return models.QuerySet.delete(self)[0]


class Observation(AppendOnly):
    """One revision of one period's value. A null value says that the period's value was withdrawn."""

    refusal = "Observations are corrected by a new revision, never changed or deleted."

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="observations")
    segment = models.CharField(max_length=80, blank=True)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    value = models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)
    sample_size = models.PositiveBigIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=80, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    reason = models.TextField(blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ["period_start", "segment", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "segment", "period_start", "revision"], name="observation_revision_once"
            ),
            models.CheckConstraint(
                name="observation_period_runs_forward", condition=Q(period_end__gt=F("period_start"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["metric", "source", "external_id"], condition=~Q(external_id=""), name="observation_ingest_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.period_start:%Y-%m-%d} = {self.value}"

    @property
    def local_day(self) -> date:
        """Return the day on which the period begins where the metric is kept."""
        return self.metric.local_day(self.period_start)

    @property
    def period_name(self) -> str:
        """Return what names its period in an address."""
        return self.metric.period_name(self.period_start)
