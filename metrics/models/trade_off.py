"""Two metrics that pull against each other, and the times when one improved while the other got worse."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from approvals.models import User
from metrics.models.metric import Metric


class TradeOffPairQuerySet(models.QuerySet["TradeOffPair"]):
    """Which pairs are watched, and who may see them."""

    def watched(self) -> "TradeOffPairQuerySet":
        """Pairs that nobody has closed."""
        return self.filter(closed_at=None)

    def visible_to(self, user: User) -> "TradeOffPairQuerySet":
        """Pairs of which the person may see both metrics, and what counts of each as a whole."""
        seen = Metric.objects.with_whole_visible_to(user).values("pk")
        return self.filter(left__in=seen, right__in=seen)

    def with_metrics(self) -> "TradeOffPairQuerySet":
        """Each with both metrics, their definitions in force and owners, in the same query."""
        return self.select_related(
            "owner", "left__definition", "left__owner", "right__definition", "right__owner"
        )  # fmt: skip


class TradeOffPair(models.Model):
    """Two metrics with a named pole each; one of the kind `counter` follows from a definition's counter-metrics.

    Of such a one only the left may improve at the right's cost; any other is watched both ways. `window` counts periods
    of the slower of the two metrics, `sustained` how many of them in a row both moves must last. Episodes that ended
    before `watched_since` (when the pair was made, or its rule last changed) are no longer reckoned anew.
    """

    class Kind(models.TextChoices):
        SPEED_QUALITY = "speed_quality", "Speed and quality"
        INNOVATION_COMPLIANCE = "innovation_compliance", "Innovation and compliance"
        COST_PREMIUM = "cost_premium", "Cost and premium"
        GLOBAL_LOCAL = "global_local", "Global and local"
        OTHER = "other", "Another trade-off"
        COUNTER = "counter", "Metric and counter-metric"

    left = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="pairs_left")
    right = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="pairs_right")
    left_pole = models.CharField(max_length=60, blank=True)
    right_pole = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=24, choices=Kind)
    why = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    window = models.PositiveSmallIntegerField(default=12)
    sustained = models.PositiveSmallIntegerField(default=2)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    watched_since = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.TextField(blank=True)

    # What the last look went by: the definitions in force, and when time alone calls for the next one.
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = models.CharField(max_length=48, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    latest = models.JSONField(default=dict)  # how both sides stood: end, left and right as in an episode's moves

    objects = TradeOffPairQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                Least("left", "right"),
                Greatest("left", "right"),
                condition=Q(closed_at=None),
                name="trade_off_pair_once",
            ),
            models.CheckConstraint(condition=~Q(left=F("right")), name="no_metric_is_its_own_counter"),
        ]

    def __str__(self) -> str:
        return f"{self.left.name} and {self.right.name}"

    @property
    def one_way(self) -> bool:
        """Say whether only the left metric's improvement may cost the other: the right one does not name it back."""
        definition = self.right.definition
        named_back = definition is not None and self.left.key in definition.counter_metrics
        return self.kind == self.Kind.COUNTER and not named_back


class TradeOffMark(models.Model):
    """Values of a pair's metric arrived: the pair is to be looked at. Added by the writer, removed by whoever looked.

    A row of its own, since an UPDATE of the pair would have writers of different metrics wait for each other.
    """

    pair = models.ForeignKey(TradeOffPair, on_delete=models.CASCADE, related_name="marks")

    def __str__(self) -> str:
        return f"look at {self.pair_id}"


class TradeOffEpisode(models.Model):
    """One stretch during which one metric of a pair stood better than before and the other worse, beyond their noise.

    `start`, `fired` and `end` are ends of periods; `key_start` is the start as first seen: a correction may move it.
    `moves` says of each side before, recent, threshold and course at the period in which it fired.
    """

    class Side(models.TextChoices):
        LEFT = "left", "The left metric improved"
        RIGHT = "right", "The right metric improved"

    pair = models.ForeignKey(TradeOffPair, on_delete=models.CASCADE, related_name="episodes")
    improved = models.CharField(max_length=5, choices=Side)
    key_start = models.DateTimeField()
    start = models.DateTimeField()
    fired = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=12, blank=True)  # cleared | superseded | closed
    moves = models.JSONField(default=dict)
    found_at = models.DateTimeField(auto_now_add=True)
    retracted_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["-start"]
        constraints = [
            models.UniqueConstraint(fields=["pair", "improved", "key_start"], name="trade_off_episode_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pair_id} from {self.start:%Y-%m-%d}"

    @property
    def open(self) -> bool:
        """Say whether it goes on."""
        return self.end is None and self.retracted_at is None
