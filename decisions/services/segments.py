"""What the registry says of the segments that break conditions watch: their names, their pasts, and their codes."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from approvals.models import User
from decisions.domain.breaking import conditions_of, metrics_of
from decisions.domain.conditions import BreakCondition
from decisions.domain.dossier import Criteria, Dossier
from decisions.domain.obstacles import KnownSegment
from metrics.models import Metric, MetricSegment, Observation


def names_of(conditions: Iterable[BreakCondition]) -> dict[str, str]:
    """Return code → name as values carry it, told to nobody: one query, none where only wholes are watched.

    The whole, whose code is empty, is among them.
    """
    codes = {condition.segment for condition in conditions if condition.segment}
    rows = MetricSegment.objects.coded(codes) if codes else ()
    return {"": ""} | {row.code: row.name for row in rows if row.code in codes}


def closed_to(user: User, metrics: Iterable[Metric], names: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return which of these segments (or wholes) a person may not see, as (key, name): a query where any has segments.

    The metrics are ones that the person may see.
    """
    segmented = {metric.pk: metric.key for metric in metrics if metric.segmented}
    rows = MetricSegment.objects.hidden_from(user).filter(metric__in=segmented, name__in=set(names))
    found = rows.values_list("metric", "name") if segmented else ()
    return frozenset((segmented[pk], name) for pk, name in found)


def known_segments(dossier: Dossier) -> dict[str, KnownSegment]:
    """Return what the obstacles ask of the segments that are watched: two queries, none where only wholes are."""
    conditions = [condition for _, condition in conditions_of(dossier)]
    codes = {condition.segment for condition in conditions if condition.segment}
    if not codes:
        return {}
    values = Observation.objects.filter(metric=OuterRef("metric"), segment=OuterRef("name"))
    rows = MetricSegment.objects.coded(codes).annotate(recorded=Exists(values), of=F("metric__key"))
    found: list[Any] = [row for row in rows if row.code in codes]
    keys = {key for condition in conditions for key in metrics_of(condition)}
    alike = MetricSegment.objects.filter(metric__key__in=keys, name__in={row.name for row in found})
    also: dict[str, set[str]] = {}
    for name, key in alike.values_list("name", "metric__key"):
        also.setdefault(name, set()).add(key)
    return {
        row.code: KnownSegment(metric=row.of, also=frozenset(also[row.name]), has_values=row.recorded) for row in found
    }


def settled(criteria: Criteria) -> Criteria:
    """Return the section with the code and the public name of every segment as the registry has them.

    A name without a code that is known here, as an imported dossier has it, stands for the open segment so called.
    """
    conditions = [condition for assumption in criteria.assumptions for condition in assumption.conditions]
    partial = [condition for condition in conditions if condition.segment or condition.segment_name]
    if not partial:
        return criteria
    rows = _rows(partial)
    assumptions = tuple(
        replace(assumption, conditions=tuple(_settled(condition, rows) for condition in assumption.conditions))
        for assumption in criteria.assumptions
    )
    return replace(criteria, assumptions=assumptions)


def _rows(conditions: Iterable[BreakCondition]) -> list[MetricSegment]:
    chosen = list(conditions)
    called = Q(metric__key__in={each.metric for each in chosen}, name__in={each.segment_name for each in chosen})
    coded = MetricSegment.objects.coded(each.segment for each in chosen).values("pk")
    return list(MetricSegment.objects.named().filter(called | Q(pk__in=coded)).select_related("metric"))


def _settled(condition: BreakCondition, rows: Iterable[MetricSegment]) -> BreakCondition:
    own = [row for row in rows if row.metric.key == condition.metric]
    found = next((row for row in own if condition.segment and row.code == condition.segment), None)
    found = found or next((row for row in own if _open(row) and row.name == condition.segment_name), None)
    if found is None:
        return condition
    return replace(condition, segment=found.code, segment_name=found.name if _open(found) else "")


def _open(row: MetricSegment) -> bool:
    """Say whether everybody who signs in may know the segment."""
    return not row.restricted and row.metric.classification == Metric.Classification.INTERNAL
