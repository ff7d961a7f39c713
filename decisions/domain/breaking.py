"""Break conditions of assumptions, in the condition language of `metrics.domain.conditions`."""

from collections.abc import Iterator
from typing import Any

from config.kit.canonical import decimal_text
from decisions.domain.dossier import Assumption, BreakCondition, Dossier
from metrics.domain.conditions import BadCondition, parse, sentence


def key_of(assumption: Assumption, condition: BreakCondition) -> str:
    """Return the name under which a condition is armed: a1.c1."""
    return f"{assumption.id}.{condition.id}"


def spec_of(condition: BreakCondition) -> dict[str, Any]:
    """Return the condition as the condition language writes it; fields of other kinds are left out."""
    bounds = ("low", "high") if condition.kind == "outside" else ("bound",)
    spec: dict[str, Any] = {"kind": condition.kind}
    for name in bounds:
        value = getattr(condition, name)
        if value is not None:
            spec[name] = decimal_text(value)
    clear: dict[str, Any] = {"sustained": condition.clear.sustained}
    if condition.clear.bound is not None:
        clear["bound"] = decimal_text(condition.clear.bound)
    spec |= {"inclusive": condition.inclusive, "sustained": condition.sustained, "clear": clear}
    return spec | {"gap": condition.gap, "no_data": condition.no_data, "severity": condition.severity}


def mistakes(condition: BreakCondition) -> tuple[str, ...]:
    """Return what the condition language refuses about it."""
    try:
        parse(spec_of(condition))
    except BadCondition as bad:
        return tuple(bad.sentences)
    return ()


def words_of(condition: BreakCondition, metric_name: str, unit: str = "", cadence: str = "") -> str:
    """Say when it breaks: “when backlog growth is above 4 % for 2 settled weeks”; may raise BadCondition."""
    return sentence(parse(spec_of(condition)), metric_name, unit, cadence)


def conditions_of(dossier: Dossier) -> Iterator[tuple[Assumption, BreakCondition]]:
    """Yield every break condition with its assumption."""
    for assumption in dossier.criteria.assumptions:
        for condition in assumption.conditions:
            yield assumption, condition
