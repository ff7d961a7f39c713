"""Which values that stand already another value would change: wholes that it is a part of, and what is calculated on.

A first value changes such a one where the rule goes on without it: a new part of a sum that was made of the others, an
input that counted as zero, or one whose last known value was carried on. Two queries, whatever the size of a batch.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db.models import Q

from metrics.domain.aggregation import Missing, Rule
from metrics.domain.intake import Arrival
from metrics.models import Metric, MetricDefinition, Observation
from metrics.services.entries import cadence_of
from metrics.services.formulas import inputs_of

Place = tuple[str, datetime]  # segment, start of a period
Found = TypeVar("Found")


def goes_on(metrics: Iterable[Metric]) -> bool:
    """Say whether something of these is made although a part or an input is missing: no query."""
    return any(_lenient(metric.definition) for metric in metrics)


def _lenient(definition: MetricDefinition | None) -> bool:
    if definition is None:
        return False
    formula = bool(definition.expression) and definition.missing_inputs != MetricDefinition.MissingInputs.WITHHOLD
    # Even a whole that waits for all of its parts stands before a part is known of.
    return formula or bool(definition.aggregation)


def changed(
    metric: Metric,
    following: Sequence[Metric],
    arrivals: Sequence[Arrival],
    *,
    known: Mapping[Place, object],
    now: datetime,
    held: Callable[[datetime, datetime], Found | None],
) -> dict[Place, Found]:
    """Return what holds a value that the arrivals would change, by the place of the arrival.

    `held` says it of the start and end of a period that stands. Periods that have not settled are still in the making:
    their parts arrive one after the other, and none of them is held.
    """
    ways = {segment: _ways(metric, following, segment) for segment in {each.segment for each in arrivals}}
    ways = {segment: way for segment, way in ways.items() if way.places}
    concerned = [each for each in arrivals if each.segment in ways]
    if not concerned:
        return {}
    standing = _standing(metric, ways.values(), concerned, now=now, held=held)
    if not standing:
        return {}
    onward = {segment for segment, way in ways.items() if way.onward}
    later = _own(metric, onward, min(each.start for each in concerned)) if onward else {}
    return {
        (each.segment, each.start): found
        for each in concerned
        if (found := _of(each, ways[each.segment], standing, later.get(each.segment, ()), known)) is not None
    }


@dataclass
class _Way:
    """Where values of one segment go on to, as (metric, segment), and whether the last one counts in later periods."""

    places: set[tuple[int, str]] = field(default_factory=set)
    onward: bool = False


def _ways(metric: Metric, following: Sequence[Metric], segment: str) -> _Way:
    """Follow a segment through rules and formulas, in whatever order these metrics come."""
    reached, way = {metric.key: {segment}}, _Way()
    if segment and (own := metric.definition) and own.aggregation not in {"", Rule.RATIO}:
        reached[metric.key].add("")
        way.places.add((metric.pk, ""))
        way.onward = own.missing_parts == Missing.LAST
    for _ in following:  # each turn reaches one further at least, or the last of them was reached before
        for each in following:
            found = _into(each.definition, reached)
            if found - reached.get(each.key, set()):
                reached[each.key] = reached.get(each.key, set()) | found
                way.places |= {(each.pk, name) for name in found}
                way.onward = way.onward or _carries_on(each.definition)
    return way


def _into(definition: MetricDefinition | None, reached: Mapping[str, set[str]]) -> set[str]:
    names = set().union(*(reached.get(key, ()) for key in inputs_of(definition)))
    if definition is not None and definition.aggregation == Rule.RATIO:
        return {""} if names - {""} else set()
    return names


def _carries_on(definition: MetricDefinition | None) -> bool:
    return definition is not None and Missing.LAST in {definition.missing_parts, definition.missing_inputs}


Standing = dict[tuple[int, str], dict[datetime, Found]]


def _standing(
    metric: Metric,
    ways: Iterable[_Way],
    arrivals: Sequence[Arrival],
    *,
    now: datetime,
    held: Callable[[datetime, datetime], Found | None],
) -> "Standing[Found]":
    """Return what holds the settled values that stand where the ways lead to, from the first arrival on: one query."""
    ways = list(ways)
    places = set().union(*(way.places for way in ways))
    cadence = cadence_of(metric)
    settled = cadence.start_of(cadence.last_settled(now))
    last = settled if any(way.onward for way in ways) else min(settled, max(each.start for each in arrivals))
    rows = Observation.objects.filter(
        metric__in={pk for pk, _ in places},
        segment__in={name for _, name in places},
        period_start__range=(min(each.start for each in arrivals), last),
        revision=1,
    )
    found: Standing[Found] = defaultdict(dict)
    for pk, segment, start, end in rows.values_list("metric", "segment", "period_start", "period_end"):
        if (pk, segment) in places and (holds := held(start, end)) is not None:
            found[pk, segment][start] = holds
    return found


def _own(metric: Metric, segments: set[str], after: datetime) -> dict[str, list[datetime]]:
    """Return in which later periods the segments have values of their own, in order: one query."""
    rows = metric.observations.filter(Q(segment__in=segments), period_start__gt=after, revision=1)
    found: dict[str, list[datetime]] = defaultdict(list)
    for segment, start in rows.order_by("period_start").values_list("segment", "period_start"):
        found[segment].append(start)
    return found


def _of(
    arrival: Arrival,
    way: _Way,
    standing: "Standing[Found]",
    later: Sequence[datetime],
    known: Mapping[Place, object],
) -> Found | None:
    """Return what holds the first of the values that the arrival would change."""
    start = arrival.start
    until = next((each for each in later if each > start), None)
    new = (arrival.segment, start) not in known
    return next(_held(way, standing, start, until, new=new), None)


def _held(
    way: _Way, standing: "Standing[Found]", start: datetime, until: datetime | None, *, new: bool
) -> Iterator[Found]:
    for place in sorted(way.places):
        for at, holds in standing.get(place, {}).items():
            carried = way.onward and start < at and (until is None or at < until)
            if carried or (new and at == start):
                yield holds
