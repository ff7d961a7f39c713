"""Make records of decisions: data, PDF, and the entry that says who exported what.

Drawing a PDF takes seconds: call these outside transactions. A drawn record is kept under PREMISE_VAR/records by
the digest of all it depends on, so that asking again costs a few queries.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from django.conf import settings

from approvals.models import Checkpoint, Identity, User
from approvals.services import keys, ledger
from config.kit.canonical import canonical
from decisions.models import Decision, DecisionVersion
from decisions.record.assembling import assemble
from decisions.record.sheets import Sheet, draw_elsewhere
from decisions.services import record_content
from decisions.services.record_content import Frozen

Draw = Callable[[Sheet], bytes]
BASE = Path(settings.BASE_DIR)
_LOOKS = ("decisions/record", "templates/decisions/record", "config/kit/charts", "decisions/domain/scoring")


@dataclass(frozen=True)
class Exported:
    """A record's file: its name for people, its bytes, and their SHA-256 as the ledger has it."""

    name: str
    pdf: bytes
    sha256: str


def record_json(subject: Decision | DecisionVersion) -> dict[str, Any]:
    """Return the record's data for a version, or for a decision's version in force (else what it submitted).

    Raises MoveRefused when nothing was ever submitted.
    """
    about = _about(subject)
    checkpoint, known = _proof(about)
    return record_content.content(about, checkpoint, known)


def record_pdf(subject: Decision | DecisionVersion, *, draw: Draw | None = None) -> bytes:
    """Return the signed PDF, from the cache when the same record was drawn before.

    `draw` is how to draw it; by default in a process of its own. Raises MoveRefused like `record_json`, and
    DrawingFailed.
    """
    about = _about(subject)
    checkpoint, known = _proof(about)
    path = _folder() / f"{_cache_key(about, checkpoint, known)}.pdf"
    if path.exists():
        return path.read_bytes()
    record = record_content.content(about, checkpoint, known)
    fonts = Path(settings.FONTS_DIR)
    pdf = assemble(record, keys.private_key(), draw or partial(draw_elsewhere, fonts=fonts))
    _keep(path, pdf)
    return pdf


def export(subject: Decision | DecisionVersion, *, by: User | None, draw: Draw | None = None) -> Exported:
    """Return the record's file and write to the ledger who took it out.

    The entry goes to a stream of its own, `record:D-…`: exporting a record leaves the record as it was.
    """
    about = _about(subject)
    pdf = record_pdf(subject, draw=draw)
    reference, number = about.decision.reference, about.version.number if about.version else 0
    sha256 = hashlib.sha256(pdf).hexdigest()
    signature, key = keys.sign(pdf)
    payload = {
        "version": number,
        "digest": about.version.digest if about.version else about.request.digest,
        "sha256": sha256,
        "signature": signature,
        "key": key,
    }
    ledger.append(f"record:{reference}", "record.exported", by=by, subject=reference, payload=payload)
    return Exported(f"{reference}-{f'v{number}' if number else 'draft'}.pdf", pdf, sha256)


def _about(subject: Decision | DecisionVersion) -> Frozen:
    if isinstance(subject, DecisionVersion):
        return record_content.frozen(subject.decision, subject.number)
    return record_content.frozen(subject)


def _proof(about: Frozen) -> tuple[Checkpoint, list[Identity]]:
    return record_content.covering(about.last.seq), record_content.identities(about.entries)


def _cache_key(about: Frozen, checkpoint: Checkpoint, known: list[Identity]) -> str:
    """Return a digest over everything that decides the bytes: an erased name gives another key."""
    parts = {
        "subject": [about.decision.reference, about.version.number if about.version else 0, about.request.pk],
        "state": about.decision.state if about.is_latest else "replaced",
        "last": about.last.chain,
        "checkpoint": checkpoint.text,
        "people": [[identity.commitment, identity.name, identity.username] for identity in known],
        "key": keys.fingerprint(keys.private_key().public_key()),
        "looks": _looks(),
    }
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


@cache
def _looks() -> str:
    """Return a digest over the code, templates and library that draw, once a process."""
    hashed = hashlib.sha256(installed("weasyprint").encode())
    for folder in _LOOKS:
        for path in sorted((BASE / folder).rglob("*.*")):
            if path.suffix in {".py", ".html", ".css"}:
                hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _folder() -> Path:
    folder = Path(settings.VAR) / "records"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(path: Path, pdf: bytes) -> None:
    """Write the file whole, then give it its name; who comes second writes the same bytes."""
    draft = path.with_name(f".{secrets.token_hex(8)}")
    with draft.open("wb") as file:
        file.write(pdf)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
