"""Move a request through its stages: people sign, machines check, hopeless quorums end at once."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from approvals import queries
from approvals.domain.quorum import Outcome
from approvals.models import ApprovalRequest, RequestStage, Signature, User
from approvals.roles import AUDITORS, has_role
from approvals.services import carrying, holding, ledger
from approvals.services.counting import stage_count
from approvals.services.deciding import State, address, close_stage, decide, locked
from approvals.services.notices import notify
from config.kit.refusals import BadInput, MoveRefused

NOTHING_TO_CHECK = "No machine check holds this request up."


def move_on(request: ApprovalRequest, *, by: User | None) -> None:
    """Open one stage after the other as far as checks and votes carried over take it; after the last, approve."""
    while (stage := _next(request)) is not None:
        stage.state, stage.opened_at = RequestStage.State.OPEN, timezone.now()
        stage.due_at = stage.opened_at + timedelta(hours=stage.hours) if stage.hours else None
        stage.save(update_fields=["state", "opened_at", "due_at"])
        if not _has_passed(request, stage):
            return
        close_stage(stage, RequestStage.State.PASSED)
    decide(request, State.APPROVED, by=by)


def _next(request: ApprovalRequest) -> RequestStage | None:
    return request.stages.filter(state=RequestStage.State.WAITING).order_by("position").first()


def _has_passed(request: ApprovalRequest, stage: RequestStage) -> bool:
    """Say whether a stage just opened has passed already; if not, its people or the opener are told."""
    if not stage.is_for_people:
        return holding.run_checks(request, stage, by=None) or _say_held(request, stage)
    carrying.carry_into(request, stage)
    return stage_count(request, stage).outcome is Outcome.PASSED or _ask(request, stage)


def _ask(request: ApprovalRequest, stage: RequestStage) -> bool:
    people = User.objects.filter(pk__in=queries.electors(request, stage))
    notify(
        to=[*people, *_stand_ins(request, stage, people)],
        cause_key=f"request:{request.pk}:stage:{stage.position}",
        title=f"Your signature is asked for: {request.title}",
        url=address(request),
        body=f"This stage is signed by a delegate: name one at {DELEGATIONS}." if stage.delegation_required else "",
    )
    return False


DELEGATIONS = "/approvals/delegations/"


def _say_held(request: ApprovalRequest, stage: RequestStage) -> bool:
    """Tell who asked for approval why a machine holds it up."""
    failed = [result for result in stage.results.all() if not result.passed]
    notify(
        to=request.opened_by,
        cause_key=f"request:{request.pk}:stage:{stage.position}:held",
        title=f"A check holds this up: {request.title}",
        url=address(request),
        body="\n".join(reason for result in failed for reason in result.reasons)[:2000],
    )
    return False


def _stand_ins(request: ApprovalRequest, stage: RequestStage, people: Iterable[User]) -> Iterable[User]:
    """Return the delegates of those asked, so that an absence holds nothing up."""
    if not stage.delegation_allowed:
        return []
    barred = queries.barred_ids(request)
    held = queries.delegations_today().filter(giver__in=people).exclude(delegate__in=barred)
    return User.objects.filter(pk__in=held.values("delegate"))


@transaction.atomic
def check_again(request_id: int, *, by: User) -> bool:
    """Run the checks that hold a request up once more; True when it moved on. Whoever may see the request may ask."""
    if has_role(by, AUDITORS):
        raise BadInput({"": ["Auditors read everything and change nothing."]})
    with ledger.gathered():
        request = locked(request_id)
        stage = request.stages.filter(state=RequestStage.State.OPEN, kind=RequestStage.Kind.CHECKS).first()
        if not request.is_open or stage is None:
            raise MoveRefused([NOTHING_TO_CHECK])
        if not holding.run_checks(request, stage, by=by):
            return False
        close_stage(stage, RequestStage.State.PASSED)
        move_on(request, by=by)
    return True


def end_if_hopeless(request: ApprovalRequest, *, by: User | None) -> bool:
    """End an open request as soon as one of its stages can no longer reach its quorum."""
    unfinished = [RequestStage.State.OPEN, RequestStage.State.WAITING]
    for stage in request.stages.filter(state__in=unfinished, kind=RequestStage.Kind.PEOPLE):
        if stage_count(request, stage).outcome is not Outcome.HOPELESS:
            continue
        close_stage(stage, RequestStage.State.FAILED)
        rejection = stage.signatures.filter(verdict=Signature.Verdict.REJECT).last()
        if rejection is not None:
            decide(request, State.REJECTED, by=by, reason=rejection.comment)
        else:
            reason = f"Too few people are left who may sign the stage “{stage.name}”."
            decide(request, State.RETURNED, by=by, reason=reason)
        return True
    return False
