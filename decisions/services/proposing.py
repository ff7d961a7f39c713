"""Change a template: administrators write a proposed version held apart; approved, it takes effect."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from approvals.models import ApprovalRequest, User
from approvals.roles import ADMINISTRATORS, AUDITORS, has_role
from approvals.services import ledger, requests
from approvals.services.words import clean_words, needed_words
from config.kit.refusals import BadInput, MoveRefused, Reason, StaleWrite
from decisions.domain.template import NotATemplate, Part, Template, faults, required_fields, template_from, template_to
from decisions.models import TEMPLATE_KIND, DecisionTemplate, Lesson

State = DecisionTemplate.State


def may_write(user: User) -> bool:
    """Say whether the person may write templates."""
    return user.is_active and has_role(user, ADMINISTRATORS) and not has_role(user, AUDITORS)


def require_writer(user: User) -> None:
    """Raise unless the person may write templates."""
    if not may_write(user):
        raise PermissionDenied("Only administrators write templates; approvers sign them.")


def proposed(key: str) -> DecisionTemplate | None:
    """Return the version that is being written or reviewed, if there is one."""
    return DecisionTemplate.objects.proposed().filter(key=key).first()


def content_of(row: DecisionTemplate) -> dict[str, Any]:
    """Return what is signed of a version."""
    return {
        "key": row.key,
        "number": row.number,
        "name": row.name,
        "offered": row.offered,
        "note": row.note,
        "sections": template_to(template_from(row.sections)),
    }


@transaction.atomic
def begin(key: str, *, by: User) -> DecisionTemplate:
    """Return the proposed version, written as a copy of the one in effect when there is none yet."""
    require_writer(by)
    rows = list(DecisionTemplate.objects.select_for_update(no_key=True).filter(key=key))
    if open_one := next((row for row in rows if row.state in {State.PROPOSED, State.IN_REVIEW}), None):
        return open_one
    base = next((row for row in rows if row.state == State.CURRENT), None)
    if base is None:
        raise MoveRefused(["There is no such template in effect."])
    return _write(base, key=key, number=1 + max(row.number for row in rows), name=base.name, by=by)


@transaction.atomic
def create(*, key: str, name: str, source: DecisionTemplate, by: User) -> DecisionTemplate:
    """Propose the first version of another template, as a copy of one in effect."""
    require_writer(by)
    name = needed_words("name", name, "Name the template.")
    if not key or DecisionTemplate.objects.filter(key=key).exists():
        raise BadInput({"key": ["There is a template of this key already; keys are never used again."]})
    return _write(source, key=key, number=1, name=name, by=by)


def _write(base: DecisionTemplate, *, key: str, number: int, name: str, by: User) -> DecisionTemplate:
    row = DecisionTemplate(
        key=key, number=number, name=name, sections=base.sections, offered=base.offered, created_by=by
    )
    row._history_user = by  # type: ignore[attr-defined]
    row.save()
    row.writers.add(by)
    payload = {"number": number, "copied_from": [base.key, base.number]}
    ledger.append(row.stream, "template.proposed", by=by, subject=key, payload=payload)
    return row


@transaction.atomic
def save_head(
    row: DecisionTemplate, *, name: str, note: str, offered: bool, expected_version: int, by: User
) -> DecisionTemplate:
    """Write name, reason and whether new decisions may follow it; StaleWrite when somebody saved in between."""
    name = needed_words("name", name, "Name the template.")
    note = clean_words("note", note)
    row = _locked(row, by)
    if (row.name, row.note, row.offered) == (name, note, offered):
        return row
    _refuse_stale(row, expected_version)
    row.name, row.note, row.offered = name, note, offered
    return _store(row, by)


@transaction.atomic
def save_part(row: DecisionTemplate, part: Part, *, expected_version: int, by: User) -> DecisionTemplate:
    """Write what the version says of one section; the lessons that shaped it stay."""
    wrong = [sentence for check in part.checks for sentence in faults(part.key, check)]
    wrong += [f"There is no field “{name}”." for name in part.required if name not in required_fields(part.key)]
    if wrong:
        raise BadInput({"": wrong})
    part = replace(part, guidance=clean_words("guidance", part.guidance))
    row = _locked(row, by)
    template = template_from(row.sections)
    before = template.part(part.key)
    part = replace(part, lessons=before.lessons)
    if part == before:
        return row
    _refuse_stale(row, expected_version)
    row.sections = template_to(_with(template, part))
    return _store(row, by)


def _with(template: Template, part: Part) -> Template:
    return Template(parts=tuple(part if each.key == part.key else each for each in template.parts))


def put_part(row: DecisionTemplate, part: Part, *, by: User) -> DecisionTemplate:
    """Write one part of a version that the caller has locked."""
    row.sections = template_to(_with(template_from(row.sections), part))
    return _store(row, by)


def _refuse_stale(row: DecisionTemplate, expected_version: int) -> None:
    if row.version != expected_version:
        raise StaleWrite("Somebody else saved this template in between; compare before you save again.", stored=row)


def _store(row: DecisionTemplate, by: User) -> DecisionTemplate:
    row.version += 1
    row._history_user = by  # type: ignore[attr-defined]
    row.save()
    row.writers.add(by)
    return row


def _locked(row: DecisionTemplate, by: User) -> DecisionTemplate:
    """Return the proposed version with its row locked, for somebody who may write it now."""
    require_writer(by)
    row = DecisionTemplate.objects.select_for_update(no_key=True).get(pk=row.pk)
    if row.state == State.IN_REVIEW:
        raise MoveRefused([Reason("This version is in review and locked; withdraw it to go on writing.", _place(row))])
    if row.state != State.PROPOSED:
        raise MoveRefused([Reason(f"Version {row.number} is {row.get_state_display().lower()}.", _place(row))])
    return row


@transaction.atomic
def submit(row: DecisionTemplate, *, by: User) -> ApprovalRequest:
    """Send the proposed version for approval; nobody who wrote in it may sign it."""
    row = _locked(row, by)
    if reasons := list(_against_submission(row)):
        raise MoveRefused(reasons)
    with ledger.gathered():
        row.state = State.IN_REVIEW
        row._history_user = by  # type: ignore[attr-defined]
        row.save(update_fields=["state"])
        return requests.open_request(
            kind=TEMPLATE_KIND,
            subject_id=str(row.pk),
            title=f"Template “{row.name}”, version {row.number}",
            content=content_of(row),
            by=by,
            authors=set(row.writers.all()) | _teachers(row),
            facts={},
        )


def _teachers(row: DecisionTemplate) -> set[User]:
    """Return whose lessons the version takes up: their words are in it, so they are among its authors."""
    return {lesson.raised_by for lesson in row.lessons.select_related("raised_by")}


def _against_submission(row: DecisionTemplate) -> Iterator[Reason | str]:
    place = reverse("template_edit", args=[row.key])
    if not row.note.strip():
        yield Reason("Say why the template should change.", f"{place}#id_note")
    base = DecisionTemplate.objects.current().filter(key=row.key).first()
    same = ("name", "offered", "sections")
    if base and all(content_of(base)[name] == content_of(row)[name] for name in same):
        yield Reason("Nothing differs from the version in effect; change a section first, or drop this one.", place)
    others = DecisionTemplate.objects.current().filter(offered=True).exclude(key=row.key)
    if not row.offered and not others.exists():
        yield Reason("New decisions need a template; offer another one before this is withdrawn from use.", place)
    try:
        template = template_from(row.sections)
    except NotATemplate as wrong:
        yield from wrong.sentences
        return
    for part in template.parts:
        if not part.guidance.strip():
            where = reverse("template_part", args=[row.key, part.key])
            yield Reason(f"Write the guidance of “{part.title}”.", where)


def withdraw(row: DecisionTemplate, *, by: User, reason: str) -> None:
    """Take a version back from review; approvals locks its request first, so no lock is taken here."""
    request = request_of(row)
    if request is None or not request.is_open:
        raise MoveRefused(["This version is not in review."])
    requests.withdraw(request, by=by, reason=reason)


def request_of(row: DecisionTemplate) -> ApprovalRequest | None:
    """Return the last request for approval of this version."""
    return ApprovalRequest.objects.filter(kind=TEMPLATE_KIND, subject_id=str(row.pk)).order_by("-pk").first()


@transaction.atomic
def drop(row: DecisionTemplate, *, by: User, reason: str) -> None:
    """Give a proposed version up; the lessons it took up wait again."""
    reason = needed_words("reason", reason, "Say why the proposal is dropped.")
    row = _locked(row, by)
    _drop(row, by=by)
    payload = {"number": row.number, "reason": reason}
    ledger.append(row.stream, "template.dropped", by=by, subject=row.key, payload=payload)


def _drop(row: DecisionTemplate, *, by: User | None) -> None:
    row.state = State.DROPPED
    row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=["state"])
    for lesson in row.lessons.all():
        lesson.state, lesson.template, lesson.settled_at, lesson.settled_by = Lesson.State.OPEN, None, None, None
        lesson._history_user = by  # type: ignore[attr-defined]
        lesson.save()


@transaction.atomic
def on_verdict(request: ApprovalRequest, outcome: str, *, by: User | None) -> None:
    """Do what the approvers said (called inside the transaction that signs); the request is locked already."""
    row = DecisionTemplate.objects.select_for_update(no_key=True).get(pk=request.subject_id)
    if outcome == "approved":
        _put_in_effect(row, request, by=by)
    elif outcome == "rejected":
        _drop(row, by=by)
    else:
        row.state = State.PROPOSED
        row._history_user = by  # type: ignore[attr-defined]
        row.save(update_fields=["state"])
    payload = {"number": row.number, "request": request.pk, "digest": request.digest}
    verb = "template.in_effect" if outcome == "approved" else f"template.{outcome}"
    ledger.append(row.stream, verb, by=by, subject=row.key, payload=payload)


def _put_in_effect(row: DecisionTemplate, request: ApprovalRequest, *, by: User | None) -> None:
    for before in DecisionTemplate.objects.select_for_update(no_key=True).current().filter(key=row.key):
        before.state = State.REPLACED
        before._history_user = by  # type: ignore[attr-defined]
        before.save(update_fields=["state"])
    row.state, row.request, row.approved_at = State.CURRENT, request, request.decided_at or timezone.now()
    row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=["state", "request", "approved_at"])


def _place(row: DecisionTemplate) -> str:
    return reverse("template", args=[row.key])
