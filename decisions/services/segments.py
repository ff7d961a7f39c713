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


def seen_by(
    user: User, conditions: Iterable[BreakCondition], metrics: Iterable[Metric]
) -> tuple[dict[str, str], frozenset[tuple[str, str]]]:
    """Return code → name of what a person sees, and which segments and wholes, as (key, name), they may not see.

    The metrics are ones that the person may see; a code of another's segment stands for nothing. One query, none where
    nothing has segments.
    """
    codes = {condition.segment for condition in conditions if condition.segment}
    segmented = {metric.pk: metric.key for metric in metrics if metric.segmented}
    if not codes and not segmented:
        return {"": ""}, frozenset()
    coded = MetricSegment.objects.coded(codes)
    wanted = Q(pk__in=coded.values("pk")) | Q(metric__in=segmented, name="")
    wanted |= Q(metric__in=segmented, name__in=coded.values("name"))
    hidden = Exists(MetricSegment.objects.hidden_from(user).filter(pk=OuterRef("pk")))
    rows: list[Any] = list(MetricSegment.objects.filter(wanted).annotate(hidden=hidden))
    own = [row for row in rows if row.metric_id in segmented]
    closed = {(segmented[row.metric_id], row.name) for row in own if row.hidden}
    names = {row.code: row.name for row in own if row.code in codes and not row.hidden}
    return {"": ""} | names, frozenset(closed)


def known_segments(dossier: Dossier) -> dict[str, KnownSegment]:
    """Return what the obstacles ask of the segments that are watched: one query, none where only wholes are.

    One more where a composite over several metrics watches one.
    """
    conditions = [condition for _, condition in conditions_of(dossier)]
    codes = {condition.segment for condition in conditions if condition.segment}
    if not codes:
        return {}
    values = Observation.objects.filter(metric=OuterRef("metric"), segment=OuterRef("name"))
    rows = MetricSegment.objects.coded(codes).annotate(recorded=Exists(values), of=F("metric__key"))
    found: list[Any] = [row for row in rows if row.code in codes]
    several = [metrics_of(condition) for condition in conditions if condition.segment and condition.parts]
    keys = {key for named in several if len(named) > 1 for key in named}
    alike = MetricSegment.objects.filter(metric__key__in=keys, name__in={row.name for row in found})
    also: dict[str, set[str]] = {}
    for name, key in alike.values_list("name", "metric__key") if keys else ():
        also.setdefault(name, set()).add(key)
    return {
        row.code: KnownSegment(metric=row.of, also=frozenset(also.get(row.name, ())), has_values=row.recorded)
        for row in found
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
