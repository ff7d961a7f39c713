"""Policies: which people must sign what, in which order, and how many of them."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from simple_history.models import HistoricalRecords


class PolicyQuerySet(models.QuerySet["Policy"]):
    """Policies, by whether they apply and to what."""

    def active(self) -> "PolicyQuerySet":
        """Those that new requests may get."""
        return self.filter(is_active=True)

    def of_kind(self, kind: str) -> "PolicyQuerySet":
        """Those for one kind of subject."""
        return self.filter(kind=kind)


class Policy(models.Model):
    """One version of a policy; a change makes a new row, so that what a request was decided under never moves.

    The constraints say which facts a subject must have for the policy to apply; an empty one always holds.
    """

    key = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    priority = models.IntegerField(default=0, help_text="The highest priority that fits is taken.")
    tiers = models.JSONField(default=list, blank=True)
    classifications = models.JSONField(default=list, blank=True)
    cost_from = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    cost_to = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    fragile = models.BooleanField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    history = HistoricalRecords()

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-priority", "name", "-version"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="one_row_per_policy_version"),
            models.UniqueConstraint(fields=["key"], condition=models.Q(is_active=True), name="one_active_version"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class Quorum(models.TextChoices):
    """How a stage counts."""

    COUNT = "count", "A number of people"
    PERCENTAGE = "percentage", "A share of the people, in per cent"
    ALL = "all", "Everybody"


class StageRules(models.Model):
    """What a stage demands; the same columns on a policy's stage and on its frozen copy in a request."""

    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    groups = models.ManyToManyField(Group, blank=True, related_name="+")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    quorum = models.CharField(max_length=10, choices=Quorum, default=Quorum.COUNT)
    quorum_value = models.PositiveSmallIntegerField(default=1)
    hours = models.PositiveSmallIntegerField(null=True, blank=True)
    delegation_allowed = models.BooleanField(default=True)
    one_rejection_ends = models.BooleanField(default=True)

    class Meta:
        abstract = True
        ordering = ["position"]


class PolicyStage(StageRules):
    """One stage of a policy version."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="stages")
    history = HistoricalRecords()

    class Meta(StageRules.Meta):
        constraints = [models.UniqueConstraint(fields=["policy", "position"], name="one_policy_stage_per_position")]

    def __str__(self) -> str:
        return self.name
