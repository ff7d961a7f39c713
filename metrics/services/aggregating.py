"""Make the whole from its segments, by the rule of the definition in force, in the transaction that stores a part.

The whole is a revision of the segment "" like any other, and its derivation names the parts that it was made of.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Max, OuterRef, Q, Subquery

from config.kit.canonical import decimal_text
from metrics.domain.aggregation import Missing, Part, Rule, Whole, scale_of, whole
from metrics.domain.periods import zone_named
from metrics.models import Metric, MetricDefinition, MetricSegment, Observation
from metrics.services import admission, late_parts
from metrics.services.deriving import CHUNK, NOTHING, Course, Recorder, Worked, keep, last_before

Rows = dict[str, Course]  # segment → what counts in its periods


@dataclass(frozen=True)
class Worksheet:
    """One period's whole with the parts that it was, or would be, made of; `inputs` as a derivation keeps them."""

    start: datetime
    parts: Sequence[Part]
    whole: Whole
    inputs: list[dict[str, Any]] = field(default_factory=list)


def follow(metric: Metric, stored: Iterable[tuple[str, datetime]], *, late: bool, record: Recorder) -> None:
    """Make anew the wholes that these values (segment and period) are parts of; no query where none is a part.

    `late`: a segment came with them that wholes of other periods may stand without.
    """
    starts: dict[str, set[datetime]] = defaultdict(set)
    for segment, start in stored:
        if segment:
            starts[segment].add(start)
    if not starts:
        return
    why = f"{metric.told_name} was recorded by segment."
    wanted = sorted(set().union(*starts.values()))
    make(metric, wanted, why=why, record=record)
    if late:
        late_parts.settle(metric)
    quotients = Metric.objects.in_use().filter(formula_inputs__input=metric, definition__aggregation=Rule.RATIO)
    for quotient in quotients.select_related("definition").order_by("pk"):
        late = admission.enter(quotient, [(name, min(at)) for name, at in starts.items()], by=None)
        make(quotient, wanted, why=why, record=record)
        if late:
            late_parts.settle(quotient)


def make_everything(metric: Metric, *, why: str, record: Recorder, leaving: Collection[datetime] = ()) -> None:
    """Make the whole of every period that any part has a value for, as after a new rule came in force.

    `leaving`: periods whose wholes stand as they are until somebody decides on them (`remaking`).
    """
    definition = admission.aggregated(metric)
    if definition is None:
        return
    rows = Observation.objects.filter(metric__key__in=sources(definition)).exclude(segment="")
    found = rows.order_by().values_list("segment", "period_start").distinct()
    if definition.aggregation == Rule.RATIO:
        admission.enter(metric, found, by=None)
    else:
        # What was used before there was a rule is a part from the beginning.
        metric.segments.named().filter(dimension="").update(dimension=definition.aggregation_over)
    make(metric, sorted({start for _, start in found}.difference(leaving)), why=why, record=record)
    if not leaving:
        admission.settle(metric)


def make(metric: Metric, starts: Sequence[datetime], *, why: str, record: Recorder) -> None:
    """Make the whole of these periods, in order, and store what differs from what is stored."""
    definition = admission.aggregated(metric)
    if definition is None:
        return
    definition.metric = metric
    # What was made of values that are erased since stays as it is.
    read = Metric.objects.filter(key__in=sources(definition))
    horizon = read.aggregate(through=Max("erased_through"))["through"]
    starts = [start for start in _reached(definition, starts) if horizon is None or start >= horizon]
    for at in range(0, len(starts), CHUNK):
        sheets = worksheets(metric, definition, starts[at : at + CHUNK])
        worked = [
            Worked(each.start, each.whole.value, each.whole.sample_size, each.inputs, each.whole.trouble)
            for each in sheets
        ]
        formula = admission.rule_in_words(definition)
        keep(definition, "", worked, why, record, formula=formula, source=admission.SOURCE)


def _reached(definition: MetricDefinition, starts: Sequence[datetime]) -> Sequence[datetime]:
    """Add the later periods, where the last known value of a part counts for those in which it is missing."""
    if definition.missing_parts != Missing.LAST or not starts:
        return starts
    rows = Observation.objects.filter(metric__key__in=sources(definition), period_start__gt=starts[0])
    later = rows.exclude(segment="").order_by().values_list("period_start", flat=True).distinct()
    return sorted({*starts, *later})


