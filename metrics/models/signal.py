"""The outbox: what metrics have to say to whoever watches them. Append-only; the reader keeps its own receipts."""

from django.db import models

from metrics.models.condition import Condition, Episode
from metrics.models.metric import Metric
from metrics.models.observation import Observation


class MetricSignal(models.Model):
    """One thing that happened to one episode of a condition, under a key that lets it be said only once."""

    class Kind(models.TextChoices):
        BREACHED = "breached", "Breached"
        RETRACTED = "retracted", "Retracted by a correction"

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="signals")
    condition_version = models.PositiveIntegerField()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="signals")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="signals")
    segment = models.CharField(max_length=80, blank=True)
    watcher = models.CharField(max_length=32, db_index=True)
    condition_key = models.CharField(max_length=64)
    episode_start = models.DateTimeField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    value = models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)
    observation = models.ForeignKey(Observation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    spec = models.JSONField()
    late = models.BooleanField(default=False)
    # True when the predicate was edited while it was breached: the same trouble under a new version, no second notice.
    continues = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    @property
    def withheld(self) -> bool:
        """Say whether there was a value that is not told, as its segment is restricted; a query where there is none."""
        return self.value is None and self.observation is not None and self.observation.value is not None

    def __str__(self) -> str:
        return self.key
