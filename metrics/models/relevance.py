"""The look, once a year, at whether a metric is still worth keeping: what was said of it each time."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from metrics.models.metric import Metric


class RelevanceReview(models.Model):
    """One review of one metric's relevance: due, then held with a sentence, and never changed after that.

    `counted_from`: the approval or the review before it; `every_days`: when the one after it is due, said by the
    person who held this one; `steps_taken`: how often its lateness was told.
    """

    class State(models.TextChoices):
        DUE = "due", "Not held yet"
        CONFIRMED = "confirmed", "Still relevant"
        CHANGE = "change", "To be changed"
        DEPRECATE = "deprecate", "To be deprecated"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="relevance_reviews")
    state = models.CharField(max_length=9, choices=State, default=State.DUE)
    counted_from = models.DateTimeField()
    due_at = models.DateTimeField()
    steps_taken = models.PositiveIntegerField(default=0)
    said = models.TextField(blank=True)
    every_days = models.PositiveIntegerField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    held_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-counted_from", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["metric"], condition=Q(state="due"), name="one_relevance_review_due"),
            models.CheckConstraint(
                name="relevance_review_says_why",
                condition=Q(state="due") | (~Q(said="") & Q(held_at__isnull=False) & Q(every_days__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="due"), name="relevance_review_due")]

    def __str__(self) -> str:
        return f"{self.metric_id} due {self.due_at:%Y-%m-%d}"
