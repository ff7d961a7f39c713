"""The data of a record: a frozen dossier with everything that proves it, as plain JSON (`record.json`).

Built from what cannot change: the approved version (or, before the first approval, the content frozen for it), the
ledger's entries of the decision, and rows that each ledger entry accompanies. So the same state of the ledger gives
the same record, today and in ten years.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.domain.meanings import meaning
from approvals.models import ApprovalRequest, Checkpoint, Identity, LedgerEntry
from approvals.services import checkpoints
from config.kit.canonical import parse, plain, utc_text
from config.kit.refusals import MoveRefused
from decisions.domain.conversation import conversation
from decisions.domain.framing import digest_of as framing_digest
from decisions.domain.reading import dossier_from
from decisions.models import SUBJECT_KIND, Decision, DecisionVersion, Reevaluation
from decisions.record.proving import audit_paths
from decisions.record.verify import SCHEMA
from decisions.services import drafts
from decisions.services.outcomes import approved_in_advance
from metrics.models import MetricDefinition

CHUNK = 10_000
NOTHING_FROZEN = "Submit the decision first: a record is made of content that was frozen for approval."
ERASED = "A person whose name is erased"


@dataclass(frozen=True)
class Frozen:
    """What a record is about: one content that was put up for signature, and the ledger's entries up to its end."""

    decision: Decision
    version: DecisionVersion | None
    request: ApprovalRequest
    entries: tuple[LedgerEntry, ...]

    @property
    def last(self) -> LedgerEntry:
        """Return the newest entry the record tells of."""
        return self.entries[-1]

    @property
    def is_latest(self) -> bool:
        """Say whether no later version replaced this one."""
        return self.version is None or self.version.number == self.decision.version


def frozen(decision: Decision, number: int | None = None) -> Frozen:
    """Return what a record is about: the version of that number, else the one in force, else what was submitted.

    DecisionVersion.DoesNotExist for an unknown number; MoveRefused when nothing was ever submitted.
    """
    entries = tuple(LedgerEntry.objects.filter(stream=decision.stream).order_by("seq"))
    if number is None and not decision.version:
        requests = ApprovalRequest.objects.filter(kind=SUBJECT_KIND, subject_id=decision.reference)
        submitted = requests.order_by("-opened_at", "-pk").first()
        if submitted is None:
            raise MoveRefused([NOTHING_FROZEN])
        return Frozen(decision, None, submitted, entries)
    version = decision.versions.select_related("request").get(number=number or decision.version)
    return Frozen(decision, version, version.request, _until(entries, version.number + 1))


def _until(entries: Sequence[LedgerEntry], number: int) -> tuple[LedgerEntry, ...]:
    """Return the entries up to the one that put a version in force, or all when it never came."""
    for position, entry in enumerate(entries):
        if entry.verb == "decision.in_force" and json.loads(entry.payload)["version"] == number:
            return tuple(entries[: position + 1])
    return tuple(entries)


def covering(seq: int) -> Checkpoint:
    """Return the first checkpoint that covers an entry, made now when there is none: later ones change no record."""
    found = Checkpoint.objects.filter(size__gte=seq).first()
    if found is None:
        checkpoints.write()
        found = Checkpoint.objects.filter(size__gte=seq).first()
    if found is None:
        raise LookupError(f"No checkpoint covers the ledger's entry {seq}.")
    return found


def content(about: Frozen, checkpoint: Checkpoint, known: Sequence[Identity]) -> dict[str, Any]:
    """Return the record's data as plain JSON."""
    decision, version = about.decision, about.version
    names = {identity.commitment: identity.name or identity.username for identity in known}
    users = {identity.user_id: identity.name or identity.username for identity in known}
    dossier = parse(version.text if version else about.request.content)
    paths = _paths(about.entries, checkpoint)
    data: dict[str, Any] = plain(
        {
            "schema": SCHEMA,
            "reference": decision.reference,
            "title": dossier["frame"]["title"],
            "state": decision.state if about.is_latest else "replaced",
            "approved": version is not None,
            "version": version.number if version else 0,
            "request": about.request.pk,
            "approved_at": version.approved_at if version else None,
            "as_of": about.last.at,
            "digest": version.digest if version else about.request.digest,
            "dossier": dossier,
            "metrics": _metrics(dossier, version.approved_at if version else about.request.opened_at),
            "people": [
                {"commitment": i.commitment, "salt": i.salt, "username": i.username, "name": i.name} for i in known
            ],
            "framing": _framing(about, dossier, names),
            "signatures": [_signature(e, names) for e in about.entries if e.verb == "signature.given"],
            "carried": [_carried(e, names) for e in about.entries if e.verb == "signature.carried"],
            "versions": _versions(about, names),
            "conversation": conversation([_entry(entry, []) for entry in about.entries], names),
            "authors": _authors(about),
            "reevaluations": _reevaluations(about, users),
            "commitments": _commitments(about),
            "doubts": _doubts(about),
            "template": {name: getattr(decision.template, name) for name in ("key", "name", "number")},
            "reviews": _reviews(about, users),
            "closing": _closing(about, users),
            "previous": decision.previous.reference if decision.previous else None,
            "superseded_by": _successor(about),
            "ledger": [_entry(entry, paths[entry.seq - 1]) for entry in about.entries],
            "checkpoint": {"text": checkpoint.text, "signature": checkpoint.signature, "at": checkpoint.at},
        }
    )
    return data


