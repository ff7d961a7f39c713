"""What is erased when its time is up, what was, and the holds that keep it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from metrics.models.metric import Metric


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    """Which holds run."""

    def running(self) -> "LegalHoldQuerySet":
        """Those that nobody has lifted."""
        return self.filter(lifted_at=None)

    def touching(self, metric: Metric) -> "LegalHoldQuerySet":
        """Those that run and keep something of the metric."""
        return self.running().filter(Q(metric=metric) | Q(metric=None))


class LegalHold(models.Model):
    """An order to erase nothing: of one metric, of what one person recorded, or, with neither, of anything."""

    metric = models.ForeignKey(Metric, null=True, blank=True, on_delete=models.PROTECT, related_name="legal_holds")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    reference = models.CharField(max_length=120)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_why = models.TextField(blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.CheckConstraint(name="hold_of_one_kind", condition=Q(metric=None) | Q(person=None)),
            models.CheckConstraint(name="hold_says_why", condition=~Q(reason="") & ~Q(reference="")),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.what}"

    @property
    def what(self) -> str:
        """Say what is kept."""
        if self.metric is not None:
            return self.metric.name
        return f"What {self.person} recorded" if self.person is not None else "Everything"


class Retention(models.Model):
    """Somebody looked at what a metric's first erasure would take, and let erasures begin."""

    metric = models.OneToOneField(Metric, on_delete=models.PROTECT, related_name="retention")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    looked_at = models.DateTimeField(null=True, blank=True)  # when the sweep last asked what is due

    def __str__(self) -> str:
        return f"Erasures of {self.metric_id}"


class Erasure(models.Model):
    """One erasure of one metric: up to which moment, and how many of each.

    While `finished_at` is empty, which only its own transaction ever sees, the guards of the table of values let it
    pass.
    """

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="erasures")
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    first = models.DateTimeField(null=True, blank=True)  # of the periods it touched
    through = models.DateTimeField()  # the periods that had ended then
    details = models.PositiveIntegerField(default=0)  # values whose ids, notes, reasons and recorders are gone
    values = models.PositiveIntegerField(default=0)  # values that are gone themselves
    segments = models.PositiveIntegerField(default=0)  # segments that lost their names
    derived = models.PositiveIntegerField(default=0)  # calculated values whose calculation no longer shows an input

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(name="erasure_ends", condition=Q(finished_at__gte=F("at")) | Q(finished_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} through {self.through:%Y-%m-%d}"
