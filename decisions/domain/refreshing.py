"""What a next cycle copied and must look at again: evidence and assumptions near their date, pins, scores, days.

A mark is settled by changing what it is about, by removing it, or by confirming that it stands.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from config.kit.canonical import canonical
from decisions.domain.asking import evidence_of
from decisions.domain.brief import brief
from decisions.domain.dossier import SECTIONS, Assumption, Dossier
from decisions.domain.obstacles.common import Obstacle
from decisions.domain.writing import section_to

NEAR = timedelta(days=30)
"""What goes stale within so many days is asked about, too: it would be overdue before the decision is in force."""

Found = Iterator[tuple[str, str, str, str, Any]]
"""Key, section, anchor, sentence, and the value that the mark is about."""


@dataclass(frozen=True)
class Mark:
    """One thing to look at again; `seen` is the digest of what it was when it was copied."""

    key: str
    section: str
    anchor: str
    sentence: str
    seen: str


def marks(dossier: Dossier, *, today: date, newest: Mapping[str, int]) -> tuple[Mark, ...]:
    """Return the marks of a copied dossier; `newest` is the number of each metric's definition in force."""
    found = (*_dated(dossier, today + NEAR), *_pins(dossier, newest), *_scores(dossier), *_days(dossier, today))
    return tuple(Mark(key, section, anchor, sentence, seen(value)) for key, section, anchor, sentence, value in found)


def seen(value: Any) -> str:
    """Return the digest of a value of a dossier, to see later whether it was changed."""
    plain = [section_to(item) for item in value] if isinstance(value, tuple) else section_to(value)
    return hashlib.sha256(canonical(plain).encode()).hexdigest()


def changed(dossier: Dossier, key: str, was: str) -> bool:
    """Say whether what a mark is about was changed or removed since it was copied."""
    value = _value(dossier, key)
    return value is None or seen(value) != was


def unsettled(dossier: Dossier, open_marks: Collection[Mark]) -> Iterator[Obstacle]:
    """Yield an obstacle for every mark that nobody confirmed and that is about something unchanged."""
    for mark in open_marks:
        if not changed(dossier, mark.key, mark.seen):
            yield Obstacle(f"Refresh or confirm: {mark.sentence}", mark.section, mark.anchor)


def _dated(dossier: Dossier, until: date) -> Found:
    for key, title in SECTIONS:
        section = getattr(dossier, key)
        for place, anchor, item in _evidence(key, section):
            if item.refresh_on is None or item.refresh_on <= until:
                named = item.title or item.reference or item.id
                sentence = f"the evidence “{named}” of “{title}” {_when(item.refresh_on)}."
                yield f"evidence:{key}:{place}", key, anchor, sentence, item
        refresh_on = section.provenance.refresh_on
        if refresh_on is not None and refresh_on <= until:
            sentence = f"the data of “{title}” {_when(refresh_on)}."
            yield f"data:{key}", key, "refresh_on", sentence, section.provenance
    for item in dossier.criteria.assumptions:
        if item.refresh_on is None or item.refresh_on <= until:
            sentence = f"the assumption “{_short(item.statement, item.id)}” {_when(item.refresh_on)}."
            yield f"assumption:{item.id}", "criteria", f"assumption-{item.id}", sentence, _belief(item)


def _evidence(key: str, section: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the evidence of a section and of what has a page of its own in it: place, anchor, evidence."""
    for item in section.provenance.evidence:
        yield item.id, "evidence", item
    holders = {"options": ("option", "options"), "criteria": ("assumption", "assumptions")}
    if key in holders:
        noun, many = holders[key]
        for holder in getattr(section, many):
            for item in evidence_of(holder):
                yield f"{holder.id}.{item.id}", f"{noun}-{holder.id}", item


def _pins(dossier: Dossier, newest: Mapping[str, int]) -> Found:
    for item in dossier.metrics.success_metrics:
        number, pinned = newest.get(item.metric), item.definition_version
        if number is not None and pinned is not None and number > pinned:
            sentence = f"“{item.metric}” is pinned to version {pinned} of its definition; version {number} is in force."
            yield f"metric:{item.id}", "metrics", f"success_metric-{item.id}", sentence, item


def _scores(dossier: Dossier) -> Found:
    for option in dossier.options.options:
        scores = tuple(score for score in dossier.criteria.scores if score.option == option.id)
        if scores:
            anchor = f"score-{scores[0].criterion}-{option.id}"
            sentence = f"the scores of “{option.name or option.id}” were given in the previous cycle."
            yield f"scores:{option.id}", "criteria", anchor, sentence, scores


def _days(dossier: Dossier, today: date) -> Found:
    for item in dossier.schedule.commitments:
        if item.due_on is not None and item.due_on <= today:
            sentence = f"the commitment “{_short(item.text, item.id)}” was due on {_day(item.due_on)}."
            yield f"commitment:{item.id}", "schedule", f"commitment-{item.id}", sentence, item
    first = dossier.schedule.first_review_on
    if first is not None and first <= today:
        sentence = f"the first review lies in the past, on {_day(first)}."
        yield "first_review", "schedule", "first_review_on", sentence, dossier.schedule
    for belief in dossier.criteria.assumptions:
        if belief.manual_check_on is not None and belief.manual_check_on <= today:
            sentence = (
                f"“{_short(belief.statement, belief.id)}” was to be checked by hand on {_day(belief.manual_check_on)}."
            )
            yield f"check:{belief.id}", "criteria", f"assumption-{belief.id}", sentence, _belief(belief)


def _value(dossier: Dossier, key: str) -> Any:
    """Return what a mark is about as it is now; None when it is gone."""
    kind, _, rest = key.partition(":")
    if kind == "evidence":
        section, _, place = rest.partition(":")
        return next((item for at, _, item in _evidence(section, getattr(dossier, section)) if at == place), None)
    if kind == "data":
        return getattr(dossier, rest).provenance
    if kind == "scores":
        return tuple(score for score in dossier.criteria.scores if score.option == rest) or None
    if kind == "first_review":
        return dossier.schedule
    beliefs = tuple(map(_belief, dossier.criteria.assumptions))
    lists: dict[str, Any] = {
        "assumption": beliefs,
        "check": beliefs,
        "metric": dossier.metrics.success_metrics,
        "commitment": dossier.schedule.commitments,
    }
    return next((item for item in lists[kind] if item.id == rest), None)


def _belief(assumption: Assumption) -> Assumption:
    """Return an assumption without its conditions: their replays change by themselves, and refresh nothing."""
    return replace(assumption, conditions=())


def _when(day: date | None) -> str:
    return f"is to be refreshed by {_day(day)}" if day else "has no date by which it is to be refreshed"


def _short(text: str, otherwise: str) -> str:
    return brief(text) or otherwise


def _day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"
