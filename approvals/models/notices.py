"""Notices: what a person is told, once per cause."""

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """One thing one person is told; the cause key keeps it from being told twice."""

    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    cause_key = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # Worth breaking somebody's quiet hours for.
    urgent = models.BooleanField(default=False)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["to", "cause_key"], name="one_notice_per_cause")]
        indexes = [models.Index(fields=["to", "read_at", "-at"])]

    def __str__(self) -> str:
        return self.title
