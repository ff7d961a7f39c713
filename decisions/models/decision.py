"""A decision: its place in the world. What it says is in its sections; what is in force is in its versions."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from simple_history.models import HistoricalRecords

from approvals.models import Delegation, RequestStage, Signature, User
from approvals.roles import AUDITORS, has_role
from config.kit.prepared import DAY, ID, PreparedSubquery, Slot
from decisions.domain import moves
from decisions.models.template import DecisionTemplate

SUBJECT_KIND = "decision"
VIEW, CONTRIBUTE, MANAGE = "view_decision", "contribute_decision", "manage_decision"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Which decisions somebody may see, and which are live."""

    def visible_to(self, user: User) -> "DecisionQuerySet":
        """Internal ones for everyone who is active; confidential ones for owners, the granted, approvers, auditors."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if has_role(user, AUDITORS):
            return self
        return self.filter(
            Q(classification=Decision.Classification.INTERNAL)
            | Q(owner=user)
            | Q(owner_of_last_resort=user)
            | Q(pk__in=GRANTED.of(person=user.pk))
            | Q(reference__in=APPROVING.of(person=user.pk, day=user.today))
        )

    def live(self) -> "DecisionQuerySet":
        """In force or questioned: what an organisation acts on."""
        return self.filter(state__in=[state.value for state in moves.LIVE])


class Decision(models.Model):
    """One question to be settled between options.

    Title, tier, classification, language and owner of last resort are copies of the frame (of the approved one once
    there is one), kept here to filter and sort by; `version` is the number of the approved version, 0 before the first.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        IN_FORCE = "in_force", "In force"
        QUESTIONED = "questioned", "Questioned"
        STOPPED = "stopped", "Stopped"
        SUPERSEDED = "superseded", "Superseded"
        CLOSED = "closed", "Closed"
        REJECTED = "rejected", "Rejected"
        ABANDONED = "abandoned", "Abandoned"

    class Tier(models.TextChoices):
        OPERATIONAL = "operational", "Operational"
        TACTICAL = "tactical", "Tactical"
        STRATEGIC = "strategic", "Strategic"

    class Classification(models.TextChoices):
        INTERNAL = "internal", "Internal"
        CONFIDENTIAL = "confidential", "Confidential"

    reference = models.CharField(max_length=16, unique=True)
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT, db_index=True)
    tier = models.CharField(max_length=12, choices=Tier, default=Tier.TACTICAL)
    classification = models.CharField(max_length=12, choices=Classification, default=Classification.INTERNAL)
    language = models.CharField(max_length=12, default="en")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_decisions")
    owner_of_last_resort = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    template = models.ForeignKey(DecisionTemplate, on_delete=models.PROTECT, related_name="decisions")
    cycle = models.PositiveIntegerField(default=1)
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="later_cycles")
    superseded_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="supersedes"
    )
    version = models.PositiveIntegerField(default=0)
    lock = models.PositiveIntegerField(default=0)
    next_review_on = models.DateField(null=True, blank=True)
    evidence_due_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    in_force_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = HistoricalRecords()
    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-reference"]
        permissions = [
            (CONTRIBUTE, "Can edit the sections of the decision"),
            (MANAGE, "Can move the decision on, as its owner can"),
        ]
        constraints = [
            models.CheckConstraint(
                name="decision_state_known", condition=Q(state__in=[state.value for state in moves.State])
            ),
            models.CheckConstraint(
                name="decision_live_has_version", condition=~Q(state__in=["in_force", "questioned"]) | Q(version__gt=0)
            ),
            models.CheckConstraint(
                name="decision_superseded_by_another",
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("pk")),
            ),
            models.CheckConstraint(
                name="decision_superseded_names_successor",
                condition=~Q(state="superseded") | Q(superseded_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def stream(self) -> str:
        """Return the ledger's stream for this decision."""
        return f"decision:{self.reference}"


class DecisionUserObjectPermission(UserObjectPermissionBase):
    """A grant of view, contribute or manage on one decision to one person."""

    content_object = models.ForeignKey(Decision, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        pass


class DecisionGroupObjectPermission(GroupObjectPermissionBase):
    """A grant of view, contribute or manage on one decision to a group."""

    content_object = models.ForeignKey(Decision, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        pass


class Authorship(models.Model):
    """Who had a hand in a decision; never taken back, for whoever is named here may not sign it."""

    class Part(models.TextChoices):
        OWNER = "owner", "Owner"
        CONTRIBUTOR = "contributor", "Contributor"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="authorships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=12, choices=Part)
    since = models.DateTimeField()

    class Meta:
        ordering = ["since"]
        constraints = [models.UniqueConstraint(fields=["decision", "user", "part"], name="authorship_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.part} {self.decision_id}"


class ReferenceCounter(models.Model):
    """The last number given out in a year; its row is locked while a reference is allocated."""

    year = models.PositiveIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


def granted_ids(person: "int | Slot") -> "models.QuerySet[Decision, int]":
    """Return the ids of the decisions on which the person, or a group of theirs, has any grant."""
    personal = Q(pk__in=DecisionUserObjectPermission.objects.filter(user=person).values("content_object"))
    by_group = Q(pk__in=DecisionGroupObjectPermission.objects.filter(group__user=person).values("content_object"))
    return Decision.objects.filter(personal | by_group).values_list("pk", flat=True)


def approving(person: "int | Slot", day: "date | Slot") -> "models.QuerySet[RequestStage, str]":
    """Return references of the decisions that the person is or was asked to sign, in their own name or another's."""
    givers = Delegation.objects.in_force(day).filter(delegate=person).values("giver")
    asked = Q(people=person) | Q(groups__user=person) | Q(people__in=givers) | Q(groups__user__in=givers)
    signed = Q(pk__in=Signature.objects.filter(signer=person).values("stage"))
    return RequestStage.objects.filter(asked | signed, request__kind=SUBJECT_KIND).values_list(
        "request__subject_id", flat=True
    )


GRANTED = PreparedSubquery(lambda: granted_ids(Slot("person", ID)))
APPROVING = PreparedSubquery(lambda: approving(Slot("person", ID), Slot("day", DAY)))
