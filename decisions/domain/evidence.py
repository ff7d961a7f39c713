"""The evidence of a whole dossier: every piece, what it supports, and what nothing supports.

A piece is known by its place: `costs.e1` in a section, `options.b.e1` in an option, `criteria.a1.e1` in an
assumption. What may be supported is a section (`costs`) or a claim in it: `option:b`, `signal:b`, `impact:b:m1`,
`score:q1:b`, `assumption:a1`.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import Any

from config.kit.canonical import canonical, utc_text
from decisions.domain.brief import brief
from decisions.domain.dossier import SECTIONS, Dossier, Estimate, Evidence, Finding, Signal, Snapshot
from decisions.domain.writing import section_to

TITLES = dict(SECTIONS)
NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True)
class Piece:
    """One piece of evidence: where it stands, whom to ask, and the keys of everything it supports."""

    place: str
    section: str
    home: str
    owner: str
    evidence: Evidence

    @property
    def supports(self) -> tuple[str, ...]:
        """Return what it supports, where it stands first."""
        return tuple(dict.fromkeys((self.home, *self.evidence.supports)))

    @property
    def name(self) -> str:
        """Return what people call it."""
        return self.evidence.title or self.evidence.reference or self.evidence.id


@dataclass(frozen=True)
class Claim:
    """Something that evidence may support; `wanting` when it says something, so that its lack is a gap."""

    key: str
    section: str
    label: str
    anchor: str
    wanting: bool = True


def pieces(dossier: Dossier) -> tuple[Piece, ...]:
    """Return every piece of evidence, in the order of the sections."""
    return tuple(_pieces(dossier))


def _pieces(dossier: Dossier) -> Iterator[Piece]:
    for key, _ in SECTIONS:
        given = getattr(dossier, key).provenance
        yield from _at(key, key, key, given.assumption_owner, given.evidence)
        if key == "options":
            for option in dossier.options.options:
                home = f"option:{option.id}"
                yield from _at(key, home, f"options.{option.id}", given.assumption_owner, option.evidence)
        if key == "criteria":
            for item in dossier.criteria.assumptions:
                yield from _at(key, f"assumption:{item.id}", f"criteria.{item.id}", item.owner, item.evidence)


def _at(section: str, home: str, place: str, owner: str, evidence: Iterable[Evidence]) -> Iterator[Piece]:
    for item in evidence:
        yield Piece(f"{place}.{item.id}", section, home, item.owner.strip() or owner, item)


def claims(dossier: Dossier, metrics: Mapping[str, str] = NO_NAMES) -> dict[str, Claim]:
    """Return everything that evidence may support, by key, in the order of the sections; `metrics`: names by key."""
    return {claim.key: claim for claim in _claims(dossier, metrics)}


def _claims(dossier: Dossier, metrics: Mapping[str, str] = NO_NAMES) -> Iterator[Claim]:
    more: dict[str, Callable[[Dossier], Iterator[Claim]]] = {
        "options": _of_options,
        "impacts": partial(_of_impacts, metrics=metrics),
        "costs": _of_costs,
        "criteria": _of_criteria,
    }
    for key, title in SECTIONS:
        yield Claim(key, key, f"Section “{title}”", "evidence")
        if key in more:
            yield from more[key](dossier)


def _of_options(dossier: Dossier) -> Iterator[Claim]:
    for option in dossier.options.options:
        name, anchor = option.name.strip() or option.id, f"option-{option.id}"
        yield Claim(f"option:{option.id}", "options", f"Option “{name}”", anchor)
        yield Claim(f"signal:{option.id}", "options", f"Signal of “{name}”", anchor, option.signal != Signal())
        risky = option.risk_indicator != Signal()
        yield Claim(f"risk_indicator:{option.id}", "options", f"Risk indicator of “{name}”", anchor, risky)


def _of_impacts(dossier: Dossier, metrics: Mapping[str, str]) -> Iterator[Claim]:
    given = {(i.option, i.success_metric) for i in dossier.impacts.impacts if i.estimate != Estimate()}
    stated = {effect.option for effect in dossier.impacts.side_effects if effect.text.strip()}
    for option in dossier.options.options:
        name = option.name.strip() or option.id
        for item in dossier.metrics.success_metrics:
            label = f"Impact of “{name}” on {metrics.get(item.metric) or item.metric or item.id}"
            anchor = f"impact-{option.id}-{item.id}"
            yield Claim(f"impact:{option.id}:{item.id}", "impacts", label, anchor, (option.id, item.id) in given)
        label = f"Side effects of “{name}”"
        yield Claim(f"side_effects:{option.id}", "impacts", label, f"side_effect-{option.id}", option.id in stated)


def _of_costs(dossier: Dossier) -> Iterator[Claim]:
    given = {cost.option for cost in dossier.costs.costs if cost.cost != Estimate()}
    for option in dossier.options.options:
        label = f"Cost of “{option.name.strip() or option.id}”"
        yield Claim(f"cost:{option.id}", "costs", label, f"cost-{option.id}", option.id in given)


def _of_criteria(dossier: Dossier) -> Iterator[Claim]:
    given = {(score.criterion, score.option) for score in dossier.criteria.scores if score.estimate != Estimate()}
    for criterion in dossier.criteria.criteria:
        for option in dossier.options.options:
            label = f"Score of “{option.name.strip() or option.id}” on {criterion.name.strip() or criterion.id}"
            key, anchor = f"score:{criterion.id}:{option.id}", f"score-{criterion.id}-{option.id}"
            yield Claim(key, "criteria", label, anchor, (criterion.id, option.id) in given)
    for item in dossier.criteria.assumptions:
        label = f"Assumption “{brief(item.statement) or item.id}”"
        yield Claim(f"assumption:{item.id}", "criteria", label, f"assumption-{item.id}")


def supported(dossier: Dossier) -> frozenset[str]:
    """Return the keys of everything that some piece supports."""
    return frozenset(key for piece in _pieces(dossier) for key in piece.supports)


def gaps(dossier: Dossier, metrics: Mapping[str, str] = NO_NAMES) -> tuple[Claim, ...]:
    """Return the claims that say something and that no evidence supports."""
    held = supported(dossier)
    return tuple(claim for claim in _claims(dossier, metrics) if claim.wanting and claim.key not in held)


def fingerprint(evidence: Evidence) -> str:
    """Return the digest of what a piece is, whatever its dates, owner and use."""
    bare = dataclasses.replace(evidence, id="e", retrieved_on=None, refresh_on=None, owner="", supports=())
    return hashlib.sha256(canonical(section_to(bare)).encode()).hexdigest()


def section_of(place: str) -> str:
    """Return the section in which a piece stands."""
    return place.partition(".")[0]


def assumption_of(place: str) -> str:
    """Return the assumption that what stands at a place belongs to, or nothing."""
    section, _, rest = place.partition(".")
    if section not in TITLES:
        return section
    holder, _, piece = rest.partition(".")
    return holder if section == "criteria" and piece else ""


def with_piece(section: Any, place: str, evidence: Evidence | None) -> Any:
    """Return a section with the piece at a place of it replaced, added, or (None) removed."""
    holder, _, identifier = place.rpartition(".")
    item = holder.rpartition(".")[2]
    if holder in TITLES:
        kept = _list(section.provenance.evidence, identifier, evidence)
        return dataclasses.replace(section, provenance=dataclasses.replace(section.provenance, evidence=kept))
    if holder.startswith("options."):
        return dataclasses.replace(section, options=_held(section.options, item, identifier, evidence))
    return dataclasses.replace(section, assumptions=_held(section.assumptions, item, identifier, evidence))


def _held(items: tuple[Any, ...], holder: str, identifier: str, evidence: Evidence | None) -> tuple[Any, ...]:
    return tuple(
        dataclasses.replace(item, evidence=_list(item.evidence, identifier, evidence)) if item.id == holder else item
        for item in items
    )


def _list(given: tuple[Evidence, ...], identifier: str, evidence: Evidence | None) -> tuple[Evidence, ...]:
    if evidence is None:
        return tuple(item for item in given if item.id != identifier)
    replaced = tuple(evidence if item.id == identifier else item for item in given)
    return replaced if evidence in replaced else (*given, evidence)


def is_pinned(evidence: Evidence) -> bool:
    """Say whether a metric's value was pinned."""
    return evidence.snapshot != Snapshot()


