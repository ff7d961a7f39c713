"""Bring a dossier in from a file."""

import json
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.models import User
from config.kit.refusals import BadInput
from decisions import access
from decisions.domain.contradicting import contradictions
from decisions.domain.dossier import Frame
from decisions.domain.reading import Unreadable, dossier_from
from decisions.models import Decision
from decisions.services import drafting, people

LARGEST_FILE = 5 * 1024 * 1024


def parse_file(data: bytes) -> dict[str, Any]:
    """Read JSON as it is meant: exact numbers, no repeated keys, no NaN. BadInput with a sentence otherwise."""
    if len(data) > LARGEST_FILE:
        raise BadInput({"": [f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB."]})
    try:
        found = json.loads(
            data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unrepeated
        )
    except UnicodeDecodeError as error:
        raise BadInput({"": ["The file is not UTF-8 text."]}) from error
    except RecursionError as error:
        raise BadInput({"": ["The file is nested too deeply."]}) from error
    except ValueError as error:
        raise BadInput({"": [f"The file is not JSON: {error}"]}) from error
    if not isinstance(found, dict):
        raise BadInput({"": ["The file must hold one JSON object."]})
    # A whole record may be given; its dossier is what counts.
    inner = found.get("dossier")
    return inner if isinstance(inner, dict) else found


@transaction.atomic
def import_decision(content: dict[str, Any], *, owner: User | None = None) -> Decision:
    """Start a draft from a dossier's JSON; the owner is the one named here, else the one the dossier names.

    BadInput with every reason, by path.
    """
    errors: dict[str, list[str]] = {}
    try:
        dossier = dossier_from(content)
    except Unreadable as unreadable:
        errors, frame = unreadable.by_path(), _frame_of(content)
    else:
        frame = dossier.frame
        for fault in contradictions(dossier):
            errors.setdefault(fault.path, []).append(fault.sentence)
    owner = owner or people.find(frame.owner)
    for path, sentence in _frame_errors(frame, owner):
        errors.setdefault(path, [sentence])
    if errors or owner is None:
        raise BadInput(errors)
    return drafting.create_decision(title=frame.title, by=owner, content=content)


def _frame_of(content: dict[str, Any]) -> Frame:
    """Return as much of the frame as can be read, so that what is wrong with it is said with everything else."""
    given = content.get("frame")
    words = given if isinstance(given, dict) else {}
    known = {each.name for each in fields(Frame)}
    return Frame(**{name: text for name, text in words.items() if name in known and isinstance(text, str)})


def _frame_errors(frame: Frame, owner: User | None) -> Iterator[tuple[str, str]]:
    if owner is None:
        named = f"There is nobody active with the name “{frame.owner}”. " if frame.owner else ""
        yield "frame.owner", f"{named}Name the owner with --owner."
    elif not access.may_create(owner):
        yield "frame.owner", f"{owner.username} does not have the role of an owner."
    if not frame.title.strip():
        yield "frame.title", "Give the decision a title."
    last_resort = frame.owner_of_last_resort
    if last_resort and people.find(last_resort) is None:
        yield "frame.owner_of_last_resort", f"There is nobody active with the name “{last_resort}”."


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number that can be stored.")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        repeated = sorted({key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1})
        raise ValueError(f"the field {', '.join(repeated)} is given twice")
    return found
