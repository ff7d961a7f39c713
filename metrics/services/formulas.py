"""Formulas of calculated metrics: checked where they are written, and what rests on what while they are in force."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef

from approvals.models import User
from config.kit.among import Among
from config.kit.prepared import ID, PreparedRows, Slot
from metrics.domain import aggregation, units
from metrics.domain.expressions import Expression, Unreadable, cycle, parse
from metrics.models import FormulaInput, Metric, MetricDefinition

FOLLOWING = PreparedRows(
    lambda: FormulaInput.objects.filter(Among("input_id", Slot("inputs", ID, many=True))).values_list("metric_id")
)
CALCULATED_WHOLE = (
    "The whole of a calculated metric follows from its formula, over the wholes of its inputs: leave one of them out."
)

read = lru_cache(maxsize=1000)(parse)
"""Parse a formula; the same text is parsed once."""


def expression_of(definition: MetricDefinition | None) -> Expression | None:
    """Return the formula of a calculated metric, or None for one whose values are recorded."""
    return read(definition.expression) if definition is not None and definition.expression else None


def inputs_of(definition: MetricDefinition | None) -> tuple[str, ...]:
    """Return the keys that a metric's values are worked out from: its formula's, or those of its ratio of sums."""
    if definition is None:
        return ()
    if definition.aggregation == MetricDefinition.Aggregation.RATIO:
        named = (definition.aggregation_numerator, definition.aggregation_denominator)
        return tuple(dict.fromkeys(key for key in named if key))
    expression = expression_of(definition)
    return expression.inputs if expression else ()


def errors(definition: MetricDefinition, *, by: User | None = None, kept: Collection[str] = ()) -> dict[str, list[str]]:
    """Return what is wrong with a draft's formula, as field → sentences: unreadable, unknown keys, a circle.

    What its writer may not see is unknown to them, but for the keys that stood there before.
    """
    if not definition.expression:
        return _rule_errors(definition) or _ratio_errors(definition, by, kept)
    if definition.aggregation:
        return {"aggregation": [CALCULATED_WHOLE]}
    try:
        expression = read(definition.expression)
    except Unreadable as error:
        return {"expression": [str(error)]}
    found = _unfounded(definition, expression.inputs, by, kept)
    return {"expression": [found]} if found else {}


def _rule_errors(definition: MetricDefinition) -> dict[str, list[str]]:
    """Return what is wrong with the rule for segments: what it lacks, or what its unit does not allow."""
    rule, found = definition.aggregation, dict[str, list[str]]()
    if not rule:
        return found
    if refusal := aggregation.refusal(rule, definition.unit):
        found["aggregation"] = [refusal]
    if not definition.aggregation_over:
        found["aggregation_over"] = ["Say what the segments are, for example region: they must make up the whole."]
    if rule == MetricDefinition.Aggregation.RATIO:
        for name in ("aggregation_numerator", "aggregation_denominator"):
            if not getattr(definition, name):
                found[name] = ["Give the key of the metric whose segments are added up."]
    return found


def _ratio_errors(definition: MetricDefinition, by: User | None, kept: Collection[str]) -> dict[str, list[str]]:
    if found := _unfounded(definition, inputs_of(definition), by, kept):
        return {"aggregation_numerator": [found]}
    return {}


def known(keys: Collection[str], *, by: User | None, kept: Collection[str] = ()) -> set[str]:
    """Return which of the keys there are for who writes them: those that they see, and those that stood there."""
    there = set(Metric.objects.filter(key__in=keys).values_list("key", flat=True))
    return there if by is None else there & {*kept, *_seen(keys, by)}


def _seen(keys: Collection[str], by: User) -> set[str]:
    return set(Metric.objects.visible_to(by).filter(key__in=keys).values_list("key", flat=True))


def _unfounded(definition: MetricDefinition, inputs: tuple[str, ...], by: User | None, kept: Collection[str]) -> str:
    """Say which inputs there are not, or how they go round in a circle; nothing where all is well."""
    if not inputs:
        return ""
    own = definition.metric.key
    keys = known(inputs, by=by, kept=kept)
    if unknown := [key for key in inputs if key not in keys and key != own]:
        return f"There is no metric with the key {', '.join(unknown)}."
    if path := cycle(own, uses_of_all() | {own: inputs}):
        told = {*path} if by is None else {own, *inputs, *_seen(path, by)}
        steps = (key if key in told else "a metric you may not see" for key in path)
        return f"The formula goes round in a circle: {' ← '.join(steps)}."
    return ""


def uses_of_all() -> dict[str, tuple[str, ...]]:
    """Return, for every calculated metric in force, the keys it rests on: one query."""
    found: dict[str, tuple[str, ...]] = {}
    for key, used in FormulaInput.objects.values_list("metric__key", "input__key"):
        found[key] = (*found.get(key, ()), used)
    return found


def obstacles(values: Mapping[str, Any]) -> list[str]:
    """Return why a formula may not be submitted: inputs not in force, with other periods, or of other units."""
    expression = read(values["expression"]) if values.get("expression") else _quotient(values)
    if expression is None:
        return []
    inputs = {row.key: row for row in Metric.objects.filter(key__in=expression.inputs).select_related("definition")}
    found = [
        f"{row.name} ({row.key}) has no definition in force yet; approve it first."
        for row in inputs.values()
        if row.definition is None
    ]
    found += [
        f"{row.name} ({row.key}) is retired and gets no more values; calculate from another metric."
        for row in inputs.values()
        if row.state == Metric.State.RETIRED
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


def _quotient(values: Mapping[str, Any]) -> Expression | None:
    """Return a ratio of sums as the formula that it is, so that units and periods are checked alike."""
    if values.get("aggregation") != MetricDefinition.Aggregation.RATIO:
        return None
    above, below = (values[f"aggregation_{name}"] for name in ("numerator", "denominator"))
    return read(f'"{above}" / "{below}"') if above and below else None


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
    wanted = set(inputs_of(definition))
    metric.formula_inputs.exclude(input__key__in=wanted).delete()
    held = set(metric.formula_inputs.values_list("input__key", flat=True))
    rows = Metric.objects.filter(key__in=wanted - held)
    FormulaInput.objects.bulk_create([FormulaInput(metric=metric, input=row) for row in rows])


def feeding() -> Exists:
    """Say, within a query for metrics, that something is calculated from one."""
    return Exists(FormulaInput.objects.filter(input=OuterRef("pk")))


def following(metric_id: int) -> list[int]:
    """Return the calculated metrics that rest on this one, nearest first, by way of others too."""
    found: list[int] = []
    wave = {metric_id}
    while wave:
        wave = set(FOLLOWING.column(inputs=wave)) - set(found) - {metric_id}
        found += sorted(wave)
    return found
