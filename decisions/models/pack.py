"""Evidence packs: many records in one file, made in the background and taken up again where a worker died."""

from pathlib import Path

from django.conf import settings
from django.db import models

from decisions.models.decision import Decision


class EvidencePack(models.Model):
    """One person's order for the records of many decisions; its rows say how far it has come."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Not made"
        EXPIRED = "expired", "Removed"

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    wanted = models.CharField(max_length=500, blank=True)  # the portfolio's filters, as its address has them
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    claims = models.PositiveIntegerField(default=0)  # tells a worker that was slower than its lease that it lost it
    attempts = models.PositiveSmallIntegerField(default=0)  # to put the drawn records together
    leased_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)  # bytes

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "leased_until"])]

    def __str__(self) -> str:
        return f"evidence pack {self.pk}"

    @property
    def folder(self) -> Path:
        """Where its records wait until all are drawn."""
        return Path(settings.VAR) / "packs" / str(self.pk)

    @property
    def path(self) -> Path:
        """The finished file."""
        return Path(settings.VAR) / "packs" / f"{self.pk}.zip"

    @property
    def file_name(self) -> str:
        """What the file is called for people."""
        return f"evidence-pack-{self.pk}.zip"


class EvidencePackItem(models.Model):
    """One record of a pack: drawn once, whoever dies in between."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Drawn"
        LEFT_OUT = "left_out", "Left out"

    pack = models.ForeignKey(EvidencePack, on_delete=models.CASCADE, related_name="items")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    file_name = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=0)  # 0: not approved
    digest = models.CharField(max_length=64, blank=True)  # of the dossier
    checkpoint = models.BigIntegerField(default=0)  # the size of the checkpoint its proofs lead to
    sha256 = models.CharField(max_length=64, blank=True)  # of the file
    reason = models.TextField(blank=True)  # why it was left out

    class Meta:
        ordering = ["decision__reference"]
        constraints = [models.UniqueConstraint(fields=["pack", "decision"], name="one_record_of_a_decision_per_pack")]

    def __str__(self) -> str:
        return f"{self.decision} in {self.pack}"
