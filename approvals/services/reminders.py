"""Remind the asked before a stage is due, escalate when it is late, warn before a request expires, and end it then."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from approvals import queries, subjects
from approvals.domain.reminding import Clock, Word, expires_at, word_at
from approvals.models import ApprovalRequest, Notice, RequestStage, User
from approvals.roles import ADMINISTRATORS
from approvals.services import ledger
from approvals.services.deciding import State, address, close_stage, decide, locked, stream
from approvals.services.notices import notify
from config.kit.days import moment_text

COUNTED_AS = {Word.REMINDER: "reminded", Word.AGAIN: "reminded", Word.OVERDUE: "escalated", Word.EXPIRING: "warned"}


def remind(now: datetime) -> dict[str, int]:
    """Say what is due by `now`, each once; returns how many stages were reminded of, escalated, warned of and expired.

    Most runs find nothing new, and write nothing.
    """
    stages = RequestStage.objects.filter(state=RequestStage.State.OPEN, due_at__isnull=False).select_related("request")
    due = [(stage, said) for stage in stages if (said := word_at(_clock(stage), now))]
    causes = [_cause(stage, *said) for stage, said in due]
    told = set(Notice.objects.filter(cause_key__in=causes).values_list("cause_key", flat=True).distinct())
    sent = Counter({"reminded": 0, "escalated": 0})
    for stage, said in due:
        if said[0] is Word.EXPIRED:
            sent["expired"] += _expire(stage.pk, now)
        elif _cause(stage, *said) not in told:
            _tell(stage.pk, *said)
            sent[COUNTED_AS[said[0]]] += 1
    return dict(sent)


def _clock(stage: RequestStage) -> Clock:
    assert stage.due_at is not None  # noqa: S101 the query asks for stages with a due time
    return Clock(
        due_at=stage.due_at,
        hours=stage.hours or 0,
        remind_before=stage.remind_before,
        remind_every=stage.remind_every,
        expires_after=stage.expires_after,
    )


def _cause(stage: RequestStage, word: Word, number: int) -> str:
    return f"request:{stage.request_id}:stage:{stage.position}:{word}{f':{number}' if number else ''}"


@transaction.atomic
def _tell(stage_id: int, word: Word, number: int) -> None:
    """Tell everybody concerned, under the request's lock, so that two sweeps tell once."""
    request = locked(RequestStage.objects.values_list("request_id", flat=True).get(pk=stage_id))
    stage = RequestStage.objects.select_related("escalate_to").get(pk=stage_id)
    cause = _cause(stage, word, number)
    if stage.state != RequestStage.State.OPEN or Notice.objects.filter(cause_key=cause).exists():
        return
    asked = list(User.objects.filter(pk__in=queries.electors(request, stage))) if stage.is_for_people else []
    title = {Word.REMINDER: "Due soon", Word.EXPIRING: f"Expires {_when(stage)}"}.get(word, "Overdue")
    notify(to=asked, cause_key=cause, title=f"{title}: your signature for {request.title}", url=address(request))
    if word is Word.OVERDUE:
        _escalate(request, stage, cause, asked)
    else:
        # The opener's copy also marks the reminder as sent when nobody is left to ask.
        notify(to=request.opened_by, cause_key=cause, title=f"{title}: {request.title}", url=address(request))


def _when(stage: RequestStage) -> str:
    end = expires_at(_clock(stage))
    return moment_text(end) if end else ""


def _escalate(request: ApprovalRequest, stage: RequestStage, cause: str, asked: Iterable[User]) -> None:
    """Tell the opener, those the stage escalates to, and administrators, who can exchange approvers; write it down."""
    body = f"Still to sign: {', '.join(str(person) for person in asked) or 'nobody is left'}."
    if not stage.is_for_people:
        body = "A machine check holds it up."
    title = f"Overdue: “{stage.name}” of {request.title}"
    notify(to=request.opened_by, cause_key=cause, title=title, url=address(request), body=body)
    # Administrators can exchange approvers; what is asked for is not theirs to read.
    title = f"Overdue: “{stage.name}” of {request.subject_id}"
    above = queries.people_with(ADMINISTRATORS)
    notify(to=above, cause_key=cause, title=title, url=f"{address(request)}people/", body=body)
    if stage.escalate_to is not None:
        higher = queries.people_with(stage.escalate_to.name)
        for person in higher:
            # Of a request that is not theirs to read they hear that it is late, without an address that is closed.
            url = address(request) if _may_read(person, request) else ""
            notify(to=person, cause_key=cause, title=title, url=url, body=body, urgent=True)
    payload = {"request": request.pk, "stage": stage.position, "stage_name": stage.name, "due_at": stage.due_at}
    payload |= {"escalated_to": stage.escalate_to.name} if stage.escalate_to else {}
    ledger.append(stream(request), "stage.overdue", by=None, subject=request.subject_id, payload=payload)


def _may_read(person: User, request: ApprovalRequest) -> bool:
    involved = queries.visible_to(person).filter(pk=request.pk).exists()
    return involved or subjects.get(request.kind).may_see(person, request.subject_id)


def _expire(stage_id: int, now: datetime) -> bool:
    """Return a request that nobody answered in time; those asked and the opener were warned, or it waits for that."""
    with transaction.atomic(), ledger.gathered():
        request = locked(RequestStage.objects.values_list("request_id", flat=True).get(pk=stage_id))
        stage = RequestStage.objects.get(pk=stage_id)
        if not request.is_open or stage.state != RequestStage.State.OPEN:
            return False
        if not Notice.objects.filter(cause_key=_cause(stage, Word.EXPIRING, 0)).exists():
            # The beat stood still: nothing expires unwarned, so the warning goes out and a quarter of the time stays.
            return _warn_late(stage, now)
        close_stage(stage, RequestStage.State.FAILED)
        reason = f"Nobody decided in time: the stage “{stage.name}” has expired. Submit again when it can be answered."
        decide(request, State.RETURNED, by=None, reason=reason)
    return True


def _warn_late(stage: RequestStage, now: datetime) -> bool:
    hours = -(-(stage.expires_after or 0) // 4)
    overdue = (now - _clock(stage).due_at).total_seconds() // 3600
    stage.expires_after = int(overdue) + max(1, hours)
    stage.save(update_fields=["expires_after"])
    _tell(stage.pk, Word.EXPIRING, 0)
    return False
