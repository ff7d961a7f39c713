"""Requests for approval, the signatures they gather and what is said about them."""

from django.conf import settings
from django.db import models

from approvals.models.policies import NOTHING, Policy, StageRules


class ApprovalRequest(models.Model):
    """A request that people sign exactly one content: its canonical text and digest are frozen here.

    `continues` is the request that this one resubmits after it was returned or withdrawn; `summary` are the titles of
    the sections that differ from what was approved before, for lists.
    """

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
    continues = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="continued_by")
    summary = models.JSONField(default=list, db_default=NOTHING, blank=True)
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
    """One person's verdict, bound to the digest they saw; never changed, never removed.

    A signature that survived a resubmission is a row of its own: `digest` is that of the new content, `carried_from`
    the signature as it was given, with the digest that the person saw. `assertion` is what a passkey signed.
    """

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
    assertion = models.JSONField(null=True, blank=True)
    carried_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="carried_to")
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


class SignatureCondition(models.Model):
    """A condition of an approval: what somebody must do by a day; approved, it becomes a commitment."""

    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="conditions")
    text = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class CheckResult(models.Model):
    """What one machine check of a stage found, at one time; the newest of each name counts."""

    stage = models.ForeignKey(RequestStage, on_delete=models.CASCADE, related_name="results")
    name = models.CharField(max_length=40)
    label = models.CharField(max_length=120)
    reasons = models.JSONField(default=list)
    at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.label}: {'passed' if self.passed else 'failed'}"

    @property
    def passed(self) -> bool:
        """Say whether nothing was found to be wrong."""
        return not self.reasons


class SectionView(models.Model):
    """That a person has read a section of a subject, in which content and with which digest."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=120)
    section = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "subject_id", "section"], name="one_view_per_section"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} read {self.section} of {self.subject_id}"
