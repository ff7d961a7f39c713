"""Write decisions: start one, save its sections, read them back as a dossier."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from approvals.models import ApprovalRequest, ChangeRequest, User
from approvals.services import ledger
from config.kit.canonical import canonical
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from decisions import access
from decisions.domain.dossier import Criteria, Dossier, Frame
from decisions.domain.evidence import files
from decisions.domain.reading import Unreadable, dossier_from, dossier_of_sections, section_from
from decisions.domain.writing import dossier_to, section_to
from decisions.models import FRAME, SUBJECT_KIND, Authorship, Decision, DecisionTemplate, Section
from decisions.services import backtests, framing, people, references, templates, uploading


@transaction.atomic
def create_decision(
    *,
    title: str,
    by: User,
    owner: User | None = None,
    content: dict[str, Any] | None = None,
    previous: Decision | None = None,
    template: DecisionTemplate | None = None,
    at: datetime | None = None,
    **frame: str,
) -> Decision:
    """Start a draft with all its sections; `content` is a dossier's JSON, `frame` takes tier, classification, language.

    It keeps the template version it begins with: the one given, else the usual one in effect.
    BadInput when something cannot be read; PermissionDenied when the person, or the owner named, may not own decisions.
    """
    owner = owner or by
    for person in (by, owner):
        if not access.may_create(person):
            raise PermissionDenied(f"{person} does not have the role of an owner and cannot start decisions.")
    at = at or timezone.now()
    dossier = _read(content or {})
    dossier = replace(dossier, criteria=backtests.refreshed(dossier.criteria, stored=None, at=at))
    wanted = {**section_to(dossier.frame), **frame, "title": title.strip(), "owner": owner.username}
    sections = {**dossier_to(dossier), FRAME: section_to(_checked(FRAME, wanted))}
    decision = Decision(
        reference=references.allocate(at.year),
        owner=owner,
        template=template or templates.current(),
        cycle=previous.cycle + 1 if previous else 1,
        previous=previous,
        created_at=at,
        created_by=by,
    )
    _apply_frame(decision, _checked(FRAME, wanted))
    decision._history_user = by  # type: ignore[attr-defined]
    decision.save()
    _write_all(decision, sections, by=by, at=at)
    framing.begin(decision, dossier)
    if previous is not None:
        uploading.carry_over(previous, decision, wanted=[piece["sha256"] for piece in files(sections)], by=by)
    follows = {"key": decision.template.key, "number": decision.template.number}
    payload = {
        "title": decision.title,
        "owner": ledger.actor_of(owner),
        "cycle": decision.cycle,
        "template": follows,
    }
    ledger.append(decision.stream, "decision.created", by=by, subject=decision.reference, payload=payload)
    return decision


@transaction.atomic
def save_section(
    decision: Decision, key: str, content: Any, *, expected_version: int, by: User, at: datetime | None = None
) -> Section:
    """Save one section (dataclass or JSON) over the version that the person saw.

    Saving what is stored already changes nothing but replays that have gone stale. BadInput by path; StaleWrite with
    the stored Section when somebody else saved in between; MoveRefused while the content is locked.
    """
    value, at = _checked(key, content), at or timezone.now()
    # The decision's row orders savers against each other and against submission.
    decision = locked(Decision.objects.select_related("owner").filter(pk=decision.pk)).get()
    access.require_edit(by, decision)
    if reasons := list(locked_because(decision)):
        raise MoveRefused(reasons)
    section = Section.objects.select_related("updated_by").get(decision=decision, key=key)
    plain, written = section_to(value), section.content
    if isinstance(value, Criteria):
        stored = section_from(key, section.content)
        plain, written = section_to(backtests.without(value)), section_to(backtests.without(stored))
        value = backtests.refreshed(value, stored=stored, at=at)
    if canonical(written) != canonical(plain) and section.version != expected_version:
        sentence = f"{section.updated_by} saved this section in between; compare before you save again."
        raise StaleWrite(sentence, stored=section)
    plain = section_to(value)
    if canonical(section.content) == canonical(plain):
        return section
    framing.before_saving(decision, section, value)
    if key == FRAME and decision.state == Decision.State.DRAFT:
        _reframe(decision, value, by=by)
    return _store(section, plain, by=by, at=at)


def replay_conditions(decision: Decision, *, by: User, at: datetime) -> None:
    """Replay anew what has gone stale beside the break conditions; the decision is locked, its content is not."""
    section = decision.sections.get(key="criteria")
    stored = section_from(section.key, section.content)
    plain = section_to(backtests.refreshed(stored, stored=stored, at=at))
    if canonical(section.content) != canonical(plain):
        _store(section, plain, by=by, at=at, author=False)


def locked_because(decision: Decision) -> Iterable[str]:
    """Return the reasons why the sections may not be written now."""
    live = decision.state in {Decision.State.IN_FORCE, Decision.State.QUESTIONED}
    amending = live and open_change(decision) is not None
    return locks(decision, amending=amending, asked=amending and open_request(decision) is not None)


def locks(decision: Decision, *, amending: bool, asked: bool) -> Iterator[str]:
    """Yield the same for whoever knows already whether a change request, and a request for approval, is open."""
    if decision.state == Decision.State.DRAFT:
        return
    if decision.state not in {Decision.State.IN_FORCE, Decision.State.QUESTIONED}:
        yield f"The decision is {decision.get_state_display().lower()}; its content is locked."
    elif not amending:
        yield "The decision is approved; open a change request before you edit it."
    elif asked:
        yield "The amendment is in review; its content is locked until the verdict. Withdraw it to go on editing."


def open_change(decision: Decision) -> ChangeRequest | None:
    """Return the amendment under way."""
    return ChangeRequest.objects.filter(
        kind=SUBJECT_KIND, subject_id=decision.reference, state=ChangeRequest.State.OPEN
    ).first()


def open_request(decision: Decision) -> ApprovalRequest | None:
    """Return the request for approval that runs."""
    return ApprovalRequest.objects.filter(
        kind=SUBJECT_KIND, subject_id=decision.reference, state=ApprovalRequest.State.OPEN
    ).first()


def dossier_of(decision: Decision) -> Dossier:
    """Return the working content as a value, in one query; `decision.sections` may be prefetched."""
    return dossier_of_sections({section.key: section.content for section in decision.sections.all()})


def restore(decision: Decision, content: dict[str, Any], *, by: User, at: datetime) -> None:
    """Write the sections back to a dossier's content, keeping untouched those that agree with it."""
    for section in decision.sections.all():
        if canonical(section.content) != canonical(content[section.key]):
            _store(section, content[section.key], by=by, at=at, author=False)
    framing.settle_by_approval(decision)


