"""Formulas of calculated metrics: checked where they are written, and what rests on what while they are in force."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from metrics.domain import units
from metrics.domain.expressions import Expression, Unreadable, cycle, parse
from metrics.models import FormulaInput, Metric, MetricDefinition

read = lru_cache(maxsize=1000)(parse)
"""Parse a formula; the same text is parsed once."""


def expression_of(definition: MetricDefinition | None) -> Expression | None:
    """Return the formula of a calculated metric, or None for one whose values are recorded."""
    return read(definition.expression) if definition is not None and definition.expression else None


def errors(definition: MetricDefinition) -> dict[str, list[str]]:
    """Return what is wrong with a draft's formula, as field → sentences: unreadable, unknown keys, a circle."""
    if not definition.expression:
        return {}
    try:
        expression = read(definition.expression)
    except Unreadable as error:
        return {"expression": [str(error)]}
    keys = set(Metric.objects.filter(key__in=expression.inputs).values_list("key", flat=True))
    unknown = [key for key in expression.inputs if key not in keys and key != definition.metric.key]
    if unknown:
        return {"expression": [f"There is no metric with the key {', '.join(unknown)}."]}
    uses = uses_of_all() | {definition.metric.key: expression.inputs}
    if path := cycle(definition.metric.key, uses):
        return {"expression": [f"The formula goes round in a circle: {' ← '.join(path)}."]}
    return {}


def uses_of_all() -> dict[str, tuple[str, ...]]:
    """Return, for every calculated metric in force, the keys it rests on: one query."""
    found: dict[str, tuple[str, ...]] = {}
    for key, used in FormulaInput.objects.values_list("metric__key", "input__key"):
        found[key] = (*found.get(key, ()), used)
    return found


def obstacles(values: Mapping[str, Any]) -> list[str]:
    """Return why a formula may not be submitted: inputs not in force, with other periods, or of other units."""
    if not values.get("expression"):
        return []
    expression = read(values["expression"])
    inputs = {row.key: row for row in Metric.objects.filter(key__in=expression.inputs).select_related("definition")}
    found = [
        f"{row.name} ({row.key}) has no definition in force yet; approve it first."
        for row in inputs.values()
        if row.definition is None
    ]
    found += [
        f"{row.name} ({row.key}) is kept {row.cadence} in {row.time_zone}, and this metric {values['cadence']} in "
        f"{values['time_zone']}: a formula needs the same periods."
        for row in inputs.values()
        if (row.cadence, row.time_zone) != (values["cadence"], values["time_zone"])
    ]
    if not found:
        found += _unit_obstacles(expression, {k: row.definition.unit for k, row in inputs.items() if row.definition},
                                 str(values["unit"]))  # fmt: skip
    return found


def _unit_obstacles(expression: Expression, given: Mapping[str, str], stated: str) -> list[str]:
    try:
        yielded = units.unit_of(expression, given)
    except units.Mismatch as error:
        return [str(error)]
    if yielded != units.Unit.of(stated):
        return [f"The formula yields {yielded}, and the unit says “{stated}”."]
    return []


def put_in_force(metric: Metric, definition: MetricDefinition) -> None:
    """Write down what the metric is calculated from now."""
    expression = expression_of(definition)
    wanted = set(expression.inputs) if expression else set()
    metric.formula_inputs.exclude(input__key__in=wanted).delete()
    held = set(metric.formula_inputs.values_list("input__key", flat=True))
    rows = Metric.objects.filter(key__in=wanted - held)
    FormulaInput.objects.bulk_create([FormulaInput(metric=metric, input=row) for row in rows])


def following(metric_id: int) -> list[int]:
    """Return the calculated metrics that rest on this one, nearest first, by way of others too."""
    found: list[int] = []
    wave = {metric_id}
    while wave:
        rows = FormulaInput.objects.filter(input__in=wave).values_list("metric_id", flat=True)
        wave = set(rows) - set(found) - {metric_id}
        found += sorted(wave)
    return found
