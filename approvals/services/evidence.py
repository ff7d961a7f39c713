"""Hold signatures and requests, which pages show, against the ledger, which cannot be changed unseen."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from approvals import subjects
from approvals.models import ApprovalRequest, Identity, LedgerEntry, Signature, SignatureCondition
from config.kit.canonical import parse, utc_text

CHUNK = 1_000

Fault = tuple[str, int | None]
"""A sentence, and the number of the ledger entry that says otherwise."""


def faults() -> list[Fault]:
    """Return every signature and request that is not what the ledger says of it.

    Tables are read one after the other while people go on signing; a fault that a second look does not find again was
    only a signature committed in between.
    """
    found = list(_faults())
    return [fault for fault in _faults() if fault in found] if found else []


def _faults() -> Iterator[Fault]:
    people = dict(Identity.objects.values_list("commitment", "user_id"))
    yield from _signature_faults(people)
    yield from _request_faults()
    yield from _kept_faults()


def _entries(*verbs: str) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    rows = LedgerEntry.objects.filter(verb__in=verbs).order_by("seq").values_list("seq", "verb", "actor", "payload")
    for seq, verb, actor, payload in rows.iterator(CHUNK):
        yield seq, verb, actor, parse(payload)


def _signature_faults(people: dict[str, int]) -> Iterator[Fault]:
    stored = {row.pk: row for row in Signature.objects.iterator(CHUNK)}
    conditions = _conditions()
    for seq, _, actor, said in _entries("signature.given"):
        row = stored.pop(said["signature"], None)
        if row is None:
            yield f"Signature {said['signature']} of entry {seq} is gone.", seq
            continue
        for_whom = people.get(said["for_whom"]) if said["for_whom"] else None
        expected = {
            "request": (said["request"], row.request_id),
            "signer": (people.get(actor), row.signer_id),
            "person signed for": (for_whom, row.for_whom_id),
            "verdict": (said["verdict"], row.verdict),
            "comment": (said["comment"], row.comment),
            "digest": (said["digest"], row.digest),
            "meaning": (True, row.meaning.startswith(said["meaning"])),
            "time": (said["signed_at"], utc_text(row.signed_at)),
            "passkey's assertion": (said.get("assertion"), row.assertion),
            "conditions": (
                [(people.get(each["owner"]), each["text"], each["due_on"]) for each in said.get("conditions", ())],
                conditions.get(row.pk, []),
            ),
        }
        for name, (was, now) in expected.items():
            if was != now:
                yield f"Signature {row.pk} is not what entry {seq} says: its {name} differs.", seq
    yield from _carried_faults(people, stored)
    for row in stored.values():
        yield f"Signature {row.pk} stands in no entry of the ledger.", None


def _conditions() -> dict[int, list[tuple[int, str, str]]]:
    """Return the conditions of each signature, as the ledger would say them."""
    found: dict[int, list[tuple[int, str, str]]] = {}
    for row in SignatureCondition.objects.order_by("pk").iterator(CHUNK):
        found.setdefault(row.signature_id, []).append((row.owner_id, row.text, row.due_on.isoformat()))
    return found


def _carried_faults(people: dict[str, int], stored: dict[int, Signature]) -> Iterator[Fault]:
    """Look through the votes that survived a resubmission; what is accounted for leaves `stored`."""
    for seq, _, _, said in _entries("signature.carried"):
        row = stored.pop(said["signature"], None)
        if row is None:
            yield f"Signature {said['signature']} of entry {seq} is gone.", seq
            continue
        expected = {
            "request": (said["request"], row.request_id),
            "signer": (people.get(said["signer"]), row.signer_id),
            "person signed for": (people.get(said["for_whom"]) if said["for_whom"] else None, row.for_whom_id),
            "verdict": (said["verdict"], row.verdict),
            "digest": (said["digest"], row.digest),
            "origin": (said["carried_from"], row.carried_from_id),
            "time": (said["signed_at"], utc_text(row.signed_at)),
        }
        for name, (was, now) in expected.items():
            if was != now:
                yield f"Signature {row.pk} is not what entry {seq} says: its {name} differs.", seq


def _request_faults() -> Iterator[Fault]:
    opened = {said["request"]: (seq, said["digest"]) for seq, _, _, said in _entries("request.opened")}
    outcomes = [f"request.{state}" for state in ApprovalRequest.State.values if state != "open"]
    ended = {said["request"]: (seq, verb.partition(".")[2]) for seq, verb, _, said in _entries(*outcomes)}
    rows = ApprovalRequest.objects.values_list("pk", "content", "digest", "state")
    for pk, content, digest, state in rows.iterator(CHUNK):
        seq, signed = opened.pop(pk, (None, ""))
        if seq is None:
            yield f"Request {pk} stands in no entry of the ledger.", None
        elif not signed == digest == sha256(content.encode()).hexdigest():
            yield f"The content of request {pk} is not what entry {seq} says was asked for.", seq
        last, outcome = ended.get(pk, (seq, "open"))
        if state != outcome:
            yield f"Request {pk} is {state}, and the ledger says {outcome}.", last
    for pk, (seq, _) in opened.items():
        yield f"Request {pk} of entry {seq} is gone.", seq


def _kept_faults() -> Iterator[Fault]:
    """Look through the approved contents that apps keep: pages show them, and each is what its request was for."""
    opened = {said["request"]: (seq, said["digest"]) for seq, _, _, said in _entries("request.opened")}
    for kind in subjects.kinds():
        for version, request, text in kind.kept.rows() if kind.kept else ():
            seq, signed = opened.get(request, (None, ""))
            if sha256(text.encode()).hexdigest() != signed:
                what = f"Version {version}, approved by request {request},"
                yield f"{what} is not the content that entry {seq} says was asked for.", seq
