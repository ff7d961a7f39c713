"""Find the wholes that stand without a segment which is by now a part of their periods, as it came late."""

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, Min, OuterRef, Q, Subquery, When

from config.kit.days import day_text
from metrics.domain.aggregation import Missing, Rule, misses
from metrics.domain.remaking import told
from metrics.models import FormulaInput, Metric, MetricSegment, Observation
from metrics.models.observation import ObservationQuerySet
from metrics.models.segment import MetricSegmentQuerySet
from metrics.services import admission

KEY = Case(
    When(metric__definition__aggregation=Rule.RATIO, then=F("metric__definition__aggregation_numerator")),
    default=F("metric__key"),
    output_field=CharField(),
)
"""The metric whose values of a segment make it a part: of a ratio, the numerator."""


@dataclass(frozen=True)
class Standing:
    """How many wholes of a metric were made without one segment, and where the first of their periods begins."""

    metric: Metric
    name: str
    count: int
    first: datetime

    @property
    def words(self) -> str:
        """Say so in a sentence."""
        return told(self.name, self.count, day_text(self.metric.local_day(self.first)))


def counted(rows: MetricSegmentQuerySet, most: int | None = None) -> list[Standing]:
    """Return without which of these segments something stands: one query."""
    without = _wholes(
        _made_without(
            metric=OuterRef("metric"),
            key=OuterRef(OuterRef("key")),
            name=OuterRef(OuterRef("name")),
            at=OuterRef("missed_at"),
            since=OuterRef("missed_from"),
        )
    )
    figures = without.order_by().values("metric")
    found = (
        _late(rows)
        .annotate(key=KEY)
        .annotate(
            standing=Subquery(figures.annotate(found=Count("pk")).values("found")),
            first=Subquery(figures.annotate(found=Min("period_start")).values("found")),
        )
    )
    late: list[Any] = list(found.filter(standing__gt=0)[:most])
    return [Standing(row.metric, row.name, row.standing, row.first) for row in late if _tells(row.metric)]


def missed(metric: Metric, *, besides: str = "") -> ObservationQuerySet:
    """Return the wholes of a metric that wait for a decision, in order; not counted is the segment `besides`."""
    parts = [row for row in _late(metric.segments.exclude(name=besides)) if _tells(row.metric)]
    wanted = reduce(or_, map(_without, parts), Q(pk__in=[]))
    return _wholes(wanted).order_by("period_start")


def settle(metric: Metric) -> None:
    """Forget which segments came late where nothing stands without them, as when all of their values came at once."""
    if not missed(metric).exists():
        admission.settle(metric)


def _late(rows: MetricSegmentQuerySet) -> MetricSegmentQuerySet:
    found = rows.named().exclude(missed_at=None).exclude(metric__definition=None)
    return found.select_related("metric__definition").order_by("metric__name", "metric", "name")


def _tells(metric: Metric) -> bool:
    definition = admission.aggregated(metric)
    return definition is not None and misses(Rule(definition.aggregation), Missing(definition.missing_parts))


def _wholes(wanted: Q) -> ObservationQuerySet:
    """Return the wholes that were made and count; what was made of values that are erased since stays as it is."""
    erased = FormulaInput.objects.filter(metric=OuterRef("metric"), input__erased_through__gt=OuterRef("period_start"))
    rows = Observation.objects.filter(wanted, segment="", source=admission.SOURCE).exclude(value=None)
    return rows.exclude(Exists(erased)).current()


def _without(part: MetricSegment) -> Q:
    definition = part.metric.definition
    assert definition is not None  # noqa: S101 `_tells` asked
    key = definition.aggregation_numerator if definition.aggregation == Rule.RATIO else part.metric.key
    return _made_without(metric=part.metric_id, key=key, name=part.name, at=part.missed_at, since=part.missed_from)


def _made_without(*, metric: Any, key: Any, name: Any, at: Any, since: Any) -> Q:
    """Say which wholes a segment is not in: recorded before it was missed, of periods in which it had no value."""
    own = Observation.objects.filter(metric__key=key, segment=name, period_start=OuterRef("period_start"))
    return Q(metric=metric, recorded_at__lt=at, period_start__gte=since) & Q(~Exists(own))
