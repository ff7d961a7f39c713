"""Delegations: who may sign for whom, from when to when."""

from datetime import date

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from config.kit.prepared import Slot


class DelegationQuerySet(models.QuerySet["Delegation"]):
    """Delegations, spoken of by their dates."""

    def in_force(self, on: "date | Slot") -> "DelegationQuerySet":
        """Those that hold on the day; both ends are included."""
        return self.filter(revoked_at__isnull=True, starts_on__lte=on, ends_on__gte=on)


class Delegation(models.Model):
    """A dated permission to sign for somebody during an absence; the days are counted in UTC."""

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_held")
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(giver=models.F("delegate")), name="delegate_is_somebody_else"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="delegation_not_backward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.delegate}, {self.starts_on} to {self.ends_on}"