def worksheets(
    metric: Metric,
    definition: MetricDefinition,
    starts: Sequence[datetime],
    *,
    rows: Iterable[MetricSegment] | None = None,
) -> list[Worksheet]:
    """Work the periods out without storing anything: one query for each metric read, one for its segments.

    `rows`: all of the metric's segments, from who has read them already.
    """
    zone = zone_named(metric.time_zone)
    segments = [row for row in (metric.segments.all() if rows is None else rows) if row.name and row.dimension]
    keys, closed = sources(definition), {each.name for each in segments if each.restricted}
    known = {key: _rows(key, definition, [each.name for each in segments], starts) for key in keys}
    sheets, last = [], definition.missing_parts == Missing.LAST
    for start in starts:
        day = start.astimezone(zone).date()
        names = [each.name for each in segments if _counts(each, day, start, known.values())]
        found = {
            key: {name: known[key].get(name, NOTHING).counting(start, last=last) for name in names} for key in keys
        }
        parts = [_part(name, [found[key][name] for key in keys]) for name in names]
        made = whole(
            Rule(definition.aggregation),
            _unnamed(parts, closed),
            missing=Missing(definition.missing_parts),
            scale=scale_of(definition.unit),
        )
        inputs = [_told(key, name, found[key][name]) for key in keys for name in names]
        sheets.append(Worksheet(start, parts, made, inputs))
    return sheets


def _unnamed(parts: Sequence[Part], closed: Collection[str]) -> Sequence[Part]:
    """Return the parts without the names of restricted ones: why there is no whole is told to who sees the whole."""
    return [
        replace(part, name=f"a restricted segment ({number})") if part.name in closed else part
        for number, part in enumerate(parts, start=1)
    ]


def sources(definition: MetricDefinition) -> list[str]:
    """Return the keys of the metrics whose segments are read: its own, or numerator and denominator."""
    if definition.aggregation == Rule.RATIO:
        return [definition.aggregation_numerator, definition.aggregation_denominator]
    return [definition.metric.key]


def _rows(key: str, definition: MetricDefinition, names: Sequence[str], starts: Sequence[datetime]) -> Rows:
    """Return what counts in the periods; where the last known value counts, also the last that was there before."""
    rows = Observation.objects.filter(metric__key=key, segment__in=names, period_start__lte=starts[-1])
    within = Q(period_start__gte=starts[0])
    if definition.missing_parts == Missing.LAST:
        read = Metric.objects.filter(key=key).values("pk")
        before = last_before(starts[0], metric=Subquery(read), segment=OuterRef("name"))
        within |= Q(pk__in=definition.metric.segments.named().values_list(before))
    found: dict[str, dict[datetime, Observation]] = defaultdict(dict)
    for row in rows.filter(within).select_related("metric__definition").order_by("period_start", "revision"):
        found[row.segment][row.period_start] = row
    return {name: Course(each) for name, each in found.items()}


def _counts(segment: MetricSegment, day: date, start: datetime, known: Iterable[Rows]) -> bool:
    """Say whether a segment is a part in a period: while it is open, and where it has a value before it was opened."""
    if segment.closed_from and day >= segment.closed_from:
        return False
    if segment.opened_from is None or segment.opened_from <= day:
        return True
    return any(start in rows.get(segment.name, NOTHING) for rows in known)


def _part(name: str, rows: Sequence[Observation | None]) -> Part:
    first, below = rows[0], rows[1] if len(rows) > 1 else None
    return Part(
        name=name,
        value=first.value if first else None,
        sample_size=first.sample_size if first else None,
        denominator=below.value if below else None,
        order=first.pk if first else 0,
    )


def _told(key: str, name: str, row: Observation | None) -> dict[str, Any]:
    """Return what a derivation keeps of a part."""
    if row is None:
        return {"key": key, "segment": name, "value": None}
    version = row.metric.definition.number if row.metric.definition else None
    return {
        "key": key,
        "segment": name,
        "version": version,
        "observation": row.pk,
        "revision": row.revision,
        "period_start": row.period_start.isoformat(),
        "value": None if row.value is None else decimal_text(row.value),
        "sample_size": row.sample_size,
    }
