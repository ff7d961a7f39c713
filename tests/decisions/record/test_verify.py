"""Tampering with a record: whatever is changed, the verifier says which thing no longer holds."""

import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from approvals.domain import merkle
from config.kit.canonical import canonical
from decisions.record import verify as verifier
from decisions.record.proving import audit_paths
from decisions.record.signing import sign_pdf
from decisions.record.verify import NotTrue, read_key, root_of, verify, verify_bytes, verify_record
from tests.decisions.record import cases, desk_dossier

PUBLIC = cases.KEY.public_key()
Record = dict[str, Any]


def test_a_true_record_holds(pdf):
    assert verify(pdf, PUBLIC)["reference"] == "D-2026-0001"


def rechained(record: Record) -> None:
    """Make the ledger consistent again after a change, as somebody without the key could."""
    for entry in record["ledger"]:
        entry["leaf"] = cases.sha(b"\x00" + verifier.entry_text(entry).encode())
        entry["chain"] = cases.sha(b"\x02" + bytes.fromhex(entry["previous"]) + bytes.fromhex(entry["leaf"]))


def edit_dossier(record: Record) -> None:
    record["dossier"]["recommendation"]["option"] = "o3"


def edit_dossier_and_digest(record: Record) -> None:
    edit_dossier(record)
    record["digest"] = cases.sha(canonical(record["dossier"]).encode())


def edit_dossier_digest_and_signatures(record: Record) -> None:
    edit_dossier_and_digest(record)
    for signature in record["signatures"]:
        signature["digest"] = record["digest"]


def edit_everything_but_the_tree(record: Record) -> None:
    old = record["digest"]
    edit_dossier_digest_and_signatures(record)
    for entry in record["ledger"]:
        entry["payload"] = entry["payload"].replace(old, record["digest"])
    rechained(record)


def edit_entry(record: Record) -> None:
    record["ledger"][1]["payload"] = record["ledger"][1]["payload"].replace("7", "8")


def edit_entry_and_rechain(record: Record) -> None:
    edit_entry(record)
    rechained(record)


def drop_entry(record: Record) -> None:
    del record["ledger"][5]


def drop_first_entry(record: Record) -> None:
    del record["ledger"][0]


def drop_signature(record: Record) -> None:
    del record["signatures"][0]


def add_signature(record: Record) -> None:
    record["signatures"].append({**record["signatures"][0], "ledger": 999})


def set_signature(**values: Any) -> Callable[[Record], None]:
    return lambda record: record["signatures"][0].update(values)


def rename_person(record: Record) -> None:
    record["people"][0]["name"] = "Somebody Else"


def edit_proof(record: Record) -> None:
    record["ledger"][2]["proof"][0] = "0" * 64


def shorten_proof(record: Record) -> None:
    record["ledger"][2]["proof"].pop()


def edit_root(record: Record) -> None:
    text = json.loads(record["checkpoint"]["text"])
    record["checkpoint"]["text"] = canonical({**text, "root": "0" * 64})


def edit_checkpoint_time(record: Record) -> None:
    text = json.loads(record["checkpoint"]["text"])
    record["checkpoint"]["text"] = canonical({**text, "at": "2027-01-01T00:00:00.000000Z"})


def resign_checkpoint(record: Record) -> None:
    key = Ed25519PrivateKey.generate()
    record["checkpoint"]["signature"] = key.sign(record["checkpoint"]["text"].encode()).hex()


def other_version(record: Record) -> None:
    record["version"] = 2


def turn_verdict(record: Record) -> None:
    for entry in record["ledger"]:
        if entry["verb"] == "signature.given":
            entry["payload"] = entry["payload"].replace('"approve"', '"abstain"')
    for signature in record["signatures"]:
        signature["verdict"] = "abstain"
    rechained(record)


