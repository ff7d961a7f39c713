"""The record's HTML: cover, contents, chapters. A pure function of the record's data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from decisions.domain.dossier import Dossier
from decisions.domain.reading import dossier_from
from decisions.domain.scoring import complaints, model_from, rank
from decisions.record import proofs, register, sections, words
from decisions.record.blocks import Chapter, Note
from decisions.record.known import Known

ENDED = {"rejected", "abandoned"}
TONES = {"in_force": "ok", "questioned": "bad", "stopped": "bad", "rejected": "bad"}


@dataclass(frozen=True, kw_only=True)
class Cover:
    """The first page."""

    status: str
    tone: str
    facts: list[tuple[str, str]]
    recommended: str
    rationale: str
    ranking: Note | None
    signed: list[tuple[str, str]]


def html(record: Mapping[str, Any], fingerprint: str) -> str:
    """Return the whole document; `fingerprint` names the key that will sign it."""
    dossier = dossier_from(record["dossier"])
    known = _known(record)
    chapters: list[Chapter] = [
        *sections.chapters(dossier, known),
        *register.chapters(dossier, known),
        *proofs.chapters(record, fingerprint),
    ]
    context = {
        "record": record,
        "dossier": dossier,
        "cover": _cover(record, dossier, known),
        "chapters": chapters,
        "created": record["as_of"][:19] + "Z",
        "version": f"Version {record['version']}" if record["approved"] else _unapproved(record),
        "language": dossier.frame.language or "en",
    }
    return render_to_string("decisions/record/record.html", context)


def _known(record: Mapping[str, Any]) -> Known:
    return Known(
        people={person["username"]: person["name"] for person in record["people"] if person["username"]},
        metric_names={key: metric["name"] for key, metric in record["metrics"].items()},
        units={key: metric["unit"] for key, metric in record["metrics"].items()},
        cadences={key: metric.get("cadence", "") for key, metric in record["metrics"].items()},
    )


def _cover(record: Mapping[str, Any], dossier: Dossier, known: Known) -> Cover:
    frame, recommendation = dossier.frame, dossier.recommendation
    chosen = next((o.name or o.id for o in dossier.options.options if o.id == recommendation.option), "")
    facts = [
        ("Owner", known.person(frame.owner)),
        ("Owner of last resort", known.person(frame.owner_of_last_resort)),
        ("Tier", words.TIERS.get(frame.tier, frame.tier)),
        ("Classification", words.CLASSIFICATIONS.get(frame.classification, frame.classification)),
        ("Approved", words.moment(record["approved_at"])),
        ("Template", _template(record)),
        ("First review", words.day(dossier.schedule.first_review_on)),
        ("As of", words.moment(record["as_of"])),
        ("Digest", record["digest"][:16] + "…"),
    ]
    now = [s for s in record["signatures"] if s["request"] == record["request"]]
    return Cover(
        status=words.label(record["state"]),
        tone=TONES.get(record["state"], "info" if record["approved"] else "warn"),
        facts=[fact for fact in facts if fact[1] != words.NONE],
        recommended=chosen,
        rationale=recommendation.rationale,
        ranking=_fragile(dossier),
        signed=[(_signer(s), f"{words.VERDICTS.get(s['verdict'])}, {words.moment(s['signed_at'])}") for s in now]
        + [
            (_signer(s), f"{words.VERDICTS.get(s['verdict'])}, carried over from {words.moment(s['signed_at'])}")
            for s in record.get("carried", ())
            if s["request"] == record["request"]
        ],
    )


def _template(record: Mapping[str, Any]) -> str:
    """Name the template version that the decision began with; records from before templates had versions have none."""
    template = record.get("template")
    return f"{template['name']}, version {template['number']}" if template else words.NONE


def _unapproved(record: Mapping[str, Any]) -> str:
    """Say on every page what kind of content this is that nobody may act on."""
    return f"{words.label(record['state'])}, not approved" if record["state"] in ENDED else "Draft, not approved"


def _signer(signature: Mapping[str, Any]) -> str:
    return f"{signature['name']}, for {signature['for_whom']}" if signature["for_whom"] else signature["name"]


def _fragile(dossier: Dossier) -> Note | None:
    model = model_from(dossier)
    if complaints(model):
        return None
    ranking = rank(model, weights="around")
    return Note("warn", "Fragile ranking", ranking.fragile_reasons) if ranking.fragile else None
