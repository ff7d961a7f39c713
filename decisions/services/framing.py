"""Keep the framing and the scores apart: no score before everyone agreed, no change of the framing after it.

Called by whoever stores sections, with the decision's row locked. The verbs of people are in `agreeing`.
"""

from collections.abc import Iterator
from typing import Any

from config.kit.canonical import parse
from config.kit.refusals import MoveRefused, Reason
from decisions.domain import framing as rules
from decisions.domain.dossier import Criteria, Dossier
from decisions.domain.obstacles import Obstacle
from decisions.domain.reading import dossier_from, section_from
from decisions.models import Decision, Framing, Section
from decisions.services.places import framing_url


def framing_of(decision: Decision) -> Framing:
    """Return the framing; for a decision from before framings were agreed, an unsaved one that says what holds."""
    found = Framing.objects.filter(decision=decision).first()
    return found or _from_before(decision)


def _from_before(decision: Decision) -> Framing:
    """Return the framing of a decision that has none: what was approved counts as agreed."""
    contents = dict(decision.sections.values_list("key", "content"))
    fresh = Framing(decision=decision, digest=rules.digest_of(dossier_from(contents)))
    if decision.version:
        _settle_by_approval(fresh, decision)
    return fresh


def _settle_by_approval(framing: Framing, decision: Decision) -> None:
    version = decision.versions.get(number=decision.version)
    approved = dossier_from(parse(version.text))
    framing.agreed_digest, framing.agreed_at = rules.digest_of(approved), version.approved_at
    framing.confirmed = rules.cells(approved.criteria)


def begin(decision: Decision, dossier: Dossier) -> Framing:
    """Give a new draft its framing: nobody has agreed yet, and scores it came with are still to be confirmed."""
    return Framing.objects.create(decision=decision, digest=rules.digest_of(dossier))


def settle_by_approval(decision: Decision) -> None:
    """Go back to the framing and the scores in force, after an amendment was given up."""
    framing = framing_of(decision)
    _settle_by_approval(framing, decision)
    framing.digest = framing.agreed_digest
    framing.save()


def scoring_locked(decision: Decision) -> Reason | None:
    """Return why scores cannot be entered, with the place where people agree; None when they can."""
    sentence = rules.scoring_locked(agreed=framing_of(decision).is_agreed)
    return Reason(sentence, framing_url(decision.reference)) if sentence else None


def refuse_unless_agreed(decision: Decision) -> None:
    """Raise MoveRefused unless everyone named has agreed to the framing; for whoever stores scores or ballots."""
    if reason := scoring_locked(decision):
        raise MoveRefused([reason])


def confirm_cells(decision: Decision, criteria: Criteria, changed: frozenset[str] | None = None) -> None:
    """Remember scores (all, or the changed ones) as given under the framing agreed; the caller has asked for it."""
    framing = framing_of(decision)
    now = rules.cells(criteria)
    kept = {} if changed is None else {cell: text for cell, text in framing.confirmed.items() if cell in now}
    wanted = now if changed is None else {cell: now[cell] for cell in changed}
    framing.confirmed = {**kept, **wanted}
    framing.save()


def before_saving(decision: Decision, stored: Section, value: Any) -> None:
    """Refuse a save of a section that changes an agreed framing, or scores without one; follow what it changes.

    The decision's row is locked, so that nobody agrees to a framing while it is being saved.
    """
    if stored.key not in rules.FRAMED:
        return
    before = section_from(stored.key, stored.content)
    reframed = rules.framed(stored.key, before) != rules.framed(stored.key, value)
    scored = rules.changed_cells(before, value) if stored.key == "criteria" else frozenset[str]()
    if not reframed and not scored:
        return
    framing = framing_of(decision)
    if reframed and framing.is_agreed:
        raise MoveRefused([Reason(rules.AGREED, framing_url(decision.reference))])
    if scored and not framing.is_agreed:
        raise MoveRefused([Reason(rules.LOCKED, framing_url(decision.reference))])
    if reframed:
        framing.digest = _digest_with(decision, stored.key, value)
        framing.save()
    if scored:
        confirm_cells(decision, value, scored)


def _digest_with(decision: Decision, key: str, value: Any) -> str:
    rows = decision.sections.filter(key__in=rules.FRAMED).exclude(key=key)
    parts = {row.key: section_from(row.key, row.content) for row in rows} | {key: value}
    return rules.framing_digest(parts["background"], parts["metrics"], parts["criteria"])


def obstacles_of(framing: Framing, dossier: Dossier) -> Iterator[Obstacle]:
    """Yield why the content may not be submitted as far as framing goes: not agreed, or scores not confirmed."""
    if not framing.is_agreed:
        yield Obstacle("Have the framing agreed by everyone named for it.", "criteria", "framing")
    elif stale := rules.stale_cells(dossier.criteria, framing.confirmed):
        count = f"{len(stale)} scores were" if len(stale) > 1 else "One score was"
        yield Obstacle(
            f"{count} given under another framing; confirm them, or score again.", "criteria", "framing-scores"
        )
