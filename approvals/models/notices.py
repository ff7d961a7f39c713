"""Notices: what a person is told, once per cause."""

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """One thing one person is told; the cause key keeps it from being told twice.

    It is also the outbox of e-mail. A mail is marked as claimed, and that is committed, before it is handed to the mail
    server: whatever dies in between, nobody is mailed twice for one cause. What died in hand shows as claimed for ever.
    """

    class Mail(models.TextChoices):
        NONE = "none", "Not mailed"
        WAITING = "waiting", "To be mailed"
        CLAIMED = "claimed", "In hand"
        SENT = "sent", "Mailed"
        FAILED = "failed", "Refused by the mail server"

    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    cause_key = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=8, choices=Mail, default="none", db_default="none")
    mail_at = models.DateTimeField(null=True, blank=True)
    mail_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Worth breaking somebody's quiet hours for.
    urgent = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["to", "cause_key"], name="one_notice_per_cause")]
        indexes = [
            models.Index(fields=["to", "read_at", "-at"]),
            models.Index(fields=["to", "at"], condition=models.Q(mail="waiting"), name="notices_to_be_mailed"),
        ]

    def __str__(self) -> str:
        return self.title
