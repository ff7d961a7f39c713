"""What follows the sections: sign-off, changes, re-evaluations, the audit trail and how to verify it all."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from decisions.domain.brief import brief
from decisions.record import figures, learning, talk, words
from decisions.record.blocks import Block, Card, Cell, Chapter, Facts, Figure, Note, Prose, Table, cells, said
from decisions.record.words import NONE

Record = Mapping[str, Any]
_LATER: dict[str, Any] = {
    "grounds": (),
    "escalations": (),
    "reversed_at": None,
    "reopens": None,
    "approved_under": None,
    "approved_in_advance": False,
    "version": None,
}
"""What records from before say nothing of, in a re-evaluation."""
_CODES = ("verdict", "outcome", "class")
_SAID = ("question", "comment", "reason", "outcome_reason", "text", "note")

LONGEST = 240  # characters of what an entry says; the whole of it is in record.json

ERASED = "an erased person"


def chapters(record: Record, fingerprint: str) -> list[Chapter]:
    """Return the chapters after the sections; a chapter without content is left out, except sign-off."""
    made = [
        Chapter("sign-off", "Sign-off", said(_sign_off(record))),
        Chapter("conversation", "Conversation", said(talk.conversation(record))),
        Chapter("changes", "Change history", said([*_changes(record), *talk.authors(record)])),
        Chapter("re-evaluations", "Re-evaluations", said(_reevaluations(record))),
        Chapter("reviews", "Reviews", said(learning.reviews(record))),
        Chapter("afterwards", "What became of it", said(_afterwards(record))),
        Chapter("audit", "Audit trail", said(_audit(record))),
        Chapter("verification", "Verification", said(_verification(record, fingerprint))),
    ]
    return [chapter for chapter in made if chapter.blocks]  # sign-off always has a block


def _sign_off(record: Record) -> Iterator[Block]:
    agreed = record.get("framing") or ()
    if agreed:
        people = "; ".join(f"{each['name']}, {words.exact_moment(each['at'])}" for each in agreed)
        yield Facts([("Framing agreed before scoring", people)])
    if not record["signatures"]:
        yield Note("warn", "Not signed", ["Nobody has signed this content yet."])
        return
    names = {each["commitment"]: each["name"] or each["username"] for each in record["people"]}
    for signature in record["signatures"]:
        whom = f", for {signature['for_whom']}" if signature["for_whom"] else ""
        verdict = words.VERDICTS.get(signature["verdict"], signature["verdict"])
        how = words.CREDENTIALS.get(signature["credential"], signature["credential"])
        pairs = [
            ("Verdict", verdict),
            ("Meaning", signature["meaning"]),
            ("Signed", words.exact_moment(signature["signed_at"])),
            ("Stage", f"{signature['stage_name']}, confirmed by {how}"),
            ("Content", _which(record, signature)),
        ]
        pairs += [
            ("Condition", f"{each['text']} ({names.get(each['owner'], ERASED)}, until {_day(each['due_on'])})")
            for each in signature.get("conditions", ())
        ]
        yield Card(f"{signature['name']}{whom}", signature["comment"], pairs)

    for vote in record.get("carried", ()):
        whom = f", for {vote['for_whom']}" if vote["for_whom"] else ""
        verdict = words.VERDICTS.get(vote["verdict"], vote["verdict"])
        pairs = [
            ("Verdict", f"{verdict}, carried over: only wording changed"),
            ("Given", f"{words.exact_moment(vote['signed_at'])}, for digest {vote['carried_digest'][:16]}…"),
            ("Stage", vote["stage_name"]),
            ("Counts for", _which(record, vote)),
        ]
        yield Card(f"{vote['name']}{whom}", "", pairs)


def _day(text: str) -> str:
    """Write a day as people do; the ledger's text has it in ISO 8601."""
    return words.day(date.fromisoformat(text))


def _which(record: Record, signature: Mapping[str, Any]) -> str:
    version = next((v["number"] for v in record["versions"] if v["request"] == signature["request"]), None)
    named = f"version {version}" if version else "a content that was not approved as submitted"
    return f"{named}, digest {signature['digest'][:16]}…"


def _changes(record: Record) -> Iterator[Block]:
    rows = []
    for version in record["versions"]:
        change = version["change"] or {}
        why = change.get("reason") or "First approval"
        asked = change.get("opened_by") or ""
        kind = words.label(change["class"]) if change else NONE
        rows.append(
            cells(
                [
                    str(version["number"]),
                    words.moment(version["approved_at"]),
                    kind,
                    f"{why} (asked for by {asked})" if asked else why,
                    version["digest"][:12],
                ],
                numbers=(0,),
            )
        )
    if rows:
        header = cells(["Version", "In force since", "Class", "Reason", "Digest"], numbers=(0,))
        yield Table("Approved versions", header, rows)


def _reevaluations(record: Record) -> Iterator[Block]:
    for task in ({**_LATER, **each} for each in record["reevaluations"]):
        broken = [_breach(breach, record["metrics"]) for breach in task["breaches"]]
        broken += [f"{words.CAUSES[each['cause']]}: {each['sentence']}" for each in task.get("grounds", ())]
        pairs = [
            ("Raised by", words.CAUSES.get(task["cause"], words.label(task["cause"]))),
            ("Severity", words.label(task["severity"])),
            ("Opened", words.moment(task["opened_at"])),
            ("Due", words.moment(task["due_at"])),
            ("Acknowledged", _by(task["acknowledged_at"], task["acknowledged_by"])),
            ("Outcome", words.label(task["outcome"]) if task["outcome"] else words.label(task["state"])),
            ("Answered", _by(task["answered_at"], task["answered_by"])),
            ("Approval", _approval(task)),
            ("Escalated", "; ".join(_by(each["at"], each["person"]) for each in task["escalations"]) or NONE),
            ("Taken back", _by(task["reversed_at"], None)),
            ("Takes up", f"Re-evaluation {task['reopens']}" if task["reopens"] else NONE),
            ("Reason", words.text(task["reason"])),
            ("Evidence", words.text(task["evidence"])),
            ("Decision latency", words.span(task["latency_seconds"])),
        ]
        pairs = [pair for pair in pairs if pair[1] != NONE]
        yield Card(f"Re-evaluation {task['id']}", task["question"], pairs, broken)


