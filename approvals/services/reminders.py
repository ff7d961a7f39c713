"""Remind the asked before a stage is due, and tell those above when it is late; nothing expires unseen."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from approvals import queries
from approvals.models import ApprovalRequest, Notice, RequestStage, User
from approvals.roles import ADMINISTRATORS
from approvals.services import ledger, requests
from approvals.services.notices import notify

SHARE_LEFT = 4
"""The reminder goes out when a quarter of the stage's time is left."""


def remind(now: datetime) -> dict[str, int]:
    """Send what is due by `now`, each once: returns how many stages were reminded of and how many escalated."""
    stages = RequestStage.objects.filter(state=RequestStage.State.OPEN, due_at__isnull=False)
    due = [stage for stage in stages.select_related("request") if _reminder_at(stage) <= now]
    told = set(
        Notice.objects.filter(cause_key__in=[_cause(stage, word) for stage in due for word in ("reminder", "overdue")])
        .values_list("cause_key", flat=True)
        .distinct()
    )
    sent = {"reminded": 0, "escalated": 0}
    for stage in due:
        late = bool(stage.due_at and stage.due_at <= now)
        if _cause(stage, "overdue" if late else "reminder") not in told:
            _tell(stage.pk, late=late)
            sent["escalated" if late else "reminded"] += 1
    return sent


def _reminder_at(stage: RequestStage) -> datetime:
    assert stage.due_at is not None  # noqa: S101 the query asks for stages with a due time
    return stage.due_at - timedelta(hours=stage.hours or 0) / SHARE_LEFT


def _cause(stage: RequestStage, word: str) -> str:
    return f"request:{stage.request_id}:stage:{stage.position}:{word}"


@transaction.atomic
def _tell(stage_id: int, *, late: bool) -> None:
    """Tell everybody concerned, under the request's lock, so that two sweeps tell once."""
    request = requests.locked(RequestStage.objects.values_list("request_id", flat=True).get(pk=stage_id))
    stage = RequestStage.objects.get(pk=stage_id)
    cause = _cause(stage, "overdue" if late else "reminder")
    if stage.state != RequestStage.State.OPEN or Notice.objects.filter(cause_key=cause).exists():
        return
    asked = list(User.objects.filter(pk__in=queries.electors(request, stage)))
    title = f"{'Overdue' if late else 'Due soon'}: your signature for {request.title}"
    notify(to=asked, cause_key=cause, title=title, url=requests.address(request))
    if late:
        _escalate(request, stage, cause, asked)
    else:
        # The opener's copy also marks the reminder as sent when nobody is left to ask.
        notify(to=request.opened_by, cause_key=cause, title=f"Due soon: {request.title}", url=requests.address(request))


def _escalate(request: ApprovalRequest, stage: RequestStage, cause: str, asked: Iterable[User]) -> None:
    """Tell the opener and the administrators, who can exchange approvers, and write it down."""
    body = f"Still to sign: {', '.join(str(person) for person in asked) or 'nobody is left'}."
    title = f"Overdue: “{stage.name}” of {request.title}"
    notify(to=request.opened_by, cause_key=cause, title=title, url=requests.address(request), body=body)
    # Administrators can exchange approvers; what is asked for is not theirs to read.
    title = f"Overdue: “{stage.name}” of {request.subject_id}"
    above = queries.people_with(ADMINISTRATORS)
    notify(to=above, cause_key=cause, title=title, url=f"{requests.address(request)}people/", body=body)
    payload = {"request": request.pk, "stage": stage.position, "stage_name": stage.name, "due_at": stage.due_at}
    stream = f"{request.kind}:{request.subject_id}"
    ledger.append(stream, "stage.overdue", by=None, subject=request.subject_id, payload=payload)
