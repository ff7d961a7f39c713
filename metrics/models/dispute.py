"""What somebody says is wrong with a metric: a version of its definition, or one period's value; and the answer."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q

from approvals.models import User
from metrics.models.definition import MetricDefinition
from metrics.models.metric import Metric
from metrics.models.observation import Observation
from metrics.models.segment import MetricSegment


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Which disputes still say something of their metric."""

    def visible_to(self, user: User) -> "DisputeQuerySet":
        """Disputes of metrics that a person may see; of a segment's value, where they may see the segment too.

        Whom a late answer has reached sees what they are asked about.
        """
        seen = self.filter(metric__in=Metric.objects.visible_to(user).values("pk"))
        closed = MetricSegment.objects.hidden_from(user).filter(metric=OuterRef("metric"), name=OuterRef("segment"))
        reached = Q(pk__in=DisputeEscalation.objects.filter(person=user).values("dispute"))
        return seen.filter(Q(kind=Dispute.Kind.DEFINITION) | ~Exists(closed) | reached)

    def open(self) -> "DisputeQuerySet":
        """Those that wait for an answer."""
        return self.filter(state=Dispute.State.OPEN)

    def casting_doubt(self) -> "DisputeQuerySet":
        """Open ones, and upheld ones until what they are about is corrected."""
        return self.filter(Q(state=Dispute.State.OPEN) | (_upheld() & ~_corrected()))

    def with_correction(self) -> "DisputeQuerySet":
        """Each with `corrected`: whether what it is about has changed since."""
        return self.annotate(corrected=ExpressionWrapper(_corrected(), models.BooleanField()))

    def mended(self) -> "DisputeQuerySet":
        """Upheld ones whose correction is there and has not been noted yet."""
        return self.filter(_upheld() & _corrected())


def _upheld() -> Q:
    """Say that somebody agreed, and that no correction has been noted since."""
    return Q(state=Dispute.State.UPHELD, mended_at__isnull=True)


def _corrected() -> Q:
    """Say that a later revision of the value, or a later version of the definition, has come to count."""
    corrected = Observation.objects.filter(
        metric=OuterRef("metric"),
        segment=OuterRef("segment"),
        period_start=OuterRef("period_start"),
        revision__gt=OuterRef("revision"),
    )
    redefined = MetricDefinition.objects.filter(
        metric=OuterRef("metric"), state=MetricDefinition.State.APPROVED, number__gt=OuterRef("definition__number")
    )
    return Q(Exists(corrected)) | Q(Exists(redefined))


class Dispute(models.Model):
    """One matter in dispute; whoever says the same while it is open joins it.

    About a definition: `definition`. About a value: `segment`, `period_start`, and the `revision` that counted then
    (no row of values is held fast, since values may have to go when their time is over).
    """

    class Kind(models.TextChoices):
        DEFINITION = "definition", "Definition"
        VALUE = "value", "Value"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        UPHELD = "upheld", "Upheld"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="disputes")
    kind = models.CharField(max_length=10, choices=Kind)
    definition = models.ForeignKey(
        MetricDefinition, null=True, blank=True, on_delete=models.PROTECT, related_name="disputes"
    )
    segment = models.CharField(max_length=80, blank=True)
    period_start = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # How many steps of the path it has come to: 1 at the beginning.
    steps_taken = models.PositiveIntegerField(default=0)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    mended_at = models.DateTimeField(null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["definition"], condition=Q(state="open", kind="definition"), name="one_dispute_of_a_definition"
            ),
            models.UniqueConstraint(
                fields=["metric", "segment", "period_start"],
                condition=Q(state="open", kind="value"),
                name="one_dispute_of_a_value",
            ),
            models.CheckConstraint(
                name="dispute_about_something",
                condition=Q(kind="definition", definition__isnull=False)
                | Q(kind="value", period_start__isnull=False, revision__isnull=False),
            ),
            models.CheckConstraint(
                name="dispute_answered_with_reason",
                condition=~Q(state__in=["upheld", "declined"]) | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="dispute_due"),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.kind} {self.state}"

    @property
    def is_open(self) -> bool:
        """Say whether it waits for an answer."""
        return self.state == self.State.OPEN


class DisputeVoice(models.Model):
    """One person who says so, and why; the first opened the dispute. Taken back, it stays to be read."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="voices")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["dispute", "person"], name="one_voice_a_person")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.dispute_id}"


class DisputeEscalation(models.Model):
    """Whom a late answer has reached, by which step of the path."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="escalations")
    step = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["step", "pk"]
        constraints = [models.UniqueConstraint(fields=["dispute", "person"], name="dispute_reaches_once")]

    def __str__(self) -> str:
        return f"{self.dispute_id} to {self.person_id}"
