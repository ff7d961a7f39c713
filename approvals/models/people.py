"""People, their settings, their names as the ledger knows them, and the tokens programs use for them."""

from datetime import UTC, date, datetime

from django.contrib.auth.models import AbstractUser
from django.db import models


def today() -> date:
    """Return the day delegations are counted in (UTC)."""
    return datetime.now(UTC).date()


class User(AbstractUser):
    """Somebody who signs in; what they may do follows from their groups (see `approvals.roles`).

    Hours and quiet times are in the person's own time zone; `digest_on` is the last day on which a digest was sent, and
    `calendar_key` what the address of their private calendar is made from: another key, another address.
    """

    class EmailNotices(models.TextChoices):
        IMMEDIATE = "immediate", "Each at once"
        DAILY = "daily", "One digest a day"
        OFF = "off", "None"

    class Theme(models.TextChoices):
        SYSTEM = "", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    shortcuts = models.BooleanField(default=True)
    email_notices = models.CharField(max_length=9, choices=EmailNotices, default="immediate", db_default="immediate")
    digest_hour = models.PositiveSmallIntegerField(default=8, db_default=8)
    digest_on = models.DateField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    calendar_key = models.CharField(max_length=32, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def today(self) -> date:
        """Return the day that delegations are counted in (UTC)."""
        return today()


class Identity(models.Model):
    """The name behind a ledger actor: the ledger hashes only the commitment, so a name can be erased later.

    `commitment` is the SHA-256 of salt and name (see `approvals.domain.commitments`); erasing blanks name, username
    and salt, after which nobody can tell whose commitment it was, and the chain still verifies.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identities")
    username = models.CharField(max_length=150, blank=True)
    name = models.CharField(max_length=301, blank=True)
    salt = models.CharField(max_length=64, blank=True)
    commitment = models.CharField(max_length=64, unique=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "username", "name"],
                condition=models.Q(erased_at__isnull=True),
                name="one_identity_per_name",
            ),
        ]

    def __str__(self) -> str:
        return "erased person" if self.erased_at else self.name or self.username


class ApiToken(models.Model):
    """A program's key: only its SHA-256 is kept, so it can be shown once and never again."""

    name = models.CharField(max_length=100)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    hashed = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
