"""Read models of approvals: who may sign what, and what awaits whom."""

from collections.abc import Iterable
from datetime import UTC, date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from approvals.domain.chain import SYSTEM
from approvals.models import ApprovalRequest, Delegation, Identity, Notice, RequestStage, Signature, User
from approvals.models.people import today
from approvals.readers import RowsFor
from approvals.roles import ADMINISTRATORS, AUDITORS, has_role
from config.kit.prepared import DAY, ID, PreparedRows, Slot

THE_OUTER_REQUEST = OuterRef(OuterRef("pk"))


def delegations_today() -> QuerySet[Delegation]:
    """Delegations in force today."""
    return Delegation.objects.in_force(today())


def principals(user: User) -> QuerySet[User]:
    """Those for whom the user may sign today; nobody for a person who may not sign at all."""
    held = delegations_today().filter(delegate=user)
    return User.objects.filter(is_active=True, pk__in=held.values("giver"))


def barred_ids(request: ApprovalRequest) -> set[int]:
    """Return who may not sign: who took part in the content, and whoever was their delegate while the request ran.

    A delegation counts from the request's opening even when it has been revoked since, or revoking would be a way in.
    """
    took_part = set(request.barred.values_list("pk", flat=True))
    began = request.opened_at.astimezone(UTC).date()
    held = Delegation.objects.filter(giver__in=took_part, starts_on__lte=today(), ends_on__gte=began)
    held = held.filter(Q(revoked_at__isnull=True) | Q(revoked_at__gte=request.opened_at))
    return took_part | set(held.values_list("delegate_id", flat=True))


def may_act(user: User) -> bool:
    """Say, from the database and not from what the session remembers, whether the person is active and no auditor."""
    return User.objects.filter(pk=user.pk, is_active=True).exclude(groups__name=AUDITORS).exists()


def people_who_act() -> QuerySet[User]:
    """Active people who may undertake something, by name: no auditors, no programs."""
    people = User.objects.filter(is_active=True).exclude(groups__name=AUDITORS).exclude(username__startswith="api-")
    return people.order_by("first_name", "last_name", "username")


def members(stage: RequestStage) -> QuerySet[User]:
    """The active people a stage asks: its groups and its named people; an auditor changes nothing, so never signs."""
    asked = Q(groups__in=stage.groups.all()) | Q(pk__in=stage.people.values("pk"))
    return User.objects.filter(asked, is_active=True).exclude(groups__name=AUDITORS).distinct()


def electors(request: ApprovalRequest, stage: RequestStage) -> set[int]:
    """Return who can still be counted in the stage: asked, not barred, not already counted in this request."""
    asked = set(members(stage).values_list("pk", flat=True))
    return asked - barred_ids(request) - spoken_ids(request)


def spoken_ids(request: ApprovalRequest) -> set[int]:
    """Return everybody who is used up: signers, and those for whom somebody signed."""
    pairs = Signature.objects.filter(request=request).values_list("signer_id", "for_whom_id")
    return {person for pair in pairs for person in pair if person is not None}


def may_be_asked(user: User) -> bool:
    """Say whether the person can be asked to sign at all."""
    return user.is_active and not has_role(user, AUDITORS)


def awaiting(user: User) -> QuerySet[ApprovalRequest]:
    """Open requests whose open stage asks for this person's signature, or that of somebody they stand in for."""
    if not may_be_asked(user):
        return ApprovalRequest.objects.none()
    return put_before(user.pk, user.today)


def put_before(person: "int | Slot", day: "date | Slot") -> QuerySet[ApprovalRequest]:
    """Ask the same of a person who is active and no auditor, on a day; both may be given later."""
    stage = RequestStage.objects.filter(request=OuterRef("pk"), state=RequestStage.State.OPEN)
    own = asking(stage, person)
    counted = Signature.objects.filter(request=OuterRef("pk")).filter(Q(signer=person) | Q(for_whom=person))
    return (
        ApprovalRequest.objects.filter(state=ApprovalRequest.State.OPEN)
        .filter(Exists(own) | Exists(_standing_in(person, day, THE_OUTER_REQUEST)))
        .exclude(Exists(_barred(person, day)))
        .exclude(Exists(counted))
    )


def asking(stages: QuerySet[RequestStage], person: "User | int | Slot") -> QuerySet[RequestStage]:
    """Those of the stages that ask the person in their own right, and not by a delegate only."""
    return stages.filter(delegation_required=False).filter(Q(groups__user=person) | Q(people=person))


def stood_in_for(user: User, request: ApprovalRequest) -> list[User]:
    """Return for whom the user could sign this request now, besides themselves; one query."""
    rows = standing_in(user, request.pk).select_related("giver").order_by("giver")
    return list({row.giver_id: row.giver for row in rows}.values())


def standing_in(user: User, request: Any = THE_OUTER_REQUEST) -> QuerySet[Delegation]:
    """Delegations by which the user could sign the (outer) request for somebody neither barred nor counted yet."""
    return _standing_in(user.pk, user.today, request)


