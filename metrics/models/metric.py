"""A metric of the registry: its key for ever, its state, and what its definition says of its place."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from simple_history.models import HistoricalRecords

from approvals.models import ApprovalRequest, Permanent, PermanentQuerySet, Signature, User
from approvals.queries import put_before
from approvals.roles import AUDITORS, STEWARDS, has_role
from config.kit.days import day_text
from config.kit.prepared import DAY, ID, PreparedSubquery, Slot
from metrics.domain.periods import zone_named

SUBJECT_KIND = "metric_definition"
"""The kind under which definitions are put before approvers; a request's subject_id is the definition's."""


def _put_before() -> "models.QuerySet[Any]":
    """Metrics with a definition that a person, active and no auditor, is asked to sign now, or has signed."""
    person = Slot("person", ID)
    asked, signed = put_before(person, Slot("day", DAY)), Signature.objects.filter(signer=person)
    requests = ApprovalRequest.objects.filter(kind=SUBJECT_KIND).filter(
        Q(pk__in=asked.values("pk")) | Q(pk__in=signed.values("request"))
    )
    definitions: Any = Metric._meta.get_field("definitions").related_model
    named = definitions._default_manager.annotate(subject_id=Cast("pk", models.CharField()))
    found: models.QuerySet[Any] = named.filter(subject_id__in=requests.values("subject_id")).values("metric")
    return found


PUT_BEFORE = PreparedSubquery(_put_before)


class MetricQuerySet(PermanentQuerySet["Metric"]):
    """Which metrics somebody may see, and which are in use."""

    def visible_to(self, user: User) -> "MetricQuerySet":
        """Internal metrics for everyone who is active; confidential ones for those named, granted, or auditors."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if has_role(user, AUDITORS):
            return self
        granted = MetricUserObjectPermission.objects.filter(user=user).values("content_object")
        by_group = MetricGroupObjectPermission.objects.filter(group__user=user).values("content_object")
        return self.filter(
            Q(classification=Metric.Classification.INTERNAL)
            | Q(owner=user)
            | Q(steward=user)
            | Q(pk__in=granted)
            | Q(pk__in=by_group)
            | Q(pk__in=PUT_BEFORE.of(person=user.pk, day=user.today))
        )

    def with_whole_visible_to(self, user: User) -> "MetricQuerySet":
        """Metrics that somebody sees, and not only some segments of."""
        segments: Any = self.model._meta.get_field("segments").related_model._default_manager
        hidden = segments.hidden_from(user).filter(name="")
        return self.visible_to(user).exclude(pk__in=hidden.values("metric"))

    def manageable_by(self, user: User) -> "MetricQuerySet":
        """Metrics that a person manages, of those they see: as owner, steward, by role where it is open, by grant."""
        grants = MetricUserObjectPermission.objects.filter(user=user)
        of_groups = MetricGroupObjectPermission.objects.filter(group__user=user)
        mine = Q(owner=user) | Q(steward=user)
        if has_role(user, STEWARDS):
            mine |= Q(classification=Metric.Classification.INTERNAL)
        else:
            grants = grants.filter(permission__codename="manage_metric")
            of_groups = of_groups.filter(permission__codename="manage_metric")
        return self.filter(
            mine | Q(pk__in=grants.values("content_object")) | Q(pk__in=of_groups.values("content_object"))
        )

    def with_definition(self) -> "MetricQuerySet":
        """Each with the definition in force and everybody named on it, in the same query."""
        named = ("definition__owner", "definition__steward", "owner", "steward", "successor")
        return self.select_related("definition", *named)

    def in_use(self) -> "MetricQuerySet":
        """Metrics that take values: everything but the retired."""
        return self.exclude(state=Metric.State.RETIRED)


