"""The segments of a metric (a region, a product line, a cohort), who may see each, and what they are parts of."""

import hashlib
import re
from collections.abc import Iterable
from datetime import date

from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from approvals.models import Permanent, PermanentQuerySet, User
from approvals.roles import AUDITORS, has_role
from metrics.models.metric import Metric

CODE = re.compile(r"s(?P<number>[1-9][0-9]{0,9})-[0-9a-f]{8}", re.ASCII)
VIEW, CONTRIBUTE = "view_metricsegment", "contribute_metricsegment"


class MetricSegmentQuerySet(PermanentQuerySet["MetricSegment"]):
    """Which segments somebody may see: the one rule that every road to a value obeys."""

    def hidden_from(self, user: User) -> "MetricSegmentQuerySet":
        """Restricted segments that a person has no grant on, of metrics that they do not manage.

        Auditors see all; who is signed out or has left sees none, which is for the caller's `visible_to` to say.
        """
        if has_role(user, AUDITORS):
            return self.none()
        own = MetricSegmentUserObjectPermission.objects.filter(user=user).values("content_object")
        of_groups = MetricSegmentGroupObjectPermission.objects.filter(group__user=user).values("content_object")
        granted = Q(pk__in=own) | Q(pk__in=of_groups)
        managed = Metric.objects.manageable_by(user).values("pk")
        return self.filter(restricted=True).exclude(granted).exclude(metric__in=managed)

    def visible_to(self, user: User) -> "MetricSegmentQuerySet":
        """Segments that a person may see, of metrics that they may see already."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.exclude(pk__in=MetricSegment.objects.hidden_from(user).values("pk"))

    def named(self) -> "MetricSegmentQuerySet":
        """Segments proper, without the row that stands for the whole."""
        return self.exclude(name="")

    def coded(self, codes: Iterable[str]) -> "MetricSegmentQuerySet":
        """Those that may have one of the codes; each row says itself which it has (`MetricSegment.code`)."""
        numbers = [found for code in codes if (found := CODE.fullmatch(code))]
        return self.filter(pk__in={int(found["number"]) for found in numbers})


class MetricSegment(Permanent):
    """One segment of one metric: `name` is what values carry, `dimension` what it is a part of ("region").

    The empty name stands for the whole, which has a row only once somebody restricts it. Restricted: seen by the
    metric's owner, steward and managers, auditors, and who is granted it. From `closed_from` on it takes no values and
    is no part of the whole; before `opened_from` it is none either. Without a dimension it is no part yet.

    `missed_at`: when it turned out to be a part of periods whose wholes were made already, the first of which begins no
    earlier than `missed_from`. Those recorded before that moment stand without it until somebody has them made anew.
    """

    refusal = "Segments are closed, never deleted: values carry their names."

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="segments")
    dimension = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=80, blank=True)
    restricted = models.BooleanField(default=False)
    opened_from = models.DateField(null=True, blank=True)
    closed_from = models.DateField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    missed_from = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MetricSegmentQuerySet.as_manager()

    class Meta:
        ordering = ["metric", "dimension", "name"]
        permissions = [("contribute_metricsegment", "Can record values of the segment")]
        constraints = [
            models.UniqueConstraint(fields=["metric", "name"], name="segment_once_per_metric"),
            models.CheckConstraint(
                name="segment_closes_after_it_opens",
                condition=Q(opened_from=None) | Q(closed_from=None) | Q(closed_from__gt=models.F("opened_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.name or "The whole"

    @property
    def code(self) -> str:
        """Return what names it where its name may not be told, or may change: the same for ever, and of nothing else.

        What comes from another installation is not mistaken for it: the code depends on when it was entered, too.
        """
        seed = f"{self.metric_id}:{self.pk}:{self.created_at.timestamp():.6f}"
        return f"s{self.pk}-{hashlib.sha256(seed.encode()).hexdigest()[:8]}"

    def takes(self, day: date) -> bool:
        """Say whether a period that begins on the day may have a value."""
        return self.closed_from is None or day < self.closed_from


class MetricSegmentUserObjectPermission(UserObjectPermissionBase):
    """A grant of view or contribute on one segment to one person."""

    content_object = models.ForeignKey(MetricSegment, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        pass


class MetricSegmentGroupObjectPermission(GroupObjectPermissionBase):
    """A grant of view or contribute on one segment to a group."""

    content_object = models.ForeignKey(MetricSegment, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        pass
