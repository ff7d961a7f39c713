"""Requests for approval, the signatures they gather and what is said about them."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from approvals.models.policies import Policy, StageRules


class ApprovalRequest(models.Model):
    """A request that people sign exactly one content: its canonical text and digest are frozen here."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        RETURNED = "returned", "Returned for changes"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=120)
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="requests")
    policy_text = models.TextField()
    change = models.ForeignKey(
        "approvals.ChangeRequest", on_delete=models.PROTECT, null=True, blank=True, related_name="requests"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requests_opened")
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    outcome_reason = models.TextField(blank=True)
    barred = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=models.Q(state="open"), name="one_open_request_per_subject"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "approved", "returned", "rejected", "withdrawn"]),
                name="request_state_is_known",
            ),
        ]
        indexes = [models.Index(fields=["state", "-opened_at"]), models.Index(fields=["kind", "subject_id"])]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Say whether signatures are still asked for."""
        return self.state == self.State.OPEN


class RequestStage(StageRules):
    """A stage of one request: the policy's rules, frozen, and how far it has come."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not yet open"
        OPEN = "open", "Open"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Not passed"
        CLOSED = "closed", "Closed unfinished"

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="stages")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    opened_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta(StageRules.Meta):
        constraints = [
            models.UniqueConstraint(fields=["request", "position"], name="one_request_stage_per_position"),
            models.UniqueConstraint(fields=["request"], condition=models.Q(state="open"), name="one_open_stage"),
        ]

    def __str__(self) -> str:
        return self.name


class Signature(models.Model):
    """One person's verdict, bound to the digest they saw; never changed, never removed."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approve"
        APPROVE_WITH_CONDITIONS = "approve_with_conditions", "Approve with conditions"
        RETURN = "return", "Return for changes"
        REJECT = "reject", "Reject"
        ABSTAIN = "abstain", "Abstain"

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="signatures")
    stage = models.ForeignKey(RequestStage, on_delete=models.PROTECT, related_name="signatures")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    for_whom = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures_through",
    )
    verdict = models.CharField(max_length=30, choices=Verdict)
    comment = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    meaning = models.TextField()
    credential = models.CharField(max_length=30)
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["signed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "signer"], name="one_signature_per_person"),
            models.UniqueConstraint(fields=["request", "for_whom"], name="one_signature_for_a_person"),
            models.CheckConstraint(
                condition=models.Q(
                    verdict__in=["approve", "approve_with_conditions", "return", "reject", "abstain"],
                ),
                name="verdict_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.signer}"


class Comment(models.Model):
    """Something said about a request, or about one section of it."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="comments")
    section = models.CharField(max_length=60, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.body[:60]
