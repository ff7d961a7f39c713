"""Sign what the ledger is, and send that out of the database, where its owner cannot take it back."""

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.domain.merkle import Frontier, consistency_proof, inclusion_proof
from approvals.models import Checkpoint, LedgerEntry, LedgerHead
from approvals.services import keys
from config.kit.canonical import canonical, utc_text

FORMAT = "premise-checkpoint-1"
CONSISTENCY = "premise.consistency/1"
CHUNK = 5_000

log = logging.getLogger("premise.checkpoint")


@dataclass(frozen=True)
class Statement:
    """A checkpoint as read from the database or a file: where it stands, its exact text, and the signature."""

    source: str
    text: str
    signature: str

    @property
    def content(self) -> dict[str, Any]:
        """The text's values: at, chain, format, key, previous, root, size; ValueError when it is not that."""
        content = json.loads(self.text)
        if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content["size"], int):
            raise ValueError(f"{self.source} is no checkpoint.")
        return content


def directory() -> Path:
    """Return where checkpoint files go, one a checkpoint: `000000001234.json`."""
    path = Path(settings.VAR) / "checkpoints"
    path.mkdir(parents=True, exist_ok=True)
    return path


def write() -> Checkpoint | None:
    """Sign the ledger as committed now; None when nothing was written since the last checkpoint."""
    head = LedgerHead.objects.get(pk=1)
    latest = Checkpoint.objects.last()
    if head.seq == (latest.size if latest else 0):
        return None
    frontier = _extended(latest, head)
    text = canonical(
        {
            "format": FORMAT,
            "size": head.seq,
            "root": frontier.root().hex(),
            "chain": head.chain,
            "at": utc_text(timezone.now()),
            "previous": hashlib.sha256(latest.text.encode()).hexdigest() if latest else "",
            "key": keys.fingerprint(keys.private_key().public_key()),
        }
    )
    checkpoint = Checkpoint(
        size=head.seq,
        text=text,
        signature=keys.sign(text.encode())[0],
        frontier=[root.hex() for root in frontier.roots],
        at=json.loads(text)["at"],
    )
    try:
        with transaction.atomic():
            checkpoint.save(force_insert=True)
    except IntegrityError:
        # Another process signed the same size in between; its statement is as good.
        return None
    send_out(checkpoint)
    return checkpoint


def _extended(latest: Checkpoint | None, head: LedgerHead) -> Frontier:
    """Return the tree up to the head, going on from the latest checkpoint's."""
    frontier = frontier_of(latest) if latest else Frontier()
    rows = LedgerEntry.objects.filter(seq__gt=frontier.size, seq__lte=head.seq).order_by("seq")
    for hashed in rows.values_list("leaf", flat=True).iterator(CHUNK):
        frontier.add(bytes.fromhex(hashed))
    if frontier.size != head.seq:
        raise ValueError(f"The ledger has {frontier.size} entries and its head says {head.seq}; run verify_ledger.")
    return frontier


def frontier_of(checkpoint: Checkpoint) -> Frontier:
    """Return the tree a checkpoint was made from."""
    return Frontier(checkpoint.size, [bytes.fromhex(root) for root in checkpoint.frontier])


def send_out(checkpoint: Checkpoint) -> Path:
    """Write the checkpoint's file, whole or not at all, and to the log, which often leaves the machine."""
    path = directory() / f"{checkpoint.size:012d}.json"
    draft = path.with_name(f".{secrets.token_hex(8)}")
    with draft.open("w") as file:
        file.write(canonical(signed(checkpoint)))
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o444)
    draft.replace(path)
    log.info("checkpoint %s signature %s", checkpoint.text, checkpoint.signature)
    return path


def statements(folder: Path | None = None) -> Iterator[Statement]:
    """Yield every checkpoint of the database, then of the files; a file that cannot be read has an empty text."""
    for size, text, signature in Checkpoint.objects.values_list("size", "text", "signature"):
        yield Statement(f"checkpoint {size} of the database", text, signature)
    for path in sorted((folder or directory()).glob("*.json")):
        try:
            content = json.loads(path.read_text())
            yield Statement(f"checkpoint file {path.name}", str(content["text"]), str(content["signature"]))
        except (OSError, ValueError, KeyError, TypeError):
            yield Statement(f"checkpoint file {path.name}", "", "")


def proof(seq: int) -> dict[str, Any]:
    """Return what proves an entry to somebody without the database: its text, path and the signed checkpoint.

    LookupError when the entry does not exist or no checkpoint covers it yet.
    """
    checkpoint = Checkpoint.objects.filter(size__gte=seq).first()
    entry = LedgerEntry.objects.filter(seq=seq).first()
    if checkpoint is None or entry is None:
        raise LookupError(f"No checkpoint covers an entry {seq}.")
    return proofs([entry], checkpoint)[0]


def proofs(entries: list[LedgerEntry], checkpoint: Checkpoint) -> list[dict[str, Any]]:
    """Return the proofs of several entries under one checkpoint, reading the leaves once."""
    leaves = _leaves(checkpoint)
    return [
        {
            "seq": entry.seq,
            "index": entry.seq - 1,
            "text": entry.text,
            "leaf": entry.leaf,
            "path": [step.hex() for step in inclusion_proof(leaves, entry.seq - 1)],
            "checkpoint": signed(checkpoint),
        }
        for entry in entries
    ]


def growth(firsts: Iterable[int], second: int) -> list[dict[str, Any]]:
    """Return what proves that the checkpoint of `second` entries only added to each earlier one, leaves read once.

    LookupError names a size at which no checkpoint was signed; ValueError one that is larger than `second`.
    """
    wanted = sorted(set(firsts))
    kept = {row.size: row for row in Checkpoint.objects.filter(size__in=[*wanted, second])}
    if unknown := [size for size in [*wanted, second] if size not in kept]:
        raise LookupError(f"No checkpoint was signed at {unknown[0]} entries.")
    if wanted and wanted[-1] > second:
        raise ValueError(f"A ledger of {second} entries does not grow from one of {wanted[-1]}.")
    leaves = _leaves(kept[second])
    return [
        {
            "schema": CONSISTENCY,
            "first": signed(kept[size]),
            "second": signed(kept[second]),
            "path": [step.hex() for step in consistency_proof(leaves, size)],
        }
        for size in wanted
    ]


def signed(checkpoint: Checkpoint) -> dict[str, str]:
    """Return a checkpoint as it leaves the database: its exact text and the signature over it."""
    return {"text": checkpoint.text, "signature": checkpoint.signature}


def _leaves(checkpoint: Checkpoint) -> list[bytes]:
    rows = LedgerEntry.objects.filter(seq__lte=checkpoint.size).order_by("seq").values_list("leaf", flat=True)
    return [bytes.fromhex(hashed) for hashed in rows.iterator(CHUNK)]