def _approval(task: Mapping[str, Any]) -> str:
    if task.get("approved_under"):
        return f"By a second person, under request {task['approved_under']}"
    return f"In advance, with version {task['version']}" if task["approved_in_advance"] else NONE


def _breach(breach: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    metric = metrics.get(breach["metric"], {"name": breach["metric"], "unit": ""})
    value = " ".join(filter(None, (words.text(breach["value"]), metric["unit"] if breach["value"] else "")))
    late = ", known late" if breach["late"] else ""
    taken_back = f"; taken back {words.moment(breach['retracted_at'])}" if breach["retracted_at"] else ""
    until = words.moment(breach["period_end"])
    when = f"in the period that ended {until}{late}{taken_back}"
    said = f"{metric['name']} was {value} {when}. Condition: {breach['sentence']}."
    return f"{said} Assumption: {breach['statement']}" if breach["statement"] else said


def _by(at: str | None, who: str | None) -> str:
    if not at:
        return NONE
    return f"{words.moment(at)}, by {who}" if who else words.moment(at)


def _afterwards(record: Record) -> Iterator[Block]:
    if record["commitments"]:
        yield Table(
            "Commitments",
            cells(["Commitment", "State", "Settled", "Note"]),
            [
                cells([c["text"], words.label(c["state"]), words.moment(c["settled_at"]), c["note"]])
                for c in record["commitments"]
            ],
        )
    named = {key: metric["name"] for key, metric in record["metrics"].items()}
    if doubts := record.get("doubts"):
        yield Table(
            "Data in doubt",
            cells(["Metric", "Check", "Since", "Until"]),
            [
                cells(
                    [
                        named.get(d["metric"], d["metric"]),
                        words.label(d["check"]),
                        words.moment(d["since"]),
                        words.moment(d["until"]),
                    ]
                )
                for d in doubts
            ],
        )
    if record["closing"]:
        closing = record["closing"]
        yield from learning.ending(closing, _by(closing["at"], closing["by"]))
    if record["superseded_by"]:
        yield Note("info", "Superseded", [f"This decision is superseded by {record['superseded_by']}."])


def _audit(record: Record) -> Iterator[Block]:
    names = {person["commitment"]: person["name"] or person["username"] for person in record["people"]}
    rows = []
    for entry in record["ledger"]:
        actor = "Premise" if entry["actor"] == "system" else names.get(entry["actor"], "a person whose name is erased")
        spoken = _words_of(entry["payload"])
        rows.append(
            [
                Cell(str(entry["seq"]), number=True),
                Cell(words.exact_moment(entry["at"])),
                Cell(actor),
                Cell(words.verb(entry["verb"]) + (f": {spoken}" if spoken else "")),
                Cell(entry["leaf"]),
            ]
        )
    header = cells(["Entry", "Time", "Who", "What", "SHA-256 of the entry"], numbers=(0,))
    yield Table("Ledger entries of this decision", header, rows, dense=True)


def _words_of(payload: str) -> str:
    """Return the words a payload holds, for people; the whole of it is in record.json."""
    given = json.loads(payload)
    said = [
        words.VERDICTS.get(given[key], words.label(given[key])).lower() for key in _CODES if _is_text(given.get(key))
    ]
    if isinstance(given.get("version"), int):
        said.append(f"version {given['version']}")
    said += [f"“{given[key].strip()}”" for key in _SAID if _is_text(given.get(key))]
    return brief(", ".join(dict.fromkeys(said)), LONGEST)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _verification(record: Record, fingerprint: str) -> Iterator[Block]:
    yield Prose(
        "",
        "This file carries its own data (record.json) and a signature over all of its bytes (signature.txt). "
        "With the public key of the installation and the file alone, anyone can check that\n\n"
        "1. the dossier shown is the one with the digest below, and the signatures are for that digest;\n"
        "2. every ledger entry has its hash and is included in the signed checkpoint;\n"
        "3. not one byte of this file, its visible pages included, has changed since it was exported.\n\n"
        "Where Premise runs, its page “Verify a file” and `manage.py verify_record FILE.pdf` do this; elsewhere the "
        "stand-alone verifier does: `python verify.py FILE.pdf --public-key KEY.pem`.",
    )
    checkpoint = record["checkpoint"]
    pairs = [("Digest of the dossier, SHA-256", record["digest"])]
    if checkpoint:
        stated = json.loads(checkpoint["text"])
        pairs += [
            ("Checkpoint", f"{stated['size']} entries, {words.moment(checkpoint['at'])}"),
            ("Merkle root of the ledger", stated["root"]),
            ("Signature of the checkpoint", checkpoint["signature"]),
        ]
    pairs.append(("Public key, SHA-256", fingerprint))
    pairs.append(("Produced as", "PDF/A-3a, PDF 1.7"))
    yield Facts(pairs)
    number = f"VERSION {record['version']}" if record["approved"] else "NOT APPROVED"
    yield Figure(
        "Reference, version and digest for a reader’s camera, to compare a printed page with the file.",
        figures.qr_code(f"PREMISE {record['reference']} {number} SHA-256 {record['digest'].upper()}"),
    )
