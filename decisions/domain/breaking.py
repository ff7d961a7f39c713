"""Break conditions of assumptions, in the condition language of `metrics.domain.conditions`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text
from decisions.domain.conditions import BANDS, BOUNDS, COMPOSITES, BreakCondition, Clear, Predicate, Window
from decisions.domain.dossier import Assumption, Dossier
from decisions.domain.mending import in_plain_words
from metrics.domain.conditions import BadCondition, parse, sentence

Named = tuple[str, str, str]
"""What a metric is called, its unit and its cadence."""

# Kind → the fields that count for it, beside metric, kind, clear, gap, no_data and the like, which count for all.
OWN: dict[str, tuple[str, ...]] = {
    "above": ("bound", "inclusive"),
    "below": ("bound", "inclusive"),
    "outside": ("low", "high", "inclusive"),
    "inside": ("low", "high", "inclusive"),
    "change": ("change", "inclusive"),
    "process": ("process", "baseline"),
    "drift": ("drift", "baseline"),
    "stale": ("stale",),
    "forecast": ("forecast", "bound"),
    "definition": ("definition_version",),
    "all": ("parts",),
    "any": ("parts",),
}
UNTOLD = "a restricted segment"
_OF_SOME = frozenset(name for names in OWN.values() for name in names)
_DRIFT_NAMES = {"ewma": {"weight": "lambda", "width": "width"}, "cusum": {"slack": "k", "interval": "h"}}


def key_of(assumption: Assumption, condition: BreakCondition) -> str:
    """Return the name under which a condition is armed: a1.c1."""
    return f"{assumption.id}.{condition.id}"


def spec_of(condition: Predicate) -> dict[str, Any]:
    """Return the condition as the condition language writes it; fields of other kinds are left out."""
    spec: dict[str, Any] = {"kind": condition.kind, **_OF_KIND[condition.kind](condition)}
    if "inclusive" in OWN[condition.kind]:
        spec["inclusive"] = condition.inclusive
    if condition.kind == "definition":  # counts at once, and until it changes back
        spec |= {"sustained": 1, "clear": {"sustained": 1}}
    else:
        spec |= {"sustained": condition.sustained_for or condition.sustained, "clear": _clear(condition)}
    spec |= {"gap": condition.gap, "no_data": condition.no_data}
    if isinstance(condition, BreakCondition):
        spec |= {"severity": condition.severity} | _given(cooldown=_span(condition.cooldown))
    return spec


def mistakes(condition: BreakCondition) -> tuple[str, ...]:
    """Return what the condition language refuses about it, each as a sentence."""
    if condition.kind in COMPOSITES and not condition.parts:
        return ("Give it at least one condition to put together.",)
    try:
        parse(spec_of(condition))
    except BadCondition as bad:
        found = [(path, words) for path, sentences in bad.errors.items() for words in sentences]
        return tuple(f"{_place(path)}{in_plain_words(path, words)}" for path, words in found)
    return ()


def words_of(
    condition: BreakCondition,
    metric_name: str,
    unit: str = "",
    cadence: str = "",
    others: Mapping[str, Named] | None = None,
    *,
    segment: str | None = None,
) -> str:
    """Say when it breaks: “when backlog growth is above 4 % for 2 settled weeks”; may raise BadCondition.

    `others` says what the metrics of a composite's parts are called, `segment` what this reader may call the segment.
    """
    part = segment_words(condition) if segment is None else segment
    named = {key: (in_segment(name, part), *rest) for key, (name, *rest) in (others or {}).items()}
    return sentence(parse(spec_of(condition)), in_segment(metric_name, part), unit, cadence, named)  # type: ignore[arg-type]


def segment_words(condition: Predicate) -> str:
    """Say what everybody may know of the segment that is watched; nothing for the whole."""
    if not isinstance(condition, BreakCondition):
        return ""
    return condition.segment_name or (UNTOLD if condition.segment else "")


def in_segment(name: str, segment: str) -> str:
    """Name a metric with its segment."""
    return f"{name} in {segment}" if segment else name


def conditions_of(dossier: Dossier) -> Iterator[tuple[Assumption, BreakCondition]]:
    """Yield every break condition with its assumption."""
    for assumption in dossier.criteria.assumptions:
        for condition in assumption.conditions:
            yield assumption, condition


def metrics_of(condition: BreakCondition) -> frozenset[str]:
    """Return the keys of every metric that it watches."""
    parts = condition.parts if condition.kind in COMPOSITES else ()
    return frozenset({condition.metric, *(part.metric for part in parts)} - {""})


def forecasts(condition: BreakCondition) -> bool:
    """Say whether it, or a part of it, looks ahead."""
    return "forecast" in {condition.kind, *(part.kind for part in condition.parts)}


def tidied(condition: Predicate) -> Any:
    """Return the condition without what belongs to other kinds than its own, so that all that is kept is shown."""
    foreign = _OF_SOME - set(OWN[condition.kind])
    empty = type(condition)(id=condition.id)
    blank = {item.name: getattr(empty, item.name) for item in fields(condition) if item.name in foreign}
    bounded = {"bound": condition.kind in BOUNDS, "low": condition.kind in BANDS, "high": condition.kind in BANDS}
    unbound: dict[str, Any] = {name: None for name, fits in bounded.items() if not fits}
    if condition.kind not in (*BOUNDS, *BANDS):
        unbound["itself"] = ""
    kept: dict[str, Any] = {"clear": replace(condition.clear, **unbound)}
    if condition.kind == "definition":
        kept = {"clear": Clear(), "sustained": empty.sustained, "sustained_for": ""}
        kept |= {"segment": "", "segment_name": ""} if isinstance(condition, BreakCondition) else {}
    if isinstance(condition, BreakCondition) and condition.kind in COMPOSITES:
        kept["parts"] = tuple(map(tidied, condition.parts))
    return replace(condition, **blank, **kept)


def _place(path: str) -> str:
    """Name the part of a composite that a mistake is in."""
    first, _, rest = path.partition(".")
    return f"Part {rest.partition('.')[0]}: " if first == "parts" and rest else ""


def _given(**values: Any) -> dict[str, Any]:
    """Return what is given, decimals as text."""
    return {
        name: decimal_text(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value is not None
    }


def _span(text: str) -> int | str | None:
    """Return a span as the language has it: a number of periods, or a duration's text."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() else plain or None


