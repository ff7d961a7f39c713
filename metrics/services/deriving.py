"""Work calculated values out, whenever an input arrives or is corrected, in the transaction that stores it.

So a calculated value is never older than its inputs, and what breaks on it breaks at once. Each revision keeps which
revision of which input it was worked out from.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db.models import Max, OuterRef, Q, Subquery

from config.kit.canonical import decimal_text
from metrics.domain.expressions import Expression, Incalculable
from metrics.models import Derivation, Metric, MetricDefinition, Observation
from metrics.services.entries import Entry
from metrics.services.formulas import expression_of

SOURCE = "premise.formula"
MissingInputs = MetricDefinition.MissingInputs
CHUNK = 5_000

Recorder = Callable[[Metric, Sequence[Entry], str], dict[int, int]]
"""Stores entries of a calculated metric and returns row → observation; given by the caller, which records inputs."""


@dataclass(frozen=True)
class Worked:
    """A value worked out for one period, or why there is none.

    `note` says that to everybody who sees the value, where `trouble` names inputs that not all of them see.
    """

    start: datetime
    value: Decimal | None
    sample_size: int | None
    inputs: list[dict[str, Any]]
    trouble: str = ""
    note: str = ""


def follow(metric: Metric, stored: Iterable[tuple[str, datetime]], *, record: Recorder) -> None:
    """Work out anew what is calculated from the values of these periods of segments."""
    periods: dict[str, set[datetime]] = defaultdict(set)
    for segment, start in stored:
        periods[segment].add(start)
    for composite in (
        Metric.objects.in_use().filter(formula_inputs__input=metric).select_related("definition").order_by("pk")
    ):
        for segment, starts in periods.items():
            work_out(composite, segment, sorted(starts), why=f"{metric.told_name} was recorded.", record=record)


def work_out_everything(metric: Metric, *, why: str, record: Recorder) -> None:
    """Work out every period that any input has a value for, as after a new formula came in force."""
    rows = Observation.objects.filter(metric__in=metric.formula_inputs.values("input"))
    periods: dict[str, set[datetime]] = defaultdict(set)
    for segment, start in rows.order_by().values_list("segment", "period_start").distinct():
        periods[segment].add(start)
    for segment, starts in periods.items():
        work_out(metric, segment, sorted(starts), why=why, record=record)


def work_out(metric: Metric, segment: str, starts: Sequence[datetime], *, why: str, record: Recorder) -> None:
    """Work out these periods of one segment and store what differs from what is stored."""
    definition = metric.definition
    expression = expression_of(definition)
    if definition is None or expression is None:
        return
    definition.metric = metric
    starts = _reached(metric, segment, starts)
    # What was worked out from values that are erased since stays as it is.
    horizon = metric.formula_inputs.aggregate(through=Max("input__erased_through"))["through"]
    starts = [start for start in starts if start >= horizon] if horizon else starts
    for at in range(0, len(starts), CHUNK):
        wanted = starts[at : at + CHUNK]
        known = _inputs(metric, segment, wanted)
        worked = [_worked(definition, expression, start, known) for start in wanted]
        keep(definition, segment, worked, why, record, formula=definition.expression, source=SOURCE)


def _reached(metric: Metric, segment: str, starts: Sequence[datetime]) -> Sequence[datetime]:
    """Add the later periods, where the last known value of an input counts for those in which it is missing."""
    if metric.definition is None or metric.definition.missing_inputs != MissingInputs.LAST or not starts:
        return starts
    rows = Observation.objects.filter(metric__in=metric.formula_inputs.values("input"), segment=segment)
    later = rows.filter(period_start__gt=starts[0]).order_by().values_list("period_start", flat=True).distinct()
    return sorted({*starts, *later})


def _inputs(metric: Metric, segment: str, starts: Sequence[datetime]) -> "dict[str, Course]":
    """Return, per key, what counts in the periods; with `last` also the last that was there before: one query."""
    assert metric.definition is not None  # noqa: S101 asked by the caller
    rows = Observation.objects.filter(metric__in=metric.formula_inputs.values("input"), segment=segment)
    if metric.definition.missing_inputs == MissingInputs.LAST:
        before = last_before(starts[0], metric=OuterRef("input"), segment=segment)
        rows = rows.filter(Q(period_start__gte=starts[0]) | Q(pk__in=metric.formula_inputs.values_list(before)))
    else:
        rows = rows.filter(period_start__gte=starts[0])
    found: dict[str, dict[datetime, Observation]] = defaultdict(dict)
    rows = rows.filter(period_start__lte=starts[-1])
    for row in rows.select_related("metric__definition").order_by("period_start", "revision"):
        found[row.metric.key][row.period_start] = row
    return {key: Course(each) for key, each in found.items()}


def last_before(start: datetime, *, metric: Any, segment: Any) -> Subquery:
    """Return which value of a metric's segment is the last known one before a moment, within a query."""
    rows = Observation.objects.filter(metric=metric, segment=segment, period_start__lt=start)
    return Subquery(rows.exclude(value=None).current().order_by("-period_start").values("pk")[:1])


