"""What is said about a subject, at the place it is about, until it is settled."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from approvals.models.requests import ApprovalRequest


class CommentQuerySet(models.QuerySet["Comment"]):
    """Comments, in the words of the conversation."""

    def about(self, kind: str, subject_id: str) -> "CommentQuerySet":
        """Everything said about a subject, whether or not a request ran."""
        return self.filter(kind=kind, subject_id=subject_id)

    def threads(self) -> "CommentQuerySet":
        """The first comment of each thread: what can be resolved."""
        return self.filter(reply_to=None)

    def unresolved(self) -> "CommentQuerySet":
        """Threads that wait for an answer or a change."""
        return self.threads().filter(resolved_at=None)


class Comment(models.Model):
    """Something said about a subject: as a whole, about a section, or about a field, item or cell of a section.

    `anchor` names the place in the words of the subject's own app, `label` is what people called it at the time, so
    that it can still be read when the place is gone. A reply stands where the comment stands that it answers; the
    thread is resolved as a whole, on its first comment.
    """

    # Defaults in the database: the release before this one knows none of these columns and runs on this schema, too.
    kind = models.CharField(max_length=40, db_default="")
    subject_id = models.CharField(max_length=120, db_default="")
    request = models.ForeignKey(
        ApprovalRequest, on_delete=models.CASCADE, null=True, blank=True, related_name="comments"
    )
    section = models.CharField(max_length=60, blank=True)
    anchor = models.CharField(max_length=120, blank=True, db_default="")
    label = models.CharField(max_length=300, blank=True, db_default="")
    reply_to = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords()
    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["kind", "subject_id", "at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(reply_to=None) | Q(resolved_at=None), name="a_thread_is_resolved_on_its_first"
            ),
        ]

    def __str__(self) -> str:
        return self.body[:60]

    @property
    def stream(self) -> str:
        """Return the ledger's stream of what it is about."""
        return f"{self.kind}:{self.subject_id}"

    @property
    def is_open(self) -> bool:
        """Say whether the thread that this begins still waits."""
        return self.resolved_at is None
