"""A record with something in every part, made without a database: a support desk’s decision with its ledger."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.kit.canonical import canonical, utc_text
from decisions.domain import dossier as d
from decisions.domain.writing import dossier_to
from decisions.record.verify import SCHEMA, entry_text
from tests.decisions.record.desk_dossier import dossier

KEY = Ed25519PrivateKey.from_private_bytes(b"premise record tests, not secret"[:32])
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = {"owner": "Olive Owner", "approver1": "Anna Approver", "approver2": "Ben Approver"}
STREAM = "decision:D-2026-0001"
METRICS = {
    "support_resolution_rate": {"name": "Support resolution rate", "unit": "%"},
    "backlog_growth": {"name": "Backlog growth", "unit": "%"},
}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def people() -> list[dict[str, str]]:
    found = []
    for username, name in NAMES.items():
        opened = {"name": name, "salt": sha(username.encode()), "username": username}
        found.append({**opened, "commitment": sha(canonical(opened).encode())})
    return found


ACTORS = {person["username"]: person["commitment"] for person in people()}


Step = tuple[str, str, dict[str, Any]]
"""Actor, verb and payload of an entry."""


def ledger(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Chain (actor, verb, payload) steps, with an entry of another stream before each of them."""
    entries, chain = [], "0" * 64
    for number, (actor, verb, payload) in enumerate(steps):
        for stream, word, content in (("metric:other", "observation.recorded", {}), (STREAM, verb, payload)):
            seq = len(entries) + 1
            entry = {
                "actor": ACTORS.get(actor, "system"),
                "at": utc_text(START + timedelta(days=number, minutes=seq)),
                "payload": canonical(content),
                "seq": seq,
                "stream": stream,
                "stream_seq": number + 1,
                "subject": stream.partition(":")[2],
                "verb": word,
                "previous": chain,
            }
            entry["leaf"] = sha(b"\x00" + entry_text(entry).encode())
            chain = entry["chain"] = sha(b"\x02" + bytes.fromhex(chain) + bytes.fromhex(entry["leaf"]))
            entries.append(entry)
    return entries


def tree(leaves: Sequence[str]) -> str:
    """Return the RFC 9162 root, by its recursive definition."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01" + bytes.fromhex(tree(leaves[:split])) + bytes.fromhex(tree(leaves[split:])))


def path(index: int, leaves: Sequence[str]) -> list[str]:
    """Return the audit path, by its recursive definition."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(index, leaves[:split]), tree(leaves[split:])]
    return [*path(index - split, leaves[split:]), tree(leaves[:split])]


def signature(entry: dict[str, Any], username: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        **{
            key: payload[key]
            for key in ("digest", "verdict", "comment", "signed_at", "credential", "stage_name", "request")
        },
        "ledger": entry["seq"],
        "name": NAMES[username],
        "username": username,
        "for_whom": None,
        "meaning": payload["meaning"],
    }


def _given(stage: str, day: int, digest: str) -> dict[str, Any]:
    return {
        "request": 7,
        "stage": 1,
        "stage_name": stage,
        "signature": day,
        "verdict": "approve",
        "meaning": "I have reviewed this content and approve it.",
        "comment": "The parity table convinced me." if day == 2 else "",
        "digest": digest,
        "for_whom": None,
        "credential": "password",
        "signed_at": utc_text(START + timedelta(days=day)),
    }


def _steps(title: str, digest: str) -> list[Step]:
    return [
        ("owner", "decision.created", {"title": title}),
        ("owner", "request.opened", {"request": 7, "digest": digest}),
        ("approver1", "signature.given", _given("Review", 2, digest)),
        ("approver2", "signature.given", _given("Sign-off", 3, digest)),
        ("approver2", "decision.in_force", {"version": 1, "digest": digest, "request": 7}),
        ("", "decision.questioned", {"reevaluation": 1}),
        (
            "owner",
            "reevaluation.answered",
            {"reevaluation": 1, "outcome": "reaffirm", "reason": "A single holiday week."},
        ),
    ]


def _reevaluation(own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": 1,
        "version": 1,
        "cause": "signal",
        "state": "answered",
        "severity": "major",
        "question": "Backlog growth broke “Inflow stays near last year’s level.”",
        "opened_at": own[5]["at"],
        "due_at": own[6]["at"],
        "acknowledged_at": own[5]["at"],
        "acknowledged_by": "Olive Owner",
        "answered_at": own[6]["at"],
        "answered_by": "Olive Owner",
        "outcome": "reaffirm",
        "reason": "A single holiday week.",
        "evidence": "https://desk.example/holiday",
        "latency_seconds": 187200,
        "breaches": [
            {
                "metric": "backlog_growth",
                "sentence": "when Backlog growth is above 4 % for 2 settled periods",
                "statement": "Inflow stays near last year’s level.",
                "value": "5.2",
                "period_end": own[5]["at"],
                "late": False,
                "retracted_at": None,
            }
        ],
    }


def record(options: int = 3, content: d.Dossier | None = None, more: Sequence[Step] = ()) -> dict[str, Any]:
    """Return the record's data: approved by two people, then broken once and reaffirmed."""
    data = dossier_to(content or dossier(options))
    digest = sha(canonical(data).encode())

    everything = ledger([*_steps(data["frame"]["title"], digest), *more])
    leaves = [entry["leaf"] for entry in everything]
    own = [{**entry, "proof": path(entry["seq"] - 1, leaves)} for entry in everything if entry["stream"] == STREAM]
    text = canonical({"at": everything[-1]["at"], "root": tree(leaves), "size": len(leaves)})
    return {
        "schema": SCHEMA,
        "reference": "D-2026-0001",
        "title": data["frame"]["title"],
        "state": "in_force",
        "approved": True,
        "version": 1,
        "request": 7,
        "approved_at": own[4]["at"],
        "as_of": own[-1]["at"],
        "digest": digest,
        "dossier": data,
        "metrics": METRICS,
        "people": people(),
        "signatures": [
            signature(own[2], "approver1", _given("Review", 2, digest)),
            signature(own[3], "approver2", _given("Sign-off", 3, digest)),
        ],
        "versions": [{"number": 1, "digest": digest, "approved_at": own[4]["at"], "request": 7, "change": None}],
        "reevaluations": [_reevaluation(own)],
        "commitments": [
            {
                "key": "k1",
                "text": "Write the triage rules",
                "state": "done",
                "settled_at": own[6]["at"],
                "note": "On the wiki",
            }
        ],
        "closing": None,
        "previous": None,
        "superseded_by": None,
        "ledger": own,
        "checkpoint": {
            "at": everything[-1]["at"],
            "text": text,
            "signature": KEY.sign(text.encode()).hex(),
        },
    }