def finding_words(finding: Finding) -> str:
    """Write what was pinned of an experiment: verdict, figures, reason, what spoke against it, plan and day."""
    if finding == Finding():
        return ""
    verdict = finding.verdict.replace("_", " ").capitalize() or "Still running"
    against = f"Against it: {' '.join(finding.concerns)} It stands all the same: {finding.despite}"
    parts = [
        f"{verdict}.",
        f"Hypothesis: {finding.hypothesis}",
        finding.result or "No figures.",
        f"Reason: {finding.reason}" if finding.reason else "",
        against if finding.concerns else "",
        f"Plan {finding.plan_digest}, as of {moment_words(finding.pinned_at)}.",
    ]
    return " ".join(part for part in parts if part)


def moment_words(text: str) -> str:
    """Write a time of a dossier for reading, to the digit that says something; another text stays as it is."""
    try:
        at = datetime.fromisoformat(text)
        if utc_text(at) != text:
            return text
    except (ValueError, OverflowError):
        return text
    exact = "auto" if at.second or at.microsecond else "minutes"
    clock = "" if at.time() == time() else f", {at.time().isoformat(exact)} UTC"
    return f"{at.day} {at:%b %Y}{clock}"


def files(content: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every piece of a dossier's JSON that is a file, at any depth."""
    if isinstance(content, dict):
        if content.get("kind") == "file" and content.get("sha256"):
            yield content
        for value in content.values():
            yield from files(value)
    elif isinstance(content, list):
        for value in content:
            yield from files(value)
