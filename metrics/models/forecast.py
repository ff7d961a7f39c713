"""What workers foretold of a series of values: a cache, which any worker can make anew from the values."""

from django.db import models
from django.db.models import Q

from metrics.models.metric import Metric


class Forecast(models.Model):
    """The forecast of one metric's segment by one definition from one revision of its data.

    `definition_version`: number of the definition in force, 0 for none; `data_revision`: the newest observation of the
    segment, since values are only ever added. `result`: see services.forecasting; `through`: end of the last settled
    period it was made from; `stale_at`: when the next one settles, by time passing alone.
    """

    class State(models.TextChoices):
        WANTED = "wanted", "Wanted"
        DONE = "done", "Done"
        FAILED = "failed", "Given up"

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="forecasts")
    segment = models.CharField(max_length=80, blank=True)
    definition_version = models.PositiveIntegerField(default=0)
    data_revision = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WANTED)
    result = models.JSONField(null=True, blank=True)
    through = models.DateTimeField(null=True, blank=True)
    stale_at = models.DateTimeField(null=True, blank=True)
    computed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-data_revision", "-definition_version"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "segment", "definition_version", "data_revision"], name="forecast_once"
            ),
            models.CheckConstraint(
                name="forecast_done_has_result", condition=~Q(state="done") | Q(result__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["leased_until"], condition=Q(state="wanted"), name="forecast_wanted"),
            models.Index(fields=["stale_at"], condition=Q(state="done"), name="forecast_stale"),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.segment} at {self.data_revision}"
