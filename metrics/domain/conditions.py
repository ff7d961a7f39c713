"""The condition language: reading it from JSON with every mistake named at once, and writing it back.

`parse` takes a JSON object (numbers as numbers or as text) and returns a `Condition`, or raises `BadCondition` with
all sentences, by field. `to_json` writes plain JSON with decimals as text, in one canonical form: parsing it again
gives an equal condition. `same_predicate` tells a change of words from a change of meaning.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from metrics.domain import clearing
from metrics.domain.details import DETAILS, write_detail
from metrics.domain.fields import BadCondition, Fields, number_text
from metrics.domain.kinds import (
    BANDS,
    BOUNDS,
    COMPOSITES,
    KINDS,
    SEVERITIES,
    Clear,
    Condition,
    watched,
    watches_definition,
)
from metrics.domain.periods import Duration
from metrics.domain.wording import sentence

__all__ = [
    "BadCondition",
    "Clear",
    "Condition",
    "parse",
    "same_predicate",
    "sentence",
    "to_json",
    "watched",
    "watches_definition",
]

MOST_PARTS = 8


def parse(given: Any) -> Condition:
    """Read a condition; raises BadCondition with every mistake, field by field."""
    fields = Fields(given)
    condition = _read(fields, depth=0)
    if fields.errors or condition is None:
        raise BadCondition(fields.errors)
    return condition


def to_json(condition: Condition) -> dict[str, Any]:
    """Write a condition as plain JSON, decimals and durations as text."""
    written: dict[str, Any] = {"kind": condition.kind}
    if condition.kind in BOUNDS:
        written |= {"bound": number_text(condition.bound), "inclusive": condition.inclusive}
    elif condition.kind in BANDS:
        written |= {"low": number_text(condition.low), "high": number_text(condition.high)}
        written["inclusive"] = condition.inclusive
    elif condition.kind in COMPOSITES:
        written["parts"] = [to_json(part) for part in condition.parts]
    elif condition.detail is not None:
        written |= write_detail(condition.detail)
        if condition.kind == "change":
            written["inclusive"] = condition.inclusive
    written |= {"sustained": _span(condition.sustained), "clear": _clear(condition.clear)}
    written |= {"gap": condition.gap, "no_data": condition.no_data, "cooldown": _span(condition.cooldown)}
    written["severity"] = condition.severity
    return written | ({"metric": condition.metric} if condition.metric else {})


def same_predicate(one: Condition, other: Condition) -> bool:
    """Say whether two conditions fire alike on every history: only words (severity) may differ."""
    return _bare(one) == _bare(other)


def _bare(condition: Condition) -> Condition:
    return replace(condition, severity="major", parts=tuple(map(_bare, condition.parts)))


def _read(fields: Fields, depth: int) -> Condition | None:
    kind = fields.choice("kind", KINDS, required=True)
    if kind is None:
        return None
    condition = Condition(
        kind=kind,
        sustained=fields.span("sustained", least=1) or 1,
        gap=fields.choice("gap", ("break", "skip")) or "break",
        no_data=fields.choice("no_data", ("hold", "breach", "ok")) or "hold",
        cooldown=fields.span("cooldown", least=0) or 0,
        severity=fields.choice("severity", SEVERITIES) or "major",
        metric=fields.text("metric"),
        inclusive=bool(fields.flag("inclusive")) if kind in (*BOUNDS, *BANDS, "change") else False,
    )
    if kind in BOUNDS:
        condition = replace(condition, bound=fields.number("bound", required=True))
    elif kind in BANDS:
        condition = replace(
            condition, low=fields.number("low", required=True), high=fields.number("high", required=True)
        )
        _check_band(condition, fields)
    elif kind in COMPOSITES:
        condition = replace(condition, parts=_parts(fields, depth))
    else:
        condition = replace(condition, detail=DETAILS[kind](fields))
    condition = replace(condition, clear=clearing.read_clear(fields, condition))
    if kind == "definition" and condition.sustained != 1:
        fields.refuse("sustained", "A changed definition counts at once; leave out “sustained”.")
    fields.refuse_unknown(allowed=("id", "name", "note"))
    return condition


def _check_band(condition: Condition, fields: Fields) -> None:
    if condition.low is None or condition.high is None:
        return
    if condition.low > condition.high or (condition.low == condition.high and not condition.inclusive):
        fields.refuse("low", "The lower bound must lie below the upper bound.")


def _parts(fields: Fields, depth: int) -> tuple[Condition, ...]:
    given = fields.take("parts", "conditions", "of")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_PARTS or depth >= 2:
        fields.refuse("parts", f"Give 1 to {MOST_PARTS} conditions as a list, at most two levels deep.")
        return ()
    parts = []
    for position, part in enumerate(given, start=1):
        inner = Fields(part)
        parts.append(_read(inner, depth + 1))
        for name, sentences in inner.errors.items():
            for words in sentences:
                fields.refuse(f"parts.{position}.{name}".rstrip("."), words)
    return tuple(part for part in parts if part is not None)


def _span(span: int | Duration) -> int | str:
    return span if isinstance(span, int) else str(span)


def _clear(clear: Clear) -> dict[str, Any]:
    written: dict[str, Any] = {}
    bounds: Mapping[str, Any] = {"bound": clear.bound, "low": clear.low, "high": clear.high}
    for name, bound in bounds.items():
        if bound is not None:
            written[name] = number_text(bound)
    if clear.inclusive is not None:
        written["inclusive"] = clear.inclusive
    return written | {"sustained": _span(clear.sustained)}
