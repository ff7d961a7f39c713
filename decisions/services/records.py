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
from decisions.services import record_content, record_people
from decisions.services.record_content import Frozen

Draw = Callable[[Sheet], bytes]
BASE = Path(settings.BASE_DIR)
_LOOKS = (
    "decisions/record/*.py",
    "templates/decisions/record/*",
    "decisions/figures.py",
    "decisions/domain/**/*.py",
    "metrics/domain/**/*.py",
    "config/kit/**/*.py",
)


@dataclass(frozen=True)
class Drawn:
    """A record's file before anybody took it out: its name for people, its bytes, and what it is about.

    `number` is 0 and `digest` that of the submitted content where nothing was approved; `checkpoint` is the size of
    the ledger that its proofs lead to.
    """

    name: str
    pdf: bytes
    reference: str
    number: int
    digest: str
    checkpoint: int

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, as the ledger has it."""
        return hashlib.sha256(self.pdf).hexdigest()


def record_json(subject: Decision | DecisionVersion) -> dict[str, Any]:
    """Return the record's data for a version, or for a decision's version in force (else what it submitted).

    Raises MoveRefused when nothing was ever submitted.
    """
    about = _about(subject)
    checkpoint, known = _proof(about)
    return record_content.content(about, checkpoint, known)


def drawn(subject: Decision | DecisionVersion, *, draw: Draw | None = None) -> Drawn:
    """Return the signed PDF, from the cache when the same record was drawn before.

    `draw` is how to draw it; by default in a process of its own. Raises MoveRefused like `record_json`, and
    DrawingFailed.
    """
    about = _about(subject)
    checkpoint, known = _proof(about)
    path = _folder() / f"{_cache_key(about, checkpoint, known)}.pdf"
    if path.exists():
        pdf = path.read_bytes()
    else:
        record = record_content.content(about, checkpoint, known)
        fonts = Path(settings.FONTS_DIR)
        pdf = assemble(record, keys.private_key(), draw or partial(draw_elsewhere, fonts=fonts))
        _keep(path, pdf)
    reference, number = about.decision.reference, about.version.number if about.version else 0
    digest = about.version.digest if about.version else about.request.digest
    name = f"{reference}-{f'v{number}' if number else 'draft'}.pdf"
    return Drawn(name, pdf, reference, number, digest, checkpoint.size)


def export(subject: Decision | DecisionVersion, *, by: User | None, draw: Draw | None = None) -> Drawn:
    """Return the record's file and write to the ledger who took it out."""
    taken = drawn(subject, draw=draw)
    note_export(taken, by=by)
    return taken


def note_export(taken: Drawn, *, by: User | None) -> None:
    """Write to the ledger who took a record out, and a signature over its bytes.

    The entry goes to a stream of its own, `record:D-…`: exporting a record leaves the record as it was.
    """
    signature, key = keys.sign(taken.pdf)
    payload = {
        "version": taken.number,
        "digest": taken.digest,
        "sha256": taken.sha256,
        "signature": signature,
        "key": key,
    }
    ledger.append(f"record:{taken.reference}", "record.exported", by=by, subject=taken.reference, payload=payload)


def _about(subject: Decision | DecisionVersion) -> Frozen:
    if isinstance(subject, DecisionVersion):
        return record_content.frozen(subject.decision, subject.number)
    return record_content.frozen(subject)


def _proof(about: Frozen) -> tuple[Checkpoint, list[Identity]]:
    return record_content.covering(about.last.seq), record_people.identities(about)


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
    """Return a digest over the code, templates and library that word and draw, once a process."""
    hashed = hashlib.sha256(installed("weasyprint").encode())
    for pattern in _LOOKS:
        for path in sorted(BASE.glob(pattern)):
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
