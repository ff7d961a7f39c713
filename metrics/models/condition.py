"""What watches a metric. State, health and episodes are a cache of the fold; `rebuild_conditions` makes them anew."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from metrics.models.metric import Metric


class ConditionQuerySet(models.QuerySet["Condition"]):
    """Which conditions are live."""

    def armed(self) -> "ConditionQuerySet":
        """Conditions that evaluate."""
        return self.filter(armed=True)


class Condition(models.Model):
    """A break condition of one watcher (a decision's reference), named by the watcher's own key for it.

    `version` counts predicates: words change nothing, a changed predicate starts a new version and is replayed.
    """

    class State(models.TextChoices):
        OK = "ok", "OK"
        PENDING = "pending", "Pending"
        BREACHED = "breached", "Breached"
        RECOVERING = "recovering", "Recovering"

    class Health(models.TextChoices):
        FRESH = "fresh", "Fresh"
        NO_DATA = "no_data", "No data"
        ERROR = "error", "Error"
        INSUFFICIENT = "insufficient", "Insufficient sample"

    watcher = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="conditions")
    # Metrics that parts of a composite watch besides; their values bring the condition up for the next sweep.
    others = models.ManyToManyField(Metric, blank=True, related_name="+")
    segment = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1)
    spec = models.JSONField()
    label = models.CharField(max_length=300, blank=True)
    armed = models.BooleanField(default=True)
    armed_at = models.DateTimeField()
    armed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    disarmed_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.OK)
    health = models.CharField(max_length=12, choices=Health, default=Health.NO_DATA)
    error = models.TextField(blank=True)
    # Evaluations in a row that ended in an error, and when the first of them was: the steward hears of a run once.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    # Never later than what was folded, by the settling in force: an evaluation may go on from what stood then.
    folded_at = models.DateTimeField(null=True, blank=True)
    next_settles_at = models.DateTimeField(null=True, blank=True)

    objects = ConditionQuerySet.as_manager()

    class Meta:
        ordering = ["watcher", "key"]
        constraints = [
            models.UniqueConstraint(fields=["watcher", "key"], name="condition_once_per_watcher"),
            models.CheckConstraint(
                name="condition_state_known", condition=Q(state__in=["ok", "pending", "breached", "recovering"])
            ),
        ]
        indexes = [
            models.Index(fields=["next_settles_at"], condition=Q(armed=True), name="condition_due"),
        ]

    def __str__(self) -> str:
        return f"{self.watcher} {self.key}"


class Episode(models.Model):
    """One breach of one version of a condition, from the first period of its run to the clear value that ends it.

    `key_start` is where it started when it was first seen: a correction may move `start`, the key stays.
    """

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="episodes")
    version = models.PositiveIntegerField()
    segment = models.CharField(max_length=80, blank=True)
    key_start = models.DateTimeField()
    start = models.DateTimeField()
    fired = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=16, blank=True)
    flaps = models.PositiveIntegerField(default=0)
    value = models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)
    retracted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-start"]
        constraints = [
            models.UniqueConstraint(fields=["condition", "version", "segment", "key_start"], name="episode_once"),
        ]

    def __str__(self) -> str:
        return f"{self.condition} from {self.start:%Y-%m-%d}"