def _clear(condition: Predicate) -> dict[str, Any]:
    clear: Clear = condition.clear
    itself = {"yes": True, "no": False}.get(clear.itself)
    sustained = clear.sustained_for or clear.sustained
    if condition.kind in BOUNDS:
        return _given(sustained=sustained, bound=clear.bound, inclusive=itself)
    if condition.kind in BANDS:
        return _given(sustained=sustained, low=clear.low, high=clear.high, inclusive=itself)
    return {"sustained": sustained}


def _change(condition: Predicate) -> dict[str, Any]:
    change = condition.change
    return _given(
        percent=change.percent,
        direction=change.direction,
        against=change.periods or "baseline",
        baseline=change.baseline if change.periods is None else None,
    )


def _process(condition: Predicate) -> dict[str, Any]:
    process = condition.process
    return _given(rules=list(process.rules), rule_set=process.rule_set, baseline=_window(condition.baseline))


def _drift(condition: Predicate) -> dict[str, Any]:
    drift = condition.drift
    own = {word: getattr(drift, name) for name, word in _DRIFT_NAMES[drift.chart].items()}
    limits = drift.limits if drift.chart == "ewma" else None
    known = {"target": drift.target, "sigma": drift.sigma, "baseline": _window(condition.baseline)}
    return _given(chart=drift.chart, side=drift.side, limits=limits, **known, **own)


def _window(window: Window) -> int | list[str] | None:
    if window.first is None and window.last is None:
        return window.periods
    return [day.isoformat() if day else "" for day in (window.first, window.last)]


def _forecast(condition: Predicate) -> dict[str, Any]:
    outlook = condition.forecast
    chance = None if outlook.probability is None else outlook.probability / 100
    return _given(
        bound=condition.bound,
        side=outlook.side,
        probability=chance,
        horizon=outlook.horizon,
        minimum_history=outlook.minimum_history,
    )


def _parts(condition: Predicate) -> dict[str, Any]:
    parts = condition.parts if isinstance(condition, BreakCondition) else ()
    named = [(part, {"metric": part.metric} if part.metric not in ("", condition.metric) else {}) for part in parts]
    return {"parts": [spec_of(part) | other for part, other in named]}


def _bound(condition: Predicate) -> dict[str, Any]:
    return _given(bound=condition.bound)


def _band(condition: Predicate) -> dict[str, Any]:
    return _given(low=condition.low, high=condition.high)


_OF_KIND: dict[str, Callable[[Predicate], dict[str, Any]]] = {
    **dict.fromkeys(BOUNDS, _bound),
    **dict.fromkeys(BANDS, _band),
    "change": _change,
    "process": _process,
    "drift": _drift,
    "stale": lambda condition: _given(grace=_span(condition.stale.grace)),
    "forecast": _forecast,
    "definition": lambda condition: _given(version=condition.definition_version),
    **dict.fromkeys(COMPOSITES, _parts),
}
