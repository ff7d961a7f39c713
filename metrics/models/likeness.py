"""Which metrics move together: worked out in the background, cadence by cadence, for the report of redundant ones."""

from django.db import models

from metrics.models.metric import Metric


class Comparison(models.Model):
    """The last comparison of all metrics of one cadence: how many were compared, and how many were left out."""

    cadence = models.CharField(max_length=24, unique=True)
    compared_at = models.DateTimeField(null=True, blank=True)
    compared = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    turns = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["cadence"]

    def __str__(self) -> str:
        return self.cadence


class Likeness(models.Model):
    """Two metrics that move together: Pearson's r of their values and of their changes over `periods` in common."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="pairs")
    first = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="+")
    periods = models.PositiveIntegerField()
    of_values = models.FloatField()
    of_changes = models.FloatField()

    class Meta:
        ordering = ["-of_changes", "pk"]
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="likeness_once")]

    def __str__(self) -> str:
        return f"{self.first_id} like {self.second_id}"
