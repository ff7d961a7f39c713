"""Where a calculated metric comes from and what is calculated from it, as far as somebody may see it."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q

from approvals.models import User
from config.kit.charts import Figure
from config.kit.charts.lineage import Lineage, lineage_graph
from metrics.models import FormulaInput, Metric

HIDDEN = "A metric you may not see"
Node = TypeVar("Node")


def in_formulas() -> Exists:
    """Say, of a metric in a query, whether any formula in force is about it: most need no drawing."""
    return Exists(FormulaInput.objects.filter(Q(metric=OuterRef("pk")) | Q(input=OuterRef("pk"))))


def lineage_of(metric: Metric, user: User) -> Figure | None:
    """Draw the metric's lineage, or return None when it neither rests on nor serves a formula. Two queries."""
    rows = list(FormulaInput.objects.values_list("metric__key", "input__key"))
    inputs: dict[str, list[str]] = {}
    uses: dict[str, list[str]] = {}
    for key, used in rows:
        inputs.setdefault(key, []).append(used)
        uses.setdefault(used, []).append(key)
    keys = {metric.key, *_reached(metric.key, inputs), *_reached(metric.key, uses)}
    if len(keys) == 1:
        return None
    seen = dict(Metric.objects.visible_to(user).filter(key__in=keys).values_list("key", "name"))
    names = {key: seen.get(key, HIDDEN) for key in sorted(keys)}
    drawn = Lineage(names, {key: sorted(used) for key, used in inputs.items()}, metric.key)
    title = f"Lineage of {metric.name}"
    table = [[names[key], names[each]] for each, key in drawn.edges]
    return Figure(
        title=title,
        wide=lineage_graph(drawn, title=title),
        narrow=lineage_graph(drawn, title=title, narrow=True),
        header=["Calculated", "From"],
        rows=table,
    )


def calculated_from(metrics: Collection[int]) -> dict[int, set[int]]:
    """Return, for each of these metrics, itself and all that is calculated from it, by whatever steps: one query."""
    return _with_reached(metrics, FormulaInput.objects.values_list("input", "metric"))


def made_from(metrics: Collection[int]) -> dict[int, set[int]]:
    """Return, for each of these metrics, itself and all that it is calculated from, by whatever steps: one query."""
    return _with_reached(metrics, FormulaInput.objects.values_list("metric", "input"))


def _with_reached(metrics: Collection[int], pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    edges: dict[int, list[int]] = {}
    for start, end in pairs:
        edges.setdefault(start, []).append(end)
    return {metric: {metric, *_reached(metric, edges)} for metric in metrics}


def _reached(start: Node, edges: Mapping[Node, Iterable[Node]]) -> set[Node]:
    """Return everything that can be reached from a key."""
    found: set[Node] = set()
    wave = {start}
    while wave:
        wave = {each for key in wave for each in edges.get(key, ())} - found
        found |= wave
    return found
