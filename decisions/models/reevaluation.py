"""The loop: a signal received, the re-evaluation it opens, and the breaches that attach to it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.models import ApprovalRequest, ChangeRequest, User
from decisions.models.decision import Decision
from metrics.models import Metric, MetricSignal


class ReevaluationQuerySet(models.QuerySet["Reevaluation"]):
    """Which re-evaluations somebody may see, and which are open."""

    def visible_to(self, user: User) -> "ReevaluationQuerySet":
        """Those of the decisions that the person may see."""
        return self.filter(decision__in=Decision.objects.visible_to(user))

    def open(self) -> "ReevaluationQuerySet":
        """Those that still want an answer."""
        return self.filter(state__in=Reevaluation.OPEN_STATES)


class Reevaluation(models.Model):
    """The task to look at a decision again, with what raised it and the response that was approved in advance.

    Everything that a person needs to answer is copied here when it opens, from the version in force at that time.
    """

    class Cause(models.TextChoices):
        SIGNAL = "signal", "A value broke an assumption"
        REFRESH = "refresh", "Evidence is overdue"
        DEFINITION = "definition", "A metric's definition changed"
        RETIRED = "retired", "A metric was retired"
        REVIEW = "review", "A review asks for it"
        PERSON = "person", "Somebody asked"
        CORRECTION = "correction", "What an answer rested on was corrected"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        AMENDING = "amending", "Amendment under way"
        CONFIRMING = "confirming", "Answer waits for approval"
        ANSWERED = "answered", "Answered"
        RETRACTED = "retracted", "Closed: the value was corrected"

    class Outcome(models.TextChoices):
        REAFFIRM = "reaffirm", "Reaffirm"
        AMEND = "amend", "Amend"
        FALLBACK = "fallback", "Invoke fallback"
        STOP = "stop", "Stop"
        SUPERSEDE = "supersede", "Supersede"

    class Severity(models.TextChoices):
        MINOR = "minor", "Minor"
        MAJOR = "major", "Major"
        CRITICAL = "critical", "Critical"

    OPEN_STATES = ("open", "acknowledged", "amending", "confirming")

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="reevaluations")
    version = models.PositiveIntegerField()
    cause = models.CharField(max_length=10, choices=Cause)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.MAJOR)
    question = models.TextField()
    metric = models.ForeignKey(Metric, null=True, blank=True, on_delete=models.PROTECT, related_name="reevaluations")
    response = models.JSONField(default=list)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    due_at = models.DateTimeField()
    breached_at = models.DateTimeField(null=True, blank=True)
    signalled_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reason = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    successor = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    change = models.ForeignKey(
        ChangeRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="reevaluations"
    )
    # The request under which somebody else approves the answer, where policy asks for that.
    request = models.ForeignKey(
        ApprovalRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="reevaluations"
    )
    # The answered one whose cause a later correction took back, and which this one takes up again.
    reopens = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reopened_as")
    reversed_at = models.DateTimeField(null=True, blank=True)
    flag = models.TextField(blank=True)
    steps_taken = models.PositiveIntegerField(default=0)

    objects = ReevaluationQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision"],
                condition=Q(state__in=["open", "acknowledged", "amending", "confirming"]),
                name="one_open_reevaluation",
            ),
            models.CheckConstraint(
                name="reevaluation_answer_has_reason",
                condition=~Q(state="answered") | (~Q(outcome="") & ~Q(reason="") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Re-evaluation {self.pk} of {self.decision_id}"

    @property
    def is_open(self) -> bool:
        """Say whether an answer is still wanted."""
        return self.state in self.OPEN_STATES

    @property
    def latency(self) -> timedelta | None:
        """Return the time from the end of the period that broke it (or from opening) to the answer."""
        return self.answered_at - (self.breached_at or self.opened_at) if self.answered_at else None


class ReevaluationBreach(models.Model):
    """One signal about one decision: the value, the condition in words and the assumption it broke."""

    reevaluation = models.ForeignKey(Reevaluation, on_delete=models.PROTECT, related_name="breaches")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    signal = models.ForeignKey(MetricSignal, on_delete=models.PROTECT, related_name="+")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+")
    condition_key = models.CharField(max_length=90)
    sentence = models.TextField()
    assumption = models.CharField(max_length=40)
    statement = models.TextField(blank=True)
    severity = models.CharField(max_length=8, choices=Reevaluation.Severity)
    value = models.DecimalField(max_digits=21, decimal_places=6, null=True, blank=True)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    late = models.BooleanField(default=False)
    at = models.DateTimeField()
    retracted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "signal"], name="one_breach_per_signal")]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.condition_key}"


class SignalReceipt(models.Model):
    """That a signal was taken in hand: claimed with a lease, done in the same transaction as its effect."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Given up"

    signal = models.OneToOneField(MetricSignal, on_delete=models.PROTECT, related_name="receipt")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    effect = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["leased_until"], condition=Q(state="pending"), name="receipt_waiting")]

    def __str__(self) -> str:
        return f"{self.signal_id} {self.state}"
