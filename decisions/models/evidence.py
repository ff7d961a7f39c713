"""What stands behind the evidence of a dossier: bytes of files, what was refreshed since, and what falls due when."""

from django.conf import settings
from django.db import models

from decisions.models.decision import Decision


class Upload(models.Model):
    """The bytes of a file, kept once under their SHA-256, whoever uploads them and however often."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.size} bytes)"


class UploadGrant(models.Model):
    """That a decision holds a file: who may see the decision may take the file, under the name it was uploaded with."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="uploads")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="grants")
    name = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    named = models.BooleanField(default=False)  # some save of a section names it, so that it is kept for good

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "upload"], name="upload_granted_once")]
        indexes = [models.Index(fields=["at"], condition=models.Q(named=False), name="upload_not_named_yet")]

    def __str__(self) -> str:
        return f"{self.decision_id} holds {self.name}"


class EvidenceRefresh(models.Model):
    """That somebody looked at a piece of approved evidence again and found it to stand: laid over the frozen dossier.

    `piece` is its address in the dossier, `fingerprint` says what it was: another piece at that address is not meant.
    """

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="refreshes")
    piece = models.CharField(max_length=160)
    fingerprint = models.CharField(max_length=64)
    retrieved_on = models.DateField()
    refresh_on = models.DateField()
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.piece} stands until {self.refresh_on}"


class EvidenceDue(models.Model):
    """A day by which something that a live decision rests on must be looked at again, and by whom."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="evidence_dues")
    piece = models.CharField(max_length=160)
    title = models.CharField(max_length=300)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    due_on = models.DateField(db_index=True)

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "piece"], name="evidence_due_once")]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.piece} by {self.due_on}"