def _standing_in(person: "int | Slot", day: "date | Slot", request: Any) -> QuerySet[Delegation]:
    giver = OuterRef("giver")
    asks = RequestStage.objects.filter(request=request, state=RequestStage.State.OPEN, delegation_allowed=True)
    took_part = ApprovalRequest.barred.through.objects.filter(approvalrequest=request, user=giver)
    counted = Signature.objects.filter(request=request).filter(Q(signer=giver) | Q(for_whom=giver))
    return (
        Delegation.objects.in_force(day)
        .filter(delegate=person, giver__is_active=True)
        .filter(Exists(asks.filter(Q(groups__user=giver) | Q(people=giver))))
        .exclude(Exists(took_part))
        .exclude(Exists(counted))
    )


def _barred(person: "int | Slot", day: "date | Slot") -> QuerySet[Any]:
    """The outer request, when the person took part in it or stood in, while it ran, for one who did."""
    through = ApprovalRequest.barred.through.objects.filter(approvalrequest=OuterRef("pk")).annotate(
        opened_on=TruncDate("approvalrequest__opened_at", tzinfo=UTC)
    )
    opened = OuterRef("approvalrequest__opened_at")
    held = Delegation.objects.filter(delegate=person, giver=OuterRef("user"), starts_on__lte=day)
    held = held.filter(Q(revoked_at__isnull=True) | Q(revoked_at__gte=opened))
    held = held.filter(ends_on__gte=OuterRef("opened_on"))
    return through.filter(Q(user=person) | Exists(held))


def awaiting_with_due(user: User) -> QuerySet[ApprovalRequest]:
    """What awaits the user, with `due_at` and `stage_name` of the open stage, the most urgent first."""
    return _with_due(awaiting(user))


def neighbours(user: User, request_id: int) -> tuple[list[int], int]:
    """Return the requests that await the user, the most urgent first, and the place of one of them (-1: not there)."""
    queue = [pk for (pk,) in QUEUE.rows(user)]
    return queue, queue.index(request_id) if request_id in queue else -1


QUEUE = RowsFor(lambda user: awaiting_with_due(user).values_list("pk")[:200])


def running(user: User) -> QuerySet[ApprovalRequest]:
    """For administrators: everything that runs, with `due_at` and `stage_name`, the latest first; else nothing."""
    if not has_role(user, ADMINISTRATORS):
        return ApprovalRequest.objects.none()
    return _with_due(ApprovalRequest.objects.filter(state=ApprovalRequest.State.OPEN))


def _with_due(rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    stage = RequestStage.objects.filter(request=OuterRef("pk"), state=RequestStage.State.OPEN)
    return (
        rows.select_related("opened_by")
        .annotate(due_at=Subquery(stage.values("due_at")[:1]), stage_name=Subquery(stage.values("name")[:1]))
        .order_by(F("due_at").asc(nulls_last=True), "opened_at")
    )


def earlier(kind: Any, subject_id: Any, before: Any) -> QuerySet[ApprovalRequest]:
    """Requests for a subject before that one, newest first: the approval history of its revisions."""
    return ApprovalRequest.objects.filter(kind=kind, subject_id=subject_id, pk__lt=before).order_by("-pk")


def awaiting_count(user: User) -> int:
    """Return the number beside "Approvals" in the navigation."""
    return len(AWAITING.rows(person=user.pk, day=today())) if may_be_asked(user) else 0


AWAITING = PreparedRows(lambda: put_before(Slot("person", ID), Slot("day", DAY)).order_by().values_list("pk"))


def involved(user: User) -> Q:
    """A filter for requests the user opened, took part in, signed, or had signed for them."""
    return (
        Q(opened_by=user)
        | Q(pk__in=ApprovalRequest.barred.through.objects.filter(user=user).values("approvalrequest"))
        | Q(pk__in=Signature.objects.filter(Q(signer=user) | Q(for_whom=user)).values("request"))
    )


def asked(user: User) -> Q:
    """A filter for requests with a stage that asks the user, or somebody the user stands in for, decided or not."""
    givers = Delegation.objects.in_force(user.today).filter(delegate=user).values("giver")
    stages = RequestStage.objects.filter(
        Q(groups__user=user) | Q(people=user) | Q(people__in=givers) | Q(groups__user__in=givers)
    )
    return Q(pk__in=stages.values("request"))


def visible_to(user: User) -> QuerySet[ApprovalRequest]:
    """Requests the user has to do with; auditors see all. The subject's app may show more (`may_see`)."""
    if not user.is_active:
        return ApprovalRequest.objects.none()
    if has_role(user, AUDITORS):
        return ApprovalRequest.objects.all()
    return ApprovalRequest.objects.filter(involved(user) | asked(user))


def exchanged_by(user: User) -> QuerySet[ApprovalRequest]:
    """Requests whose approvers the user may exchange: an administrator those of all, anybody else none."""
    return ApprovalRequest.objects.all() if has_role(user, ADMINISTRATORS) else ApprovalRequest.objects.none()


def notices_for(user: User) -> QuerySet[Notice]:
    """What the user has been told and not yet put away, newest first."""
    return Notice.objects.filter(to=user, read_at__isnull=True)


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """Return what to call the ledger's actors, in one query; an erased person has no name."""
    known = Identity.objects.filter(commitment__in=set(actors) - {SYSTEM})
    return {SYSTEM: "Premise", **{identity.commitment: str(identity) for identity in known}}


def people_with(role: str, *, besides: Iterable[User] = ()) -> QuerySet[User]:
    """Active people who have a role."""
    return User.objects.filter(is_active=True, groups__name=role).exclude(pk__in=[user.pk for user in besides])
