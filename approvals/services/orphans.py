"""End requests that nobody can decide any more because people left, so that none hangs for ever."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from approvals.domain import quorum
from approvals.models import ApprovalRequest, RequestStage, Signature, User
from approvals.models.people import today
from approvals.roles import AUDITORS
from approvals.services import ledger
from approvals.services.deciding import APPROVALS, locked
from approvals.services.stages import end_if_hopeless


def end_orphans() -> int:
    """Look through every open request in a fixed number of queries; returns how many were ended.

    The look is without locks and may err; what it finds is judged again under the request's lock.
    """
    ended = 0
    for request_id in _suspects():
        with transaction.atomic(), ledger.gathered():
            request = locked(request_id)
            ended += request.is_open and end_if_hopeless(request, by=None)
    return ended


def _suspects() -> list[int]:
    """Return the open requests that look hopeless."""
    unfinished = [RequestStage.State.OPEN, RequestStage.State.WAITING]
    stages = list(
        RequestStage.objects.filter(
            state__in=unfinished, kind=RequestStage.Kind.PEOPLE, request__state=ApprovalRequest.State.OPEN
        ).prefetch_related("groups", "people", "signatures")
    )
    if not stages:
        return []
    open_requests = {stage.request_id for stage in stages}
    active = set(User.objects.filter(is_active=True).exclude(groups__name=AUDITORS).values_list("pk", flat=True))
    in_group = _pairs(User.groups.through.objects.values_list("group_id", "user_id"))
    barred = _barred(open_requests)
    spoken = _spoken(open_requests)
    suspects = set()
    for stage in stages:
        asked = {person.pk for person in stage.people.all()}.union(
            *(in_group[group.pk] for group in stage.groups.all())
        )
        left = (asked & active) - barred[stage.request_id] - spoken[stage.request_id]
        if _hopeless(stage, len(left)):
            suspects.add(stage.request_id)
    return sorted(suspects)


def _pairs(rows: Iterable[tuple[int, int]]) -> defaultdict[int, set[int]]:
    sets: defaultdict[int, set[int]] = defaultdict(set)
    for key, value in rows:
        sets[key].add(value)
    return sets


def _barred(open_requests: set[int]) -> defaultdict[int, set[int]]:
    through = ApprovalRequest.barred.through.objects.filter(approvalrequest__in=open_requests)
    barred = _pairs(through.values_list("approvalrequest_id", "user_id"))
    held = through.filter(
        user__delegations_given__revoked_at=None,
        user__delegations_given__starts_on__lte=today(),
        user__delegations_given__ends_on__gte=today(),
    )
    for request_id, delegate in held.values_list("approvalrequest_id", "user__delegations_given__delegate"):
        barred[request_id].add(delegate)
    return barred


def _spoken(open_requests: set[int]) -> defaultdict[int, set[int]]:
    rows = Signature.objects.filter(request__in=open_requests).values_list("request_id", "signer_id", "for_whom_id")
    return _pairs((request, person) for request, *people in rows for person in people if person is not None)


def _hopeless(stage: RequestStage, left: int) -> bool:
    # Votes already given only help; a stage they decide has been closed by sign().
    approved = sum(signature.verdict in APPROVALS for signature in stage.signatures.all())
    rule = quorum.Rule(kind=stage.quorum, value=stage.quorum_value, one_rejection_ends=stage.one_rejection_ends)
    return quorum.count(rule, quorum.Votes(approved=approved, left=left)).outcome is quorum.Outcome.HOPELESS
