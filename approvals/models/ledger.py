"""The ledger: what was done, by whom, in which order, so that any later change shows."""

from datetime import datetime

from django.db import models

from approvals.domain.chain import entry_text


class LedgerEntry(models.Model):
    """One line of the ledger; triggers refuse to change or remove it, the hashes show it if they were lifted.

    Every column but the three hashes is part of the hashed text (`approvals.domain.chain.entry_text`), so none can be
    changed unseen. `at` is that exact text (UTC, microseconds, ends in Z) and sorts as time; `actor` is "system" or
    the commitment of an `Identity`; `payload` is canonical JSON, stored as hashed and never written anew.
    """

    seq = models.BigIntegerField(primary_key=True)
    stream = models.CharField(max_length=160)
    stream_seq = models.BigIntegerField()
    at = models.CharField(max_length=27, db_index=True)
    actor = models.CharField(max_length=64, db_index=True)
    verb = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=160, db_index=True)
    payload = models.TextField()
    leaf = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]
        verbose_name_plural = "ledger entries"
        constraints = [models.UniqueConstraint(fields=["stream", "stream_seq"], name="one_entry_per_stream_number")]

    def __str__(self) -> str:
        return f"{self.seq} {self.verb}"

    @property
    def text(self) -> str:
        """The exact text of which the leaf is the hash."""
        return entry_text(
            self.seq, self.stream, self.stream_seq, self.at, self.actor, self.verb, self.subject, self.payload
        )

    @property
    def moment(self) -> datetime:
        """The time as an aware datetime."""
        return datetime.fromisoformat(self.at)


class LedgerHead(models.Model):
    """The newest entry's number and chain hash: its lock orders the writers, its value shows a cut tail."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    chain = models.CharField(max_length=64)
    at = models.CharField(max_length=27, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="the_ledger_has_one_head")]

    def __str__(self) -> str:
        return f"head at {self.seq}"


class Checkpoint(models.Model):
    """A signed statement that the ledger had this size and this Merkle root; a copy leaves the database as a file."""

    size = models.BigIntegerField(unique=True)
    text = models.TextField()
    signature = models.CharField(max_length=128)
    frontier = models.JSONField(default=list)
    at = models.CharField(max_length=27)

    class Meta:
        ordering = ["size"]

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"