def _worked(
    definition: MetricDefinition, expression: Expression, start: datetime, known: "Mapping[str, Course]"
) -> Worked:
    """Work out one period by the formula and the policy for missing inputs."""
    last = definition.missing_inputs == MissingInputs.LAST
    rows = {key: known.get(key, NOTHING).counting(start, last=last) for key in expression.inputs}
    told = [_told(key, row) for key, row in rows.items()]
    values = {key: row.value for key, row in rows.items() if row is not None and row.value is not None}
    missing = [key for key in expression.inputs if key not in values]
    if missing and (definition.missing_inputs != MissingInputs.ZERO or not values):
        lacking = f"Missing: {len(missing)} of {len(expression.inputs)} inputs."
        return Worked(start, None, None, told, f"Missing: {', '.join(missing)}."[:200], lacking)
    samples = [row.sample_size for row in rows.values() if row is not None and row.sample_size is not None]
    try:
        value = expression.value(values | dict.fromkeys(missing, Decimal(0)))
    except Incalculable as error:
        return Worked(start, None, None, told, str(error))
    # As trustworthy as the thinnest of its inputs.
    return Worked(start, value, min(samples, default=None), told)


class Course:
    """What counts of one input or part: rows by period, in order, among which the last known value is soon found."""

    def __init__(self, rows: Mapping[datetime, Observation] = MappingProxyType({})) -> None:
        self.rows = rows
        self.known = [start for start, row in rows.items() if row.value is not None]

    def __contains__(self, start: datetime) -> bool:
        return start in self.rows

    def counting(self, start: datetime, *, last: bool) -> Observation | None:
        """Return what counts for a period: its own row or, with `last`, the last known value where it has none."""
        row = self.rows.get(start)
        if last and (row is None or row.value is None):
            earlier = bisect_left(self.known, start)
            return self.rows[self.known[earlier - 1]] if earlier else None
        return row


NOTHING = Course()


def _told(key: str, row: Observation | None) -> dict[str, Any]:
    """Return what a derivation keeps of an input."""
    if row is None:
        return {"key": key, "value": None}
    version = row.metric.definition.number if row.metric.definition else None
    return {
        "key": key,
        "version": version,
        "observation": row.pk,
        "revision": row.revision,
        "period_start": row.period_start.isoformat(),
        "value": None if row.value is None else decimal_text(row.value),
    }


def keep(
    definition: MetricDefinition,
    segment: str,
    worked: list[Worked],
    why: str,
    record: Recorder,
    *,
    formula: str,
    source: str,
) -> None:
    """Record what changed, and how each stored value came about. A period that never had a value gets none."""
    metric = definition.metric
    rows = Observation.objects.filter(metric=metric, segment=segment, period_start__in=[each.start for each in worked])
    had = rows.exclude(value=None).current()
    if source != SOURCE:
        # What was recorded by hand before the parts were is not withdrawn because some of them are missing.
        had = had.filter(source=source)
    known = set(had.values_list("period_start", flat=True))
    wanted = [each for each in worked if each.value is not None or each.start in known]
    entries = [
        Entry(
            period_start=each.start,
            value=each.value,
            segment=segment,
            sample_size=each.sample_size,
            note=each.note or each.trouble,
            reason=why,
        )
        for each in wanted
    ]
    stored = record(metric, entries, source) if entries else {}
    Derivation.objects.bulk_create(
        Derivation(
            observation_id=stored[row],
            definition_version=definition.number,
            formula=formula,
            inputs=each.inputs,
            trouble=each.trouble,
        )
        for row, each in enumerate(wanted, start=1)
        if row in stored
    )
