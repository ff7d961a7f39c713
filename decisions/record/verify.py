"""Tells a true record from a false one, with the file and the public key alone.

    python verify.py RECORD.pdf --public-key KEY.pem          one record
    python verify.py PACK.zip --public-key KEY.pem            an evidence pack, with every record in it
    python verify.py CONSISTENCY.json --public-key KEY.pem    that the ledger only grew between two checkpoints

This file stands on its own: it needs Python 3.11, `cryptography` and `pypdf`, and nothing of Premise, so that an
auditor can keep it beside the records. It checks from the inside out and names the first thing that does not hold:
the dossier's digest, the signatures, the ledger's entries, their proofs, the checkpoint, and the bytes of the file.
"""

import argparse
import hashlib
import json
import logging
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pypdf import PdfReader

SCHEMA, PACK_SCHEMA, CONSISTENCY_SCHEMA = "premise.record/1", "premise.pack/1", "premise.consistency/1"
RECORD_NAME, SIGNATURE_NAME = "record.json", "signature.txt"
MANIFEST_NAME, MANIFEST_SIGNATURE_NAME, PROOFS_NAME = "manifest.json", "manifest.sig", "consistency.json"
MARK, NODE = b"premise-record-signature: ", b"\x01"
UNSIGNED = b"0" * 128
_SIGNATURE = re.compile(re.escape(MARK) + rb"([0-9a-f]{128})")
_MOST_BYTES = 500_000_000  # of a pack's file, unpacked
_MOST_MARKS = 32  # a title may imitate the mark; a file full of them is not ours


class NotTrue(Exception):
    """The first thing that does not hold, as a sentence."""