DATA = [
    (edit_dossier, "dossier has been changed"),
    (edit_dossier_and_digest, "signature of Anna Approver|another content"),
    (edit_dossier_digest_and_signatures, "they differ in digest"),
    (edit_everything_but_the_tree, "inclusion proof of ledger entry"),
    (edit_entry, "Ledger entry 4 has been changed"),
    (edit_entry_and_rechain, "inclusion proof of ledger entry 4"),
    (drop_entry, "one between them is missing"),
    (drop_first_entry, "earlier ones are missing"),
    (drop_signature, "one was added or left out"),
    (add_signature, "one was added or left out"),
    (set_signature(verdict="reject"), "they differ in verdict"),
    (set_signature(comment="Never."), "they differ in comment"),
    (set_signature(signed_at="2026-01-01T00:00:00.000000Z"), "they differ in signed_at"),
    (set_signature(meaning="I was forced."), "they differ in meaning"),
    (set_signature(name="Ben Approver"), "given by somebody else"),
    (set_signature(for_whom="Ben Approver"), "they differ in for whom"),
    (rename_person, "not the one that the ledger committed to"),
    (edit_proof, "inclusion proof of ledger entry 6"),
    (shorten_proof, "inclusion proof of ledger entry 6"),
    (edit_root, "inclusion proof of ledger entry 2"),
    (edit_checkpoint_time, "checkpoint's signature"),
    (resign_checkpoint, "checkpoint's signature"),
    (other_version, "does not say that version 2"),
    (turn_verdict, "no signature approves it|inclusion proof"),
    (lambda record: record.update(ledger=[]), "carries no ledger entries|left out"),
    (lambda record: record.update(checkpoint=None), "carries no checkpoint"),
    (lambda record: record.update(people=[{}]), "malformed"),
    (lambda record: record.pop("digest"), "malformed"),
    (lambda record: record["ledger"][0].update(leaf=7), "changed|malformed"),
]


@pytest.mark.parametrize(("tamper", "finding"), DATA, ids=[finding for _, finding in DATA])
def test_changed_data_is_named(tamper, finding):
    record = json.loads(canonical(cases.record()))
    tamper(record)
    with pytest.raises(NotTrue, match=finding):
        verify_record(record, PUBLIC)


def embedded(pdf: bytes, record: bytes) -> bytes:
    """Return the file with other data embedded, as an editor would save it."""
    writer = PdfWriter(clone_from=BytesIO(pdf))
    names = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]
    names[1].get_object()["/EF"]["/F"].get_object().set_data(record)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_changed_embedded_data_is_named(pdf):
    record = cases.record()
    edit_dossier(record)
    with pytest.raises(NotTrue, match="dossier has been changed"):
        verify(embedded(pdf, canonical(record).encode()), PUBLIC)


def test_a_file_that_an_editor_saved_again_is_no_longer_the_exported_one(pdf):
    with pytest.raises(NotTrue, match=r"since it was exported|no signature over its bytes"):
        verify(embedded(pdf, canonical(cases.record()).encode()), PUBLIC)


def content_streams(pdf: bytes) -> list[tuple[int, int, bytes]]:
    """Return (start, end, decompressed) of the compressed streams that draw pages."""
    found = []
    for match in re.finditer(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL):
        try:
            drawn = zlib.decompress(match[1])
        except zlib.error:
            continue
        if b" Tf" in drawn and b"TJ" in drawn:
            found.append((*match.span(1), drawn))
    return found


def test_changed_visible_text_is_named_even_when_lengths_and_data_stay(pdf):
    start, end, drawn = content_streams(pdf)[0]
    glyphs = re.search(rb"<([0-9a-f]{8,})>", drawn)
    changed = drawn[: glyphs.start(1)] + glyphs[1][::-1] + drawn[glyphs.end(1) :]
    forged = pdf[:start] + zlib.compress(changed, 9).ljust(end - start, b"\0") + pdf[end:]
    assert forged != pdf
    with pytest.raises(NotTrue, match=r"changed since it was exported|cannot be read"):
        verify(forged, PUBLIC)


def test_anything_appended_is_named(pdf):
    with pytest.raises(NotTrue, match="changed since it was exported"):
        verify(pdf + b"\n% appended", PUBLIC)


