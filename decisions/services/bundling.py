"""Put an evidence pack together: records, index, checkpoints, proofs, verifier, and a signed list of it all."""

import csv
import hashlib
import io
import json
import os
import secrets
import zipfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from approvals.models import Checkpoint
from approvals.services import checkpoints, keys
from config.kit.canonical import canonical, utc_text
from config.kit.web import csv_cell
from decisions.models import EvidencePack, EvidencePackItem
from decisions.record import verify
from decisions.services.records import Drawn

HEADER = ("reference", "title", "state", "version", "file", "sha256", "digest", "checkpoint", "left out because")
HOW_TO = """Evidence pack {pack}, asked for {at}

index.csv            every decision of the pack: its file, or why it was left out
records/             one PDF each; its data is inside, as record.json
checkpoints/         the signed statements of the ledger that the records' proofs lead to
consistency.json     proofs that the ledger only grew from each of them to the newest
manifest.json, .sig  the SHA-256 of every file, and the signature over that list
public-key.pem       the key of the installation; better trust one that you were given by another way
verify.py            the verifier; it needs Python 3.11 or later, and the packages cryptography and pypdf

    python verify.py {name} --public-key public-key.pem

checks everything. A single record: python verify.py records/D-….pdf --public-key public-key.pem
"""


class NothingToPack(Exception):
    """No record could be drawn; the reason is a sentence."""


def keep_record(pack: EvidencePack, drawn: Drawn) -> None:
    """Keep a drawn record until the pack is put together; who comes second writes the same bytes."""
    pack.folder.mkdir(parents=True, exist_ok=True)
    draft = pack.folder / f".{secrets.token_hex(8)}"
    draft.write_bytes(drawn.pdf)
    draft.replace(pack.folder / drawn.name)


def bundle(pack: EvidencePack) -> tuple[str, int]:
    """Write the pack's file, whole or not at all; returns its SHA-256 and its size in bytes."""
    items = list(pack.items.select_related("decision"))
    done = [item for item in items if item.state == EvidencePackItem.State.DONE]
    if not done:
        raise NothingToPack("None of these decisions has a record: " + (items[0].reason if items else "none was left."))
    draft = pack.path.with_name(f".{secrets.token_hex(8)}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as file:
            _fill(file, pack, items, done)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
            sha256 = hashlib.file_digest(written, "sha256").hexdigest()
        draft.replace(pack.path)
    finally:
        draft.unlink(missing_ok=True)
    return sha256, pack.path.stat().st_size


def _fill(
    file: zipfile.ZipFile, pack: EvidencePack, items: list[EvidencePackItem], done: list[EvidencePackItem]
) -> None:
    """Write every file and, last, the signed list of them; one record at a time is in memory."""
    digests: dict[str, str] = {}
    for name, content in _files(pack, items, done):
        digests[name] = hashlib.sha256(content).hexdigest()
        _add(file, pack, name, content)
    listed = {"schema": verify.PACK_SCHEMA, "pack": pack.pk, "asked_at": utc_text(pack.asked_at), "files": digests}
    manifest = canonical(listed).encode()
    signature, _ = keys.sign(verify.pack_message(manifest))
    _add(file, pack, verify.MANIFEST_NAME, manifest)
    _add(file, pack, verify.MANIFEST_SIGNATURE_NAME, signature.encode())


def _add(file: zipfile.ZipFile, pack: EvidencePack, name: str, content: bytes) -> None:
    """Add a file under the time of the order, so that the same pack has the same bytes."""
    entry = zipfile.ZipInfo(name, pack.asked_at.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    file.writestr(entry, content, zipfile.ZIP_STORED if name.endswith(".pdf") else zipfile.ZIP_DEFLATED)


def _files(
    pack: EvidencePack, items: list[EvidencePackItem], done: list[EvidencePackItem]
) -> Iterator[tuple[str, bytes]]:
    """Yield each file's name and content."""
    yield "README.txt", HOW_TO.format(pack=pack.pk, at=utc_text(pack.asked_at), name=pack.file_name).encode()
    yield "index.csv", _index(items)
    for item in done:
        yield f"records/{item.file_name}", _record(pack, item)
    sizes = {item.checkpoint for item in done}
    newest = Checkpoint.objects.latest("size")
    for checkpoint in Checkpoint.objects.filter(size__in=sizes | {newest.size}):
        yield f"checkpoints/{checkpoint.size:012d}.json", canonical(checkpoints.signed(checkpoint)).encode()
    proofs = checkpoints.growth(sizes, newest.size)
    yield verify.PROOFS_NAME, json.dumps(proofs, indent=1).encode()
    yield "public-key.pem", keys.public_pem().encode()
    yield "verify.py", Path(verify.__file__).read_bytes()


def _record(pack: EvidencePack, item: EvidencePackItem) -> bytes:
    content = (pack.folder / item.file_name).read_bytes()
    if hashlib.sha256(content).hexdigest() != item.sha256:
        raise ValueError(f"{item.file_name} in {settings.VAR} is not what was drawn.")
    return content


def _index(items: list[EvidencePackItem]) -> bytes:
    rows = io.StringIO(newline="")
    writer = csv.writer(rows)
    writer.writerow(HEADER)
    for item in items:
        decision = item.decision
        cells = (
            decision.reference,
            decision.title,
            decision.get_state_display(),
            item.version or "",
            f"records/{item.file_name}" if item.file_name else "",
            item.sha256,
            item.digest,
            item.checkpoint or "",
            item.reason,
        )
        writer.writerow([csv_cell(cell) for cell in cells])
    # With a byte order mark, without which spreadsheets read UTF-8 as something else.
    return b"\xef\xbb\xbf" + rows.getvalue().encode()
