"""Checks of the ledger's integrity that somebody asked for, with how far each has come and what it found."""

from django.conf import settings
from django.db import models


class LedgerCheck(models.Model):
    """One verification of the whole ledger; `report` is what `approvals.services.verification.Report` says."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    entries = models.BigIntegerField(default=0)  # to be checked, when it was asked for
    checked = models.BigIntegerField(default=0)  # so far
    claims = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"check {self.pk} of the ledger"

    @property
    def holds(self) -> bool:
        """Say whether it came to its end and found nothing wrong."""
        return bool(self.report.get("ok"))