def apply_frame(decision: Decision, frame: Frame, *, at: datetime | None = None) -> None:
    """Copy an approved frame onto the decision's columns, owner included; the caller saves."""
    owner = people.find(frame.owner)
    if owner is not None and owner != decision.owner:
        people.set_owner(decision, owner, at=at)
    _apply_frame(decision, frame)


def _apply_frame(decision: Decision, frame: Frame) -> None:
    decision.title = frame.title
    decision.tier = frame.tier
    decision.classification = frame.classification
    decision.language = frame.language
    decision.owner_of_last_resort = people.find(frame.owner_of_last_resort)


def _reframe(decision: Decision, frame: Frame, *, by: User) -> None:
    """Follow a draft's edited frame; another owner needs the right to manage."""
    owner = people.find(frame.owner)
    if owner is not None and owner != decision.owner:
        access.require_manage(by, decision)
        people.set_owner(decision, owner)
    _apply_frame(decision, frame)
    decision._history_user = by  # type: ignore[attr-defined]
    decision.save()


def _write_all(decision: Decision, sections: dict[str, Any], *, by: User, at: datetime) -> None:
    rows = [
        Section(decision=decision, key=key, content=sections[key], updated_at=at, updated_by=by) for key in Section.KEYS
    ]
    bulk_create_with_history(rows, Section, default_user=by, default_date=at)
    people.note_author(decision, decision.owner, Authorship.Part.OWNER, at=at)
    people.note_author(decision, by, Authorship.Part.CONTRIBUTOR, at=at)


def _store(section: Section, plain: dict[str, Any], *, by: User, at: datetime, author: bool = True) -> Section:
    section.content, section.version = plain, section.version + 1
    section.updated_at, section.updated_by = at, by
    section._history_user = by  # type: ignore[attr-defined]
    section.save()
    if author:
        people.note_author(section.decision, by, Authorship.Part.CONTRIBUTOR, at=at)
    return section


def _read(content: dict[str, Any]) -> Dossier:
    try:
        return dossier_from(content)
    except Unreadable as unreadable:
        raise BadInput(unreadable.by_path()) from unreadable


def _checked(key: str, content: Any) -> Any:
    """Return the section as a dataclass that can be stored, whether it came as one or as JSON; BadInput by path."""
    plain = content if isinstance(content, dict) else section_to(content)
    try:
        value = section_from(key, plain)
    except Unreadable as unreadable:
        raise BadInput(unreadable.by_path()) from unreadable
    if isinstance(value, Frame) and (errors := _frame_errors(value)):
        raise BadInput(errors)
    return value


def _frame_errors(frame: Frame) -> dict[str, list[str]]:
    errors = {}
    if not frame.title.strip():
        errors["frame.title"] = ["Give the decision a title."]
    owner = people.find(frame.owner)
    if owner is None or not access.may_create(owner):
        errors["frame.owner"] = ["Name an owner who has the role of an owner."]
    if frame.owner_of_last_resort and people.find(frame.owner_of_last_resort) is None:
        errors["frame.owner_of_last_resort"] = [f"There is nobody active with the name {frame.owner_of_last_resort}."]
    return errors