def verify(pdf: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """Return the record that the file carries when everything holds, or raise NotTrue."""
    record = embedded_record(pdf)
    verify_record(record, key)
    verify_bytes(pdf, key)
    return record


def embedded_record(pdf: bytes) -> dict[str, Any]:
    """Return the data embedded in the file."""
    try:
        found = PdfReader(BytesIO(pdf)).attachments.get(RECORD_NAME)
    except Exception as error:  # noqa: BLE001 a broken file breaks its reader in many ways
        raise NotTrue(f"The file cannot be read as a PDF ({type(error).__name__}).") from None
    if not found:
        raise NotTrue(f"The file carries no {RECORD_NAME}, so it is not a record.")
    try:
        record = json.loads(found[0])
    except (ValueError, RecursionError):
        raise NotTrue(f"The embedded {RECORD_NAME} is not readable as JSON.") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise NotTrue(f"The embedded {RECORD_NAME} is not of the schema {SCHEMA}.")
    return record


def verify_record(record: dict[str, Any], key: Ed25519PublicKey) -> None:
    """Check what the data say of each other, up to the signed checkpoint."""
    try:
        for check in (_dossier, _names, _entries, _signatures, _carried, _conversation, _approval):
            check(record)
        _proofs(record, key)
    except NotTrue:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise NotTrue(f"The embedded {RECORD_NAME} is malformed ({type(error).__name__}: {error}).") from None


def canonical(value: Any) -> str:
    """Return the RFC 8785 text of a value without floats: dossiers and payloads have none."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _dossier(record: dict[str, Any]) -> None:
    if _sha256(canonical(record["dossier"]).encode()) != record["digest"]:
        raise NotTrue("The embedded dossier has been changed: it no longer has the digest that was approved.")


def _names(record: dict[str, Any]) -> None:
    for person in record["people"]:
        opened = {"name": person["name"], "salt": person["salt"], "username": person["username"]}
        if _sha256(canonical(opened).encode()) != person["commitment"]:
            raise NotTrue(f"The name “{person['name']}” is not the one that the ledger committed to.")


def _entries(record: dict[str, Any]) -> None:
    before: dict[str, Any] | None = None
    for entry in record["ledger"]:
        where = f"Ledger entry {entry['seq']}"
        if _sha256(b"\x00" + entry_text(entry).encode()) != entry["leaf"]:
            raise NotTrue(f"{where} has been changed: its content no longer has its hash.")
        if _hashed(b"\x02", entry["previous"], entry["leaf"]) != entry["chain"]:
            raise NotTrue(f"{where} does not continue the chain of hashes.")
        if before is None:
            if entry["stream_seq"] != 1:
                raise NotTrue(f"{where} is not the first of its stream; earlier ones are missing.")
        elif entry["stream_seq"] != before["stream_seq"] + 1 or entry["stream"] != before["stream"]:
            raise NotTrue(f"{where} does not follow the entry before it; one between them is missing.")
        elif entry["seq"] <= before["seq"] or entry["at"] < before["at"]:
            raise NotTrue(f"{where} is out of order.")
        elif entry["seq"] == before["seq"] + 1 and entry["previous"] != before["chain"]:
            raise NotTrue(f"{where} does not continue the chain of hashes.")
        before = entry
    if not record["ledger"]:
        raise NotTrue("The record carries no ledger entries.")


def entry_text(entry: dict[str, Any]) -> str:
    """Return the text of an entry that its hash is of; the payload stands in it as it was stored."""
    return (
        f'{{"actor":"{entry["actor"]}","at":"{entry["at"]}","payload":{entry["payload"]},"seq":{entry["seq"]},'
        f'"stream":"{entry["stream"]}","stream_seq":{entry["stream_seq"]},"subject":"{entry["subject"]}",'
        f'"verb":"{entry["verb"]}"}}'
    )


def _signatures(record: dict[str, Any]) -> None:
    given = {entry["seq"]: entry for entry in record["ledger"] if entry["verb"] == "signature.given"}
    names = {person["commitment"]: person["name"] or person["username"] for person in record["people"]}
    if given.keys() != {signature["ledger"] for signature in record["signatures"]}:
        raise NotTrue("The signatures are not those that the ledger lists: one was added or left out.")
    for signature in record["signatures"]:
        entry = given[signature["ledger"]]
        payload = json.loads(entry["payload"])
        whose = f"The signature of {signature['name']}"
        if names.get(entry["actor"], signature["name"]) != signature["name"]:
            raise NotTrue(f"{whose} was given by somebody else, says ledger entry {entry['seq']}.")
        for part in ("digest", "verdict", "comment", "signed_at", "credential", "stage_name", "request", "conditions"):
            if signature.get(part, []) != payload.get(part, []):
                raise NotTrue(f"{whose} is not the one in ledger entry {entry['seq']}: they differ in {part}.")
        if not signature["meaning"].startswith(payload["meaning"]):
            raise NotTrue(f"{whose} is not the one in ledger entry {entry['seq']}: they differ in meaning.")
        if bool(payload["for_whom"]) != bool(signature["for_whom"]) or (
            signature["for_whom"] != names.get(payload["for_whom"], signature["for_whom"])
        ):
            raise NotTrue(f"{whose} is not the one in ledger entry {entry['seq']}: they differ in for whom.")


def _carried(record: dict[str, Any]) -> None:
    """Votes that survived a resubmission must be those of the ledger, each given once for the content it names."""
    parts = ("request", "stage_name", "verdict", "digest", "carried_digest", "signed_at")
    entries = {e["seq"]: json.loads(e["payload"]) for e in record["ledger"] if e["verb"] == "signature.carried"}
    shown = {vote["ledger"]: vote for vote in record.get("carried", ())}
    same = entries.keys() == shown.keys() and all(entries[n][part] == shown[n][part] for n in shown for part in parts)
    given = {signature["digest"] for signature in record["signatures"]}
    if not same or any(vote["carried_digest"] not in given for vote in shown.values()):
        raise NotTrue("The votes carried over are not those that the ledger lists.")


def _conversation(record: dict[str, Any]) -> None:
    """What was said must be what the ledger has; records from before carry no conversation of their own."""
    said = [each for thread in record.get("conversation", ()) for each in (thread, *thread["replies"])]
    entries = (entry for entry in record["ledger"] if entry["verb"] in {"request.commented", "comment.added"})
    spoken = {entry["seq"]: json.loads(entry["payload"])["text"] for entry in entries}
    if "conversation" in record and {each["ledger"]: each["text"] for each in said} != spoken:
        raise NotTrue("The conversation is not the one that the ledger has: words were added, changed or left out.")


def _approval(record: dict[str, Any]) -> None:
    """An approved record must be approved by signatures, under the digest it shows."""
    if not record["approved"]:
        return
    approving = [s for s in record["signatures"] if s["request"] == record["request"]]
    if any(signature["digest"] != record["digest"] for signature in approving):
        raise NotTrue("A signature of this version is for another content than the dossier shown.")
    if not any(s["verdict"] in {"approve", "approve_with_conditions"} for s in approving):
        raise NotTrue("The record says it is approved, but no signature approves it.")
    in_force = [json.loads(entry["payload"]) for entry in record["ledger"] if entry["verb"] == "decision.in_force"]
    shown = {"version": record["version"], "digest": record["digest"], "request": record["request"]}
    if shown not in in_force:
        raise NotTrue(f"The ledger does not say that version {record['version']} with this digest came in force.")


def _proofs(record: dict[str, Any], key: Ed25519PublicKey) -> None:
    checkpoint = record["checkpoint"]
    if checkpoint is None:
        raise NotTrue("The record carries no checkpoint, so nothing proves that its entries are in the ledger.")
    stated = json.loads(checkpoint["text"])
    size, root = stated["size"], stated["root"]
    for entry in record["ledger"]:
        if root_of(entry["leaf"], entry["seq"] - 1, size, entry["proof"]) != root:
            raise NotTrue(f"The inclusion proof of ledger entry {entry['seq']} does not lead to the checkpoint's root.")
    _stated(checkpoint, key)


def _stated(checkpoint: dict[str, Any], key: Ed25519PublicKey) -> dict[str, Any]:
    """Return what a checkpoint says, once its signature holds."""
    try:
        key.verify(bytes.fromhex(checkpoint["signature"]), checkpoint["text"].encode())
    except InvalidSignature:
        raise NotTrue("The checkpoint's signature is not by this key.") from None
    stated: dict[str, Any] = json.loads(checkpoint["text"])
    return stated


def _hashed(prefix: bytes, left: str, right: str) -> str:
    """Hash two hashes: prefix 0x01 makes a node of the Merkle tree, 0x02 a link of the chain."""
    return _sha256(prefix + bytes.fromhex(left) + bytes.fromhex(right))


def root_of(leaf: str, index: int, size: int, path: list[str]) -> str | None:
    """Return the Merkle root that a leaf and its audit path lead to (RFC 9162, 2.1.3.2); None when they do not fit."""
    if not 0 <= index < size:
        return None
    last, node = size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = _hashed(NODE, sibling, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = _hashed(NODE, node, sibling)
        index, last = index >> 1, last >> 1
    return node if last == 0 else None


def signed_message(pdf_without_signature: bytes) -> bytes:
    """Return what is signed for a file whose signature digits are zeros."""
    return b"Premise record 1 " + _sha256(pdf_without_signature).encode()


def verify_bytes(pdf: bytes, key: Ed25519PublicKey) -> None:
    """Check that every byte of the file, the visible pages included, is as it was exported."""
    candidates = list(_candidates(pdf))
    for signature, unsigned in candidates:
        with suppress(InvalidSignature):
            key.verify(signature, signed_message(unsigned))
            return
    if not candidates:
        raise NotTrue("The file carries no signature over its bytes.")
    raise NotTrue(
        "The file has been changed since it was exported: the signature over its bytes does not hold, "
        "so what its pages show cannot be trusted (or it was signed with another key)."
    )


def _candidates(pdf: bytes) -> Iterator[tuple[bytes, bytes]]:
    for match in list(_SIGNATURE.finditer(pdf))[:_MOST_MARKS]:
        start, end = match.span(1)
        yield bytes.fromhex(match[1].decode()), pdf[:start] + UNSIGNED + pdf[end:]


def verify_growth(proof: dict[str, Any], key: Ed25519PublicKey) -> str:
    """Check that the later of two signed checkpoints only added to the earlier one; returns what was shown."""
    try:
        if proof["schema"] != CONSISTENCY_SCHEMA:
            raise NotTrue(f"The file is not of the schema {CONSISTENCY_SCHEMA}.")
        first, second = (_stated(proof[name], key) for name in ("first", "second"))
        if not grew(first["size"], first["root"], second["size"], second["root"], proof["path"]):
            raise NotTrue(
                f"The ledger of {second['size']} entries did not grow from the one of {first['size']}: "
                "an entry was changed or taken out in between."
            )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise NotTrue(f"The consistency proof is malformed ({type(error).__name__}: {error}).") from None
    return f"The ledger of {first['size']} entries was only added to up to {second['size']} entries."


def grew(first: int, first_root: str, second: int, second_root: str, path: list[str]) -> bool:
    """Say whether the second tree begins with the whole first one (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second or first == second:
        return first == second > 0 and not path and first_root == second_root
    # A first tree that is complete stands in the second as it is, so the proof leaves it out.
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not steps:
        return False
    index, last = first - 1, second - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = _hashed(NODE, step, old), _hashed(NODE, step, new)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = _hashed(NODE, new, step)
        index, last = index >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def pack_message(manifest: bytes) -> bytes:
    """Return what is signed for a pack whose manifest this is."""
    return b"Premise pack 1 " + _sha256(manifest).encode()


def verify_pack(path: Path, key: Ed25519PublicKey) -> str:
    """Check an evidence pack: its list of files, every file, every record, every proof; returns what was shown."""
    try:
        with zipfile.ZipFile(path) as pack:
            return _pack(pack, key)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotTrue(f"The evidence pack is malformed ({type(error).__name__}: {error}).") from None


def _pack(pack: zipfile.ZipFile, key: Ed25519PublicKey) -> str:
    manifest = pack.read(MANIFEST_NAME)
    try:
        key.verify(bytes.fromhex(pack.read(MANIFEST_SIGNATURE_NAME).decode()), pack_message(manifest))
    except InvalidSignature:
        raise NotTrue("The signature over the pack's list of files is not by this key.") from None
    listed = json.loads(manifest)
    if listed["schema"] != PACK_SCHEMA:
        raise NotTrue(f"The pack is not of the schema {PACK_SCHEMA}.")
    names = sorted(set(pack.namelist()) - {MANIFEST_NAME, MANIFEST_SIGNATURE_NAME})
    if len(names) + 2 != len(pack.namelist()) or names != sorted(listed["files"]):
        raise NotTrue("The pack does not hold the files that its list names: one was added, left out or doubled.")
    for name in names:
        if pack.getinfo(name).file_size > _MOST_BYTES:
            raise NotTrue(f"{name} is larger than any file of a pack.")
        content = pack.read(name)
        if _sha256(content) != listed["files"][name]:
            raise NotTrue(f"{name} is not the file that was packed: its SHA-256 differs.")
        if name.startswith("records/"):
            try:
                verify(content, key)
            except NotTrue as finding:
                raise NotTrue(f"{name}: {finding}") from None
    proofs = json.loads(pack.read(PROOFS_NAME))
    for proof in proofs:
        verify_growth(proof, key)
    counts = f"{sum(name.startswith('records/') for name in names)} records, {len(names)} files"
    return f"Everything holds: {counts}, {len(proofs)} proofs of growth."


def read_key(text: bytes) -> Ed25519PublicKey:
    """Read a public key from PEM, or from 64 hexadecimal digits; ValueError with a sentence."""
    try:
        if not text.lstrip().startswith(b"-----"):
            return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text.decode().strip()))
        if isinstance(key := load_pem_public_key(text), Ed25519PublicKey):
            return key
    except ValueError:
        pass
    raise ValueError("The public key must be an Ed25519 key in PEM, or 64 hexadecimal digits.")


