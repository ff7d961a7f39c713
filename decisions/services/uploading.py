"""Keep files that are evidence: once each, by the digest of their bytes, and only for decisions that hold them."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from approvals.models import User
from config.kit.refusals import BadInput, MoveRefused
from decisions import access
from decisions.domain.uploads import BadFile, file_name, media_type_of
from decisions.models import Decision, Upload, UploadGrant


@transaction.atomic
def keep(decision: Decision, *, name: str, data: bytes, by: User) -> UploadGrant:
    """Keep a file for a decision, the same one once; BadInput under `file` when it may not be kept."""
    access.require_edit(by, decision)
    name = file_name(name)
    try:
        media_type = media_type_of(name, data)
    except BadFile as bad:
        raise BadInput({"file": [str(bad)]}) from bad
    sha256 = hashlib.sha256(data).hexdigest()
    now = timezone.now()
    known = {"size": len(data), "media_type": media_type, "created_at": now}
    # The row first, and locked: nobody removes the bytes from under it (`unnamed`).
    upload, _ = Upload.objects.select_for_update(no_key=True).get_or_create(sha256=sha256, defaults=known)
    _store(sha256, data)
    grant, new = UploadGrant.objects.get_or_create(
        decision=decision, upload=upload, defaults={"name": name, "by": by, "at": now}
    )
    if not new:
        UploadGrant.objects.filter(pk=grant.pk, named=False).update(at=now)
    return grant


def take(decision: Decision, sha256: str) -> UploadGrant | None:
    """Return a file that is about to be named as evidence, and keep it on from now; None when it is not there."""
    own = UploadGrant.objects.filter(decision=decision, upload__sha256=sha256)
    found = own.select_related("upload").first()
    if found is None or found.named:
        return found
    return found if own.update(at=timezone.now()) else None


def discard(sha256: str) -> None:
    """Remove the bytes of a file that nothing holds any more."""
    _path(sha256).unlink(missing_ok=True)


def carry_over(previous: Decision, decision: Decision, *, wanted: Iterable[str], by: User) -> None:
    """Let a next cycle hold the files of the cycle before that its content still names."""
    granted = UploadGrant.objects.filter(decision=previous, upload__sha256__in=set(wanted))
    for grant in granted.select_related("upload"):
        UploadGrant.objects.create(decision=decision, upload=grant.upload, name=grant.name, by=by, at=timezone.now())


def held(decision: Decision, sha256: str) -> UploadGrant | None:
    """Return a file that the decision holds."""
    return UploadGrant.objects.select_related("upload").filter(decision=decision, upload__sha256=sha256).first()


def read(grant: UploadGrant) -> bytes:
    """Return the bytes of a file; MoveRefused when they are gone or are no longer those that were kept."""
    try:
        data = _path(grant.upload.sha256).read_bytes()
    except OSError as error:
        raise MoveRefused([f"The bytes of “{grant.name}” are missing; restore them from a backup."]) from error
    if hashlib.sha256(data).hexdigest() != grant.upload.sha256:
        raise MoveRefused([f"The bytes of “{grant.name}” are no longer those that were kept; they are not given out."])
    return data


def _path(sha256: str) -> Path:
    return Path(default_storage.path(f"{sha256[:2]}/{sha256}"))


def _store(sha256: str, data: bytes) -> None:
    """Write the bytes, whole or not at all; what is there already is left alone, unless it was damaged."""
    target = _path(sha256)
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
