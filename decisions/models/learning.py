"""What is learned from decisions: lessons, what became of assumptions, and what a next cycle must look at again."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from decisions.domain.dossier import SECTIONS
from decisions.models.content import Review
from decisions.models.decision import Decision
from decisions.models.template import DecisionTemplate


class LessonQuerySet(models.QuerySet["Lesson"]):
    """Lessons, by what became of them."""

    def waiting(self) -> "LessonQuerySet":
        """Those that nobody has accepted or declined."""
        return self.filter(state=Lesson.State.OPEN)


class Lesson(models.Model):
    """What a decision taught; accepted, it becomes a line of guidance in the template version it names."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="lessons")
    review = models.ForeignKey(Review, null=True, blank=True, on_delete=models.PROTECT, related_name="lessons")
    section = models.CharField(max_length=16, choices=SECTIONS)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    template = models.ForeignKey(
        DecisionTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="lessons"
    )
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)

    history = HistoricalRecords()
    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="lesson_accepted_names_template", condition=~Q(state="accepted") | Q(template__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.text[:60]}"


class AssumptionOutcome(models.Model):
    """Whether one assumption held from one review to the next, beside the probability that was stated for it."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="outcomes")
    key = models.CharField(max_length=40)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    probability = models.DecimalField(max_digits=5, decimal_places=2)
    held = models.BooleanField()

    class Meta:
        ordering = ["review", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "key"], name="outcome_once"),
            models.CheckConstraint(
                name="outcome_probability_percent", condition=Q(probability__gte=0) & Q(probability__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} {self.key}"


class RefreshMark(models.Model):
    """Something a new cycle copied that must be looked at again; `seen` is the digest of what was copied."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="refresh_marks")
    key = models.CharField(max_length=120)
    section = models.CharField(max_length=16)
    anchor = models.CharField(max_length=120, blank=True)
    sentence = models.TextField()
    seen = models.CharField(max_length=64)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["decision", "pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "key"], name="refresh_mark_once")]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.key}"
