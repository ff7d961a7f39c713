"""Policies: which people must sign what, in which order, and how many of them."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from simple_history.models import HistoricalRecords

# The release before this one knows none of the later columns and runs on this schema: so the database has defaults.
NOTHING = models.Value([], models.JSONField())


class Survival(models.TextChoices):
    """Which votes a resubmission keeps."""

    EDITORIAL = "editorial", "When only wording changed"
    NONE = "none", "Never"


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
    high_risk = models.BooleanField(null=True, blank=True)
    change_classes = models.JSONField(default=list, db_default=NOTHING, blank=True)
    votes_survive = models.CharField(max_length=10, choices=Survival, default="editorial", db_default="editorial")
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
    """What a stage demands; the same columns on a policy's stage and on its frozen copy in a request.

    A stage of the kind "checks" asks no person: it passes when every check named passes. Hours count from the stage's
    opening (`hours`), before its due time (`remind_before`; empty: a quarter of the time), between reminders once it is
    overdue (`remind_every`), and from the due time to the end of a request nobody answered (`expires_after`).
    """

    class Kind(models.TextChoices):
        PEOPLE = "people", "People sign"
        CHECKS = "checks", "Machine checks"

    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    groups = models.ManyToManyField(Group, blank=True, related_name="+")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    quorum = models.CharField(max_length=10, choices=Quorum, default=Quorum.COUNT)
    quorum_value = models.PositiveSmallIntegerField(default=1)
    hours = models.PositiveSmallIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default="people", db_default="people")
    checks = models.JSONField(default=list, db_default=NOTHING, blank=True)
    remind_before = models.PositiveSmallIntegerField(null=True, blank=True)
    remind_every = models.PositiveSmallIntegerField(null=True, blank=True)
    expires_after = models.PositiveSmallIntegerField(null=True, blank=True)
    escalate_to = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    delegation_allowed = models.BooleanField(default=True)
    delegation_required = models.BooleanField(default=False, db_default=False)
    one_rejection_ends = models.BooleanField(default=True)

    class Meta:
        abstract = True
        ordering = ["position"]

    @property
    def is_for_people(self) -> bool:
        """Say whether people sign it."""
        return self.kind == self.Kind.PEOPLE

    @property
    def delegation(self) -> str:
        """Return whether a delegate may sign: optional, required (only delegates sign) or forbidden."""
        if self.delegation_required:
            return "required"
        return "optional" if self.delegation_allowed else "forbidden"


class PolicyStage(StageRules):
    """One stage of a policy version."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="stages")
    history = HistoricalRecords()

    class Meta(StageRules.Meta):
        constraints = [models.UniqueConstraint(fields=["policy", "position"], name="one_policy_stage_per_position")]

    def __str__(self) -> str:
        return self.name
