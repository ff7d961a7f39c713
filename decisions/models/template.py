"""The templates that decisions follow, each in numbered versions; a version takes effect once it is approved."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from approvals.models import ApprovalRequest

TEMPLATE_KIND = "template"


class DecisionTemplateQuerySet(models.QuerySet["DecisionTemplate"]):
    """Versions of templates, by what they are good for."""

    def current(self) -> "DecisionTemplateQuerySet":
        """Those in effect, one for each key."""
        return self.filter(state=DecisionTemplate.State.CURRENT)

    def proposed(self) -> "DecisionTemplateQuerySet":
        """Those being written or reviewed, at most one for each key."""
        return self.filter(state__in=[DecisionTemplate.State.PROPOSED, DecisionTemplate.State.IN_REVIEW])


class DecisionTemplate(models.Model):
    """One version of one template; `sections` is typed by `domain.template`, `note` says why the version was written.

    A proposed version is held apart: nothing follows it before it is approved, and an approved one never changes.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        IN_REVIEW = "in_review", "In review"
        CURRENT = "current", "In effect"
        REPLACED = "replaced", "Replaced"
        DROPPED = "dropped", "Dropped"

    key = models.SlugField(max_length=60, default="standard")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    sections = models.JSONField(default=list)
    offered = models.BooleanField(default=True)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    version = models.PositiveIntegerField(default=1)
    request = models.OneToOneField(
        ApprovalRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="decision_template"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")

    history = HistoricalRecords()
    objects = DecisionTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["key", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="template_version_once"),
            models.UniqueConstraint(fields=["key"], condition=Q(state="current"), name="template_one_current"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=["proposed", "in_review"]), name="template_one_proposed"
            ),
            models.CheckConstraint(
                name="template_state_known",
                condition=Q(state__in=["proposed", "in_review", "current", "replaced", "dropped"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"

    @property
    def stream(self) -> str:
        """Return the ledger's stream for this template, all versions of it."""
        return f"template:{self.key}"