def main(words: list[str]) -> int:
    """Run from the command line; 0 when everything holds, 1 when something does not, 2 when a file cannot be read."""
    parser = argparse.ArgumentParser(description="Verify a Premise decision record, evidence pack or proof of growth.")
    parser.add_argument("file", type=Path, help="a record (PDF), an evidence pack (ZIP), or a consistency proof (JSON)")
    parser.add_argument("--public-key", type=Path, required=True, help="the key to trust, in PEM or as 64 digits")
    given = parser.parse_args(words)
    logging.disable()  # else the PDF reader's remarks stand before our one sentence
    try:
        said = verify_file(given.file, read_key(given.public_key.read_bytes()))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except NotTrue as finding:
        sys.stderr.write(f"{finding}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0


def verify_file(path: Path, key: Ed25519PublicKey) -> str:
    """Tell by its first bytes what a file is, verify it, and return what was shown; NotTrue, or OSError."""
    with path.open("rb") as file:
        if file.read(2) == b"PK":
            return verify_pack(path, key)
    content = path.read_bytes()
    if not content.lstrip().startswith(b"{"):
        return summary(verify(content, key))
    try:
        proof = json.loads(content)
    except (ValueError, RecursionError):
        raise NotTrue("The file is not readable as JSON.") from None
    return verify_growth(proof, key)


def summary(record: dict[str, Any]) -> str:
    """Say in one line what was verified."""
    what = f"version {record['version']}" if record["approved"] else "not approved"
    counts = f"{len(record['signatures'])} signatures, {len(record['ledger'])} ledger entries"
    return f"Everything holds: {record['reference']}, {what}, digest {record['digest'][:12]}, {counts}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
