"""Who agreed to what before options were scored."""

from django.conf import settings
from django.db import models

from decisions.models.decision import Decision


class Framing(models.Model):
    """The framing of a decision's working content, and whether everyone named has agreed to it.

    `digest` follows the content; `agreed_digest` is what everybody agreed to, and empty while the framing is open;
    `confirmed` holds, by cell, the scores given or confirmed under it. Re-opening counts up the round.
    """

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="framing")
    digest = models.CharField(max_length=64, blank=True)
    round = models.PositiveIntegerField(default=1)
    asked_at = models.DateTimeField(null=True, blank=True)
    agreed_digest = models.CharField(max_length=64, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    reopened_because = models.TextField(blank=True)
    confirmed = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Framing of {self.decision_id}, round {self.round}"

    @property
    def is_agreed(self) -> bool:
        """Say whether everyone agreed to the framing as it is."""
        return bool(self.agreed_digest) and self.agreed_digest == self.digest


class Framer(models.Model):
    """Somebody, beside the owner, whose agreement the framing needs."""

    framing = models.ForeignKey(Framing, on_delete=models.CASCADE, related_name="framers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["framing", "person"], name="framer_once")]

    def __str__(self) -> str:
        return f"{self.person_id} frames {self.framing_id}"


class FramingAgreement(models.Model):
    """That somebody agreed to a framing, by its digest. Never changes."""

    framing = models.ForeignKey(Framing, on_delete=models.CASCADE, related_name="agreements")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    round = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["framing", "person", "digest", "round"], name="framing_agreed_once")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} agreed to {self.digest[:8]}"
