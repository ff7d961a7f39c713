"""Read what the checks of one metric look at: its newest periods, segment by segment, a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q

from metrics.domain.intake import UNEXPLAINED
from metrics.domain.periods import Cadence
from metrics.domain.quality.catalogue import Setting
from metrics.domain.quality.material import Control, Material, Mention, Point
from metrics.domain.smoothing import season_of
from metrics.models import ControlFigure, Metric, MetricSegment, Observation
from metrics.services.entries import cadence_of

PERIODS = 200
"""Periods back from now that are read, and with them those that have a control figure."""
COLUMNS = (
    *("segment", "period_start", "period_end", "value", "sample_size", "recorded_at"),
    *("source", "external_id", "reason", "revision"),
)


@dataclass(frozen=True)
class _Segment:
    """A segment that takes values still."""

    name: str
    dimension: str
    begun: datetime | None


@dataclass
class _Read:
    """The revisions of one segment, as points and as mentions of ids."""

    points: dict[datetime, Point]
    mentions: list[Mention]


def materials(metric: Metric, settings: Mapping[str, Setting], now: datetime) -> dict[str, Material]:
    """Return what there is to look at by segment; the whole is always there, even without a value."""
    cadence = cadence_of(metric)
    segments = _segments(metric, now)
    controls = _controls(metric)
    since = cadence.start_of(cadence.last_settled(now) - PERIODS)
    read = _read(metric, since, {each.start for held in controls.values() for each in held})
    other = _other(metric, settings["comparison"], since)
    return {
        segment.name: Material(
            cadence=cadence,
            as_of=now,
            entered=metric.created_at,
            begun=segment.begun,
            points=[read[segment.name].points[start] for start in sorted(read[segment.name].points)],
            mentions=read[segment.name].mentions,
            controls=controls.get(segment.name, ()),
            other=other.get(segment.name, {}),
            parts=_parts(segments, read) if segment.name == "" else {},
            season=season_of(cadence),
        )
        for segment in segments
    }


def _segments(metric: Metric, now: datetime) -> list[_Segment]:
    """Return the whole and the segments with values, but for those that are closed."""
    begun = dict(metric.observations.order_by().values_list("segment").annotate(Min("period_start")))
    known: dict[str, tuple[str, date | None]] = {}
    if metric.segmented:
        rows = metric.segments.values_list("name", "dimension", "closed_from")
        known = {name: (dimension, closed) for name, dimension, closed in rows}
    today = metric.local_day(now)
    found = []
    for name in sorted({"", *begun}):
        dimension, closed = known.get(name, ("", None))
        if closed is None or closed > today:
            found.append(_Segment(name, dimension, begun.get(name)))
    return found


def _controls(metric: Metric) -> dict[str, list[Control]]:
    found: dict[str, list[Control]] = defaultdict(list)
    rows = ControlFigure.objects.filter(metric=metric, withdrawn_at=None).order_by("-period_start")
    for segment, *row in rows.values_list("segment", "period_start", "value", "tolerance", "percent")[:PERIODS]:
        found[segment].append(Control(*row))
    return found


def _read(metric: Metric, since: datetime, besides: Iterable[datetime]) -> dict[str, _Read]:
    """Return every revision of the newest periods, and of single ones besides: one query."""
    wanted = Q(period_start__gte=since) | Q(period_start__in=[start for start in besides if start < since])
    rows = Observation.objects.filter(wanted, metric=metric).order_by("period_start", "revision")
    found: dict[str, _Read] = defaultdict(lambda: _Read({}, []))
    for segment, start, end, value, sample, recorded, source, external_id, reason, revision in rows.values_list(
        *COLUMNS
    ):
        read = found[segment]
        first = read.points[start].first_at if start in read.points else recorded
        # Ascending revisions: the last one written counts.
        read.points[start] = Point(start, end, value, sample, recorded, first)
        if external_id:
            given = revision > 1 and reason != UNEXPLAINED
            read.mentions.append(Mention(start, end, value, source, external_id, recorded, given))
    return found


def _parts(segments: Iterable[_Segment], read: Mapping[str, _Read]) -> dict[str, dict[datetime, dict[str, Decimal]]]:
    """Return the segments' values by dimension and period."""
    found: dict[str, dict[datetime, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for segment in segments:
        for point in read[segment.name].points.values() if segment.name else ():
            if point.value is not None:
                found[segment.dimension][point.start][segment.name] = point.value
    return found


def _other(metric: Metric, setting: Setting, since: datetime) -> dict[str, dict[datetime, Decimal]]:
    """Return the values of the metric to compare with, by segment and period: one query, or none.

    What is found names them, so that nothing is compared with what fewer people see than the metric's own values.
    """
    found: dict[str, dict[datetime, Decimal]] = defaultdict(dict)
    if not setting.on or not setting.parameters["metric"]:
        return found
    rows: Any = Observation.objects.filter(metric__key=setting.parameters["metric"], period_start__gte=since)
    if metric.classification == Metric.Classification.INTERNAL:
        rows = rows.exclude(metric__classification=Metric.Classification.CONFIDENTIAL)
    closed = MetricSegment.objects.filter(restricted=True)
    open_here = ~Exists(closed.filter(metric=metric, name=OuterRef("segment")))
    closed_there = Exists(closed.filter(metric=OuterRef("metric"), name=OuterRef("segment")))
    rows = rows.exclude(open_here, closed_there)
    for segment, start, value in rows.current().exclude(value=None).values_list("segment", "period_start", "value"):
        found[segment][start] = value
    return found


def next_due(cadence: Cadence, hours: Decimal, now: datetime) -> datetime:
    """Return when time alone may change an outcome: a period settles, a value is late, a day's score is to be kept."""
    allowed = timedelta(hours=float(hours))
    settles = cadence.settled_at(cadence.start_of(cadence.last_settled(now) + 2))
    late = cadence.first_after(now, lambda index: cadence.start_of(index + 1) + allowed)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return min(settles, cadence.start_of(late + 1) + allowed, tomorrow)
