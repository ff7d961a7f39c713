"""Exchange an approver of a running request, by an administrator, on the ledger."""

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.db import transaction

from approvals import queries
from approvals.models import ApprovalRequest, RequestStage, User
from approvals.roles import ADMINISTRATORS, has_role
from approvals.services import ledger
from approvals.services.deciding import address, locked
from approvals.services.notices import notify
from approvals.services.stages import end_if_hopeless
from approvals.services.words import needed_words
from config.kit.refusals import MoveRefused


def exchange(request_id: int, *, by: User, position: int, leaves: User, comes: User, reason: str) -> ApprovalRequest:
    """Ask `comes` instead of `leaves` in one stage of an open request; MoveRefused with every reason why not.

    From then on the stage asks named people: its groups' members of now, less one, plus one. Separation of duties holds
    for who comes as for everybody, the administrator included.
    """
    if not has_role(by, ADMINISTRATORS):
        raise PermissionDenied
    reason = needed_words("reason", reason, "Give the reason for the exchange.")
    with transaction.atomic(), ledger.gathered():
        request = locked(request_id)
        stage = request.stages.filter(position=position).first()
        if reasons := list(_obstacles(request, stage, leaves=leaves, comes=comes, by=by)):
            raise MoveRefused(reasons)
        assert stage is not None  # noqa: S101 _obstacles() names a missing stage
        stage.people.set({*queries.members(stage).exclude(pk=leaves.pk), comes})
        stage.groups.clear()
        _tell(request, stage, leaves=leaves, comes=comes, by=by, reason=reason)
        end_if_hopeless(request, by=by)
    return request


def _obstacles(
    request: ApprovalRequest, stage: RequestStage | None, *, leaves: User, comes: User, by: User
) -> Iterator[str]:
    if not request.is_open:
        yield f"This request is decided already: {request.get_state_display().lower()}."
        return
    if stage is None or stage.state not in {RequestStage.State.OPEN, RequestStage.State.WAITING}:
        yield "This stage is closed; choose one that is open or still to come."
        return
    if not stage.is_for_people:
        yield "This stage is for machine checks; it asks nobody."
        return
    asked = set(queries.members(stage).values_list("pk", flat=True)) | set(stage.people.values_list("pk", flat=True))
    spoken, barred = queries.spoken_ids(request), queries.barred_ids(request)
    if leaves.pk not in asked:
        yield f"{leaves} is not asked in this stage."
    if leaves.pk in spoken:
        yield f"{leaves} is counted already; what is signed stays."
    if comes.pk in asked:
        yield f"{comes} is asked in this stage already."
    if comes.pk in barred:
        yield f"{comes} took part in this content or stands in for somebody who did, so cannot be asked to sign it."
    if comes.pk in spoken:
        yield f"{comes} is counted in this request already; one person counts once."
    if not queries.may_act(comes):
        yield f"{comes} left or is an auditor, and cannot sign."
    if comes.pk == by.pk:
        yield "Nobody asks themselves to sign; another administrator can."


def _tell(request: ApprovalRequest, stage: RequestStage, *, leaves: User, comes: User, by: User, reason: str) -> None:
    """Write the exchange down and tell both, and the opener."""
    cause = f"request:{request.pk}:stage:{stage.position}:exchange:{leaves.pk}:{comes.pk}"
    asked = f"Your signature is asked for: {request.title}"
    released = f"Your signature is no longer asked for: {request.title}"
    changed = f"{comes} signs instead of {leaves}: {request.title}"
    for person, title in ((comes, asked), (leaves, released), (request.opened_by, changed)):
        notify(to=person, cause_key=cause, title=title, url=address(request), body=reason)
    payload = {
        "request": request.pk,
        "stage": stage.position,
        "stage_name": stage.name,
        "leaves": ledger.actor_of(leaves),
        "comes": ledger.actor_of(comes),
        "reason": reason,
    }
    stream = f"{request.kind}:{request.subject_id}"
    ledger.append(stream, "stage.exchanged", by=by, subject=request.subject_id, payload=payload)