def _framing(about: Frozen, dossier: dict[str, Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return who agreed to the framing of this content before it was scored, the last time each of them did."""
    framing = framing_digest(dossier_from(dossier))
    agreed = {e.actor: e for e in about.entries if e.verb == "framing.agreed"}
    return [
        {"name": names.get(actor, ERASED), "at": entry.at, "digest": framing, "ledger": entry.seq}
        for actor, entry in agreed.items()
        if json.loads(entry.payload)["digest"] == framing
    ]


def _paths(entries: Sequence[LedgerEntry], checkpoint: Checkpoint) -> dict[int, list[str]]:
    rows = LedgerEntry.objects.filter(seq__lte=checkpoint.size).order_by("seq").values_list("leaf", flat=True)
    leaves = [bytes.fromhex(leaf) for leaf in rows.iterator(CHUNK)]
    return audit_paths(leaves, [entry.seq - 1 for entry in entries])


def _entry(entry: LedgerEntry, proof: list[str]) -> dict[str, Any]:
    columns = ("seq", "stream", "stream_seq", "at", "actor", "verb", "subject", "payload", "leaf", "previous", "chain")
    return {**{column: getattr(entry, column) for column in columns}, "proof": proof}


def _signature(entry: LedgerEntry, names: Mapping[str, str]) -> dict[str, Any]:
    payload = json.loads(entry.payload)
    whom = names.get(payload["for_whom"], ERASED) if payload["for_whom"] else None
    same = ("request", "stage_name", "verdict", "comment", "digest", "credential", "signed_at")
    return {
        **{key: payload[key] for key in same},
        "name": names.get(entry.actor, ERASED),
        "for_whom": whom,
        "meaning": meaning(payload["verdict"], for_whom=whom or ""),
        "conditions": payload.get("conditions", []),
        "ledger": entry.seq,
    }


def _carried(entry: LedgerEntry, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a vote that survived a resubmission: given for one content, counted for another, bound to both."""
    payload = json.loads(entry.payload)
    same = ("request", "stage_name", "verdict", "digest", "carried_digest", "signed_at")
    return {
        **{key: payload[key] for key in same},
        "name": names.get(payload["signer"], ERASED),
        "for_whom": names.get(payload["for_whom"], ERASED) if payload["for_whom"] else None,
        "ledger": entry.seq,
    }


def _authors(about: Frozen) -> list[dict[str, Any]]:
    """Return who wrote in which section, up to what was signed."""
    found = drafts.contributors(about.decision, until=about.request.opened_at)
    return [
        {"section": each.section, "name": each.person, "saves": each.saves, "first": each.first, "last": each.last}
        for each in found
    ]


def _metrics(dossier: dict[str, Any], at: datetime) -> dict[str, dict[str, str]]:
    """Return name, unit and cadence of every metric named, by the definition pinned, else by the one in force."""
    pinned = {m["metric"]: m["definition_version"] for m in dossier["metrics"]["success_metrics"]}
    keys = {key for key in _metric_keys(dossier) if key}
    rows = MetricDefinition.objects.filter(metric__key__in=keys, approved_at__lte=at).order_by("approved_at", "number")
    found: dict[str, dict[str, str]] = {}
    for key, number, name, unit, cadence in rows.values_list("metric__key", "number", "name", "unit", "cadence"):
        if pinned.get(key) in {None, number}:
            found[key] = {"name": name, "unit": unit, "cadence": cadence}
    return found


def _metric_keys(value: Any) -> Iterable[str]:
    """Yield whatever stands under a key named metric, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "metric" and isinstance(item, str):
                yield item
            else:
                yield from _metric_keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _metric_keys(item)


def _versions(about: Frozen, names: Mapping[str, str]) -> list[dict[str, Any]]:
    opened = {json.loads(e.payload)["change"]: e for e in about.entries if e.verb == "change.opened"}
    rows = []
    for version in about.decision.versions.order_by("number"):
        if about.version is None or version.number > about.version.number:
            break
        entry = opened.get(version.change_id)
        change = None
        if entry is not None:
            payload = json.loads(entry.payload)
            opener = names.get(entry.actor, ERASED)
            change = {
                "class": payload["class"],
                "reason": payload["reason"],
                "opened_by": opener,
                "opened_at": entry.at,
            }
        rows.append(
            {
                "number": version.number,
                "digest": version.digest,
                "approved_at": version.approved_at,
                "request": version.request_id,
                "change": change,
            }
        )
    return rows


def _reevaluations(about: Frozen, users: Mapping[int, str]) -> list[dict[str, Any]]:
    related = ("breaches__metric", "grounds", "escalations")
    tasks = about.decision.reevaluations.order_by("opened_at", "pk").prefetch_related(*related)
    if not about.is_latest and about.version is not None:
        tasks = tasks.filter(version__lte=about.version.number)
    return [_reevaluation(task, users) for task in tasks]


def _reevaluation(task: Reevaluation, users: Mapping[int, str]) -> dict[str, Any]:
    same = ("version", "cause", "state", "severity", "question", "outcome", "reason", "evidence")
    moments = ("opened_at", "due_at", "breached_at", "acknowledged_at", "answered_at")
    return {
        "id": task.pk,
        **{name: getattr(task, name) for name in same + moments},
        "acknowledged_by": users.get(task.acknowledged_by_id or 0),
        "answered_by": users.get(task.answered_by_id or 0),
        "approved_under": task.request_id,
        "approved_in_advance": approved_in_advance(task, task.outcome) if task.outcome else False,
        "reopens": task.reopens_id,
        "reversed_at": task.reversed_at,
        "grounds": [
            {"cause": each.cause, "sentence": each.sentence, "severity": each.severity, "at": each.at}
            for each in task.grounds.all()
        ],
        "escalations": [
            {"step": each.step, "person": users.get(each.person_id or 0), "at": each.at}
            for each in task.escalations.all()
        ],
        "latency_seconds": int(task.latency.total_seconds()) if task.latency is not None else None,
        "breaches": [
            {
                "metric": breach.metric.key,
                "sentence": breach.sentence,
                "statement": breach.statement,
                "value": breach.value,
                "period_start": breach.period_start,
                "period_end": breach.period_end,
                "late": breach.late,
                "retracted_at": breach.retracted_at,
            }
            for breach in task.breaches.all()
        ],
    }


def _doubts(about: Frozen) -> list[dict[str, Any]]:
    """Return which of the data that it rests on were in doubt, and until when; none for one that goes on."""
    ended = {json.loads(e.payload)["doubt"]: e.at for e in about.entries if e.verb == "decision.data_cleared"}
    marked = [(e, json.loads(e.payload)) for e in about.entries if e.verb == "decision.data_in_doubt"]
    same = ("metric", "check", "severity", "since")
    return [
        {**{name: told[name] for name in same}, "until": ended.get(told["doubt"]), "ledger": entry.seq}
        for entry, told in marked
    ]


def _commitments(about: Frozen) -> list[dict[str, Any]]:
    if not about.is_latest:
        return []
    columns = ("key", "text", "state", "settled_at", "note")
    return list(about.decision.commitments.order_by("due_on", "key").values(*columns))


def _reviews(about: Frozen, users: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return the held reviews as they were frozen, up to the version that the record is about."""
    held = [(row, parse(row.text)) for row in about.decision.reviews.exclude(text="").order_by("held_at", "pk")]
    if not about.is_latest and about.version is not None:
        held = [(row, content) for row, content in held if content["version"] <= about.version.number]
    return [
        {"held_at": row.held_at, "held_by": users.get(row.held_by_id or 0), "digest": row.digest, "content": content}
        for row, content in held
    ]


def _closing(about: Frozen, users: Mapping[int, str]) -> dict[str, Any] | None:
    closing = getattr(about.decision, "closing", None)
    if closing is None or not about.is_latest:
        return None
    same = ("outcome", "process", "reason", "process_reason", "lessons")
    return {
        **{name: getattr(closing, name) for name in same},
        "at": utc_text(closing.at),
        "by": users.get(closing.by_id),
    }


def _successor(about: Frozen) -> str | None:
    successor = about.decision.superseded_by
    return successor.reference if successor and about.is_latest else None
