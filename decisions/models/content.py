"""What a decision says: working sections, approved versions, and what follows from an approved version."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from approvals.models import ApprovalRequest, ChangeRequest
from decisions.domain.dossier import SECTIONS
from decisions.models.decision import Decision
from metrics.models import Metric

FRAME = "frame"


class Section(models.Model):
    """The working content of one section (or of the frame), typed by `domain.dossier`; `version` counts saves."""

    KEYS = (FRAME, *(key for key, _ in SECTIONS))

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=16)
    content = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    history = HistoricalRecords()

    class Meta:
        ordering = ["decision", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "key"], name="section_once"),
            models.CheckConstraint(
                name="section_key_known", condition=Q(key__in=[FRAME, *(key for key, _ in SECTIONS)])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.key}"


class DecisionVersion(models.Model):
    """An approved dossier: exact text, digest, and the request that approved it. Never changes."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    request = models.OneToOneField(ApprovalRequest, on_delete=models.PROTECT, related_name="decision_version")
    change = models.ForeignKey(
        ChangeRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="decision_versions"
    )
    approved_at = models.DateTimeField()

    class Meta:
        ordering = ["decision", "-number"]
        constraints = [models.UniqueConstraint(fields=["decision", "number"], name="decision_version_once")]

    def __str__(self) -> str:
        return f"{self.decision_id} version {self.number}"


class DecisionMetric(models.Model):
    """That the approved version of a decision rests on a metric, and as what."""

    class Part(models.TextChoices):
        SUCCESS = "success", "Success metric"
        GUARDRAIL = "guardrail", "Guardrail"
        SIGNAL = "signal", "Signal of an option"
        CONDITION = "condition", "Break condition"
        EVIDENCE = "evidence", "Evidence"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="metrics")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="decision_links")
    part = models.CharField(max_length=12, choices=Part)

    class Meta:
        ordering = ["decision", "metric", "part"]
        constraints = [models.UniqueConstraint(fields=["decision", "metric", "part"], name="decision_metric_once")]

    def __str__(self) -> str:
        return f"{self.decision_id} rests on {self.metric_id}"


class CommitmentRecord(models.Model):
    """A commitment of the approved version, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="commitments")
    key = models.CharField(max_length=40)
    text = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "key"], name="commitment_once")]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.key}"


class Closing(models.Model):
    """How a decision ended: what came of it, judged apart from how well it was taken."""

    class Outcome(models.TextChoices):
        ACHIEVED = "achieved", "Objective achieved"
        PARTLY = "partly", "Partly achieved"
        MISSED = "missed", "Missed"
        UNKNOWN = "unknown", "Cannot be told"

    class Process(models.TextChoices):
        SOUND = "sound", "Well taken"
        MIXED = "mixed", "Taken with gaps"
        POOR = "poor", "Poorly taken"

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="closing")
    outcome = models.CharField(max_length=10, choices=Outcome)
    process = models.CharField(max_length=6, choices=Process)
    reason = models.TextField()
    process_reason = models.TextField(blank=True)
    lessons = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.decision_id} {self.outcome}"


class Review(models.Model):
    """A review that the cadence asks for; once held, `text` (canonical JSON) and its digest say what it found."""

    class Verdict(models.TextChoices):
        KEEP = "keep", "Keep it"
        AMEND = "amend", "Amend it"
        QUESTION = "question", "Call it into question"
        CLOSE = "close", "Close it"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="reviews")
    due_on = models.DateField()
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    findings = models.TextField(blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    text = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["due_on"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "due_on"], name="review_once_a_day"),
            models.CheckConstraint(
                name="review_held_is_whole", condition=Q(held_at__isnull=True) | ~Q(verdict="") & ~Q(digest="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.due_on}"