class Metric(Permanent):
    """One number that the organisation keeps. Its key is never reused, so it is retired and never deleted.

    Name, family, category, level, owner, steward, cadence, time zone and settling are copies of the definition in
    force (of the draft until there is one), kept here to filter and sort by; services write them.
    """

    refusal = "Metrics are retired, never deleted."

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        DEPRECATED = "deprecated", "Deprecated"
        RETIRED = "retired", "Retired"

    class Level(models.TextChoices):
        OPERATIONAL = "operational", "Operational"
        BUSINESS = "business", "Business"
        STRATEGIC = "strategic", "Strategic"

    class Classification(models.TextChoices):
        INTERNAL = "internal", "Internal"
        CONFIDENTIAL = "confidential", "Confidential"

    key = models.SlugField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    classification = models.CharField(max_length=12, choices=Classification, default=Classification.INTERNAL)
    definition = models.ForeignKey(
        "metrics.MetricDefinition", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(max_length=160)
    family = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=80, blank=True)
    level = models.CharField(max_length=11, choices=Level, default=Level.OPERATIONAL)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="owned_metrics"
    )
    steward = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="stewarded_metrics"
    )
    cadence = models.CharField(max_length=24, default="weekly")
    time_zone = models.CharField(max_length=64, default="UTC")
    settle_after = models.DurationField(default=timedelta)
    # Whether it has rows in MetricSegment (a metric without any pays nothing), and whether new ones are restricted.
    segmented = models.BooleanField(default=False, db_default=False)
    segments_restricted = models.BooleanField(default=False, db_default=False)
    # Of a metric whose end is announced: what takes its place, and the first day on which it takes no values.
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces")
    removal_date = models.DateField(null=True, blank=True)
    # Values of periods from before are erased: conditions are judged without them, and nobody records any.
    erased_through = models.DateTimeField(null=True, blank=True)
    # Counts every save of the metric and of its definitions: what a form must have seen to be allowed to save.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()
    objects = MetricQuerySet.as_manager()

    class Meta:
        ordering = ["name", "key"]
        permissions = [
            ("contribute_metric", "Can record values of the metric"),
            ("manage_metric", "Can edit the metric's definition"),
        ]
        constraints = [
            models.CheckConstraint(
                name="metric_state_known",
                condition=Q(state__in=["draft", "in_review", "approved", "deprecated", "retired"]),
            ),
            models.CheckConstraint(
                name="metric_approved_has_definition",
                condition=Q(state__in=["draft", "in_review", "retired"]) | Q(definition__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        """Return the ledger's stream for this metric."""
        return f"metric:{self.key}"

    @property
    def has_short_periods(self) -> bool:
        """Say whether its periods are shorter than a day, so that a day does not name one."""
        return self.cadence.startswith("PT")

    def local_day(self, moment: datetime) -> date:
        """Return the day that a moment falls on where the metric is kept."""
        return moment.astimezone(zone_named(self.time_zone)).date()

    def period_name(self, start: datetime) -> str:
        """Return what names a period in an address: its first day, or where periods are short, its first moment."""
        return start.isoformat() if self.has_short_periods else self.local_day(start).isoformat()

    @property
    def cadence_words(self) -> str:
        """Return how often it has a value, as people say it."""
        return "Hourly" if self.cadence == "PT1H" else self.cadence.capitalize()

    @property
    def successor_name(self) -> str:
        """Return what everybody may know of the metric to use instead; empty for none."""
        if self.successor is None:
            return ""
        return self.successor.name if self.successor.is_open else "a confidential metric"

    @property
    def told_name(self) -> str:
        """Return what everybody may call it, to begin a sentence with."""
        return self.name if self.is_open else "A confidential metric"

    @property
    def is_open(self) -> bool:
        """Say whether everybody who signs in may see it."""
        return self.classification == self.Classification.INTERNAL

    @property
    def ending(self) -> str:
        """Say to whoever rests on it that it ends, or has ended, and what to use instead; empty while it stays."""
        instead = f" Use {self.successor_name} instead." if self.successor else ""
        if self.state == self.State.RETIRED:
            return f"{self.name} is retired and gets no more values.{instead}"
        if self.state == self.State.DEPRECATED and self.removal_date:
            return f"{self.name} is deprecated and gets no values from {day_text(self.removal_date)} on.{instead}"
        return ""


class MetricUserObjectPermission(UserObjectPermissionBase):
    """A grant of view, contribute or manage on one metric to one person."""

    content_object = models.ForeignKey(Metric, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        pass


class MetricGroupObjectPermission(GroupObjectPermissionBase):
    """A grant of view, contribute or manage on one metric to a group."""

    content_object = models.ForeignKey(Metric, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        pass
