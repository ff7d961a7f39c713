"""What the conditions of one metric have in common while they are evaluated: its values, laid out once for all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from metrics.domain.fold import Context, History, Reading
from metrics.domain.periods import Cadence
from metrics.models import Condition, Metric
from metrics.services.entries import cadence_of
from metrics.services.replaying import context_of


class Value(NamedTuple):
    """The observation that counts for a period: what the fold reads of it, and its number."""

    period_start: datetime
    period_end: datetime
    value: Decimal | None
    sample_size: int | None
    pk: int


@dataclass(frozen=True)
class Scene:
    """One metric at one moment."""

    metric: Metric
    cadence: Cadence
    context: Context
    as_of: datetime
    values: dict[str, dict[datetime, Value]]  # segment → period start → what counts
    histories: dict[str, History]  # segment → the same, laid out for the fold
    arming: bool
    continues: bool


def scene_of(
    metric: Metric, conditions: Iterable[Condition], as_of: datetime, *, arming: bool, continues: bool
) -> Scene:
    """Load the values of the segments that the conditions watch: one query."""
    segments = {condition.segment for condition in conditions}
    values: dict[str, dict[datetime, Value]] = {segment: {} for segment in segments}
    columns = ("segment", "period_start", "period_end", "value", "sample_size", "pk")
    # Ascending revisions: the last one written into the dictionary is the one that counts.
    rows = metric.observations.filter(segment__in=segments).order_by("revision").values_list(*columns)
    for segment, *row in rows:
        values[segment][row[0]] = Value(*row)
    cadence, context = cadence_of(metric), context_of(metric)
    histories = {
        segment: History([Reading(*row[:4]) for row in found.values()], as_of, cadence, context.minimum_sample)
        for segment, found in values.items()
    }
    return Scene(metric, cadence, context, as_of, values, histories, arming, continues)