@pytest.mark.parametrize("place", range(0, 100, 7))
def test_one_changed_byte_anywhere_is_named(pdf, place):
    at = len(pdf) * place // 100
    changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
    with pytest.raises(NotTrue):
        verify(changed, PUBLIC)


def test_a_signature_by_another_key_is_named(pdf):
    unsigned = re.sub(rb"(premise-record-signature: )[0-9a-f]{128}", rb"\g<1>" + b"0" * 128, pdf)
    forged = sign_pdf(unsigned, Ed25519PrivateKey.generate())
    with pytest.raises(NotTrue, match="signed with another key"):
        verify(forged, PUBLIC)
    with pytest.raises(NotTrue, match="checkpoint's signature is not by this key"):
        verify(pdf, Ed25519PrivateKey.generate().public_key())


def test_a_removed_signature_is_named(pdf):
    with pytest.raises(NotTrue, match="no signature over its bytes"):
        verify_bytes(pdf.replace(b"premise-record-signature: ", b"premise-record-signatur3: "), PUBLIC)


def test_a_title_that_imitates_the_signature_does_not_break_a_true_record(produce):
    content = desk_dossier.dossier()
    imitation = "premise-record-signature: " + "a" * 128
    content = replace(content, frame=replace(content.frame, title=imitation))
    assert verify(produce(cases.record(content=content)), PUBLIC)["title"] == imitation


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"hello", b"\0" * 1000])
def test_something_else_than_a_record_is_named(junk):
    with pytest.raises(NotTrue, match=r"cannot be read|carries no record.json"):
        verify(junk, PUBLIC)


def test_a_pdf_without_data_is_no_record():
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    out = BytesIO()
    writer.write(out)
    with pytest.raises(NotTrue, match=r"carries no record.json"):
        verify(out.getvalue(), PUBLIC)


@given(st.integers(1, 70), st.data())
def test_audit_paths_lead_to_the_root_and_no_others_do(size, data):
    leaves = [cases.sha(bytes([i])) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    paths = audit_paths([bytes.fromhex(leaf) for leaf in leaves], range(size))
    assert paths[index] == cases.path(index, leaves)
    root = merkle.root(bytes.fromhex(leaf) for leaf in leaves).hex()
    assert root_of(leaves[index], index, size, paths[index]) == root == cases.tree(leaves)
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_of(leaves[other], index, size, paths[index]) != root
    assert root_of(leaves[index], size, size, paths[index]) is None


def test_the_verifier_stands_alone(pdf, tmp_path):
    """It runs outside the project, with nothing of it on the path."""
    source = tmp_path / "verify.py"
    source.write_bytes(Path(verifier.__file__).read_bytes())
    (tmp_path / "key.pem").write_bytes(PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "true.pdf").write_bytes(pdf)
    (tmp_path / "false.pdf").write_bytes(pdf + b" ")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(source), *words, "--public-key", str(tmp_path / "key.pem")]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert run("true.pdf").returncode == 0
    false = run("false.pdf")
    assert false.returncode == 1
    assert "changed since it was exported" in false.stderr
    (tmp_path / "cut.pdf").write_bytes(pdf[:-100])
    cut = run("cut.pdf")
    assert cut.returncode == 1
    assert cut.stderr.splitlines() == ["The file cannot be read as a PDF (PdfStreamError)."]
    assert run("nowhere.pdf").returncode == 2


def test_keys_are_read_as_pem_or_hexadecimal():
    raw = PUBLIC.public_bytes_raw()
    assert read_key(raw.hex().encode()).public_bytes_raw() == raw
    for bad in (b"", b"zz", b"-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----", b"ab"):
        with pytest.raises(ValueError, match="Ed25519 key in PEM"):
            read_key(bad)


def test_the_reader_agrees_on_what_is_embedded(pdf):
    assert verifier.embedded_record(pdf) == json.loads(PdfReader(BytesIO(pdf)).attachments["record.json"][0])


plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz_09", max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(plain_json)
def test_the_verifiers_own_canonical_text_is_the_products(value):
    assert verifier.canonical(value) == canonical(value)
