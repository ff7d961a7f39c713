"""The framing: what is agreed before anything is scored, and which scores were given under it.

Objective, success criteria, trade-off with stance, success metrics with the definitions they are pinned to,
guardrails, criteria and their weights. People agree to it by its digest; once all of them did, it stays as it is
until somebody re-opens it with a reason.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from config.kit.canonical import canonical, digest
from decisions.domain.dossier import Background, Criteria, Dossier, Estimate, Metrics, Score
from decisions.domain.writing import section_to

FRAMED: Mapping[str, tuple[str, ...]] = {
    "background": ("objective", "success_criteria", "trade_off"),
    "metrics": ("success_metrics", "guardrails"),
    "criteria": ("criteria",),
}
"""Section → its fields that belong to the framing."""

LOCKED = "Scores can be entered once everyone named has agreed to the framing."
AGREED = "The framing is agreed; re-open it with a reason before you change it."


def framing_digest(background: Background, metrics: Metrics, criteria: Criteria) -> str:
    """Return the digest of the framing; the order of metrics, guardrails and criteria does not matter."""
    parts = {"background": background, "metrics": metrics, "criteria": criteria}
    return digest({key: framed(key, section) for key, section in parts.items()})


def digest_of(dossier: Dossier) -> str:
    """Return the digest of a dossier's framing."""
    return framing_digest(dossier.background, dossier.metrics, dossier.criteria)


def framed(key: str, section: Any) -> dict[str, Any]:
    """Return what of one section belongs to the framing, as plain JSON."""
    plain = section_to(section)
    found = {name: plain.get(name) for name in FRAMED.get(key, ())}
    return {
        name: sorted(value, key=lambda item: str(item["id"])) if isinstance(value, list) else value
        for name, value in found.items()
    }


def framing_gaps(dossier: Dossier) -> Iterator[str]:
    """Yield what the framing still lacks before anybody can agree to it."""
    background, criteria = dossier.background, dossier.criteria.criteria
    if not background.objective.strip():
        yield "Write the objective first."
    if background.trade_off.stance is None:
        yield "Say where you stand between the two poles of the trade-off, 0 to 100."
    if not any(item.metric for item in dossier.metrics.success_metrics):
        yield "Name at least one success metric."
    for item in dossier.metrics.success_metrics:
        if item.metric and item.definition_version is None:
            yield f"Pin “{item.metric}” to an approved version of its definition."
    if not dossier.metrics.guardrails:
        yield "Set at least one guardrail."
    if not criteria:
        yield "Name the criteria that options are scored on."
    for criterion in criteria:
        if not criterion.weight:
            yield f"Give the criterion “{criterion.name or criterion.id}” a weight."


def cells(criteria: Criteria) -> dict[str, str]:
    """Return criterion/option → what was scored there, for every cell that holds an estimate."""
    return {cell_of(score): _text(score) for score in criteria.scores if score.estimate != Estimate()}


def cell_of(score: Score) -> str:
    """Return the name of a score's cell."""
    return f"{score.criterion}/{score.option}"


def _text(score: Score) -> str:
    return canonical(section_to(score.estimate))


def changed_cells(before: Criteria, after: Criteria) -> frozenset[str]:
    """Return the cells that were scored, or scored differently, by a save; a score taken away changes none."""
    old = cells(before)
    return frozenset(cell for cell, text in cells(after).items() if old.get(cell) != text)


def stale_cells(criteria: Criteria, confirmed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the cells whose score was not given, or confirmed, under the framing that is agreed."""
    return tuple(cell for cell, text in cells(criteria).items() if confirmed.get(cell) != text)


def scoring_locked(*, agreed: bool) -> str:
    """Say why scores cannot be entered; empty when they can."""
    return "" if agreed else LOCKED
