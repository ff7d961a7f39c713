"""Interim targets: by which day, and what came; drawn where the chart has reached their day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from config.kit.charts import Mark
from config.templatetags.premise import num
from metrics.domain.distance import short_of
from metrics.domain.periods import zone_named
from metrics.models import Metric, MetricDefinition
from metrics.queries.stored import Value

DAYS = (30, 90, 365)


@dataclass(frozen=True, kw_only=True)
class Interim:
    """One interim target: days after the approval, its day, its value, the value that had settled by then."""

    days: int
    day: date
    target: Decimal
    came: Decimal | None
    lacking: Decimal | None  # 0 or less: met
    ahead: bool  # its day has not come

    @property
    def word(self) -> str:
        """Say how it stands."""
        if self.lacking is None:
            return "ahead" if self.ahead else "no value by then"
        if self.lacking <= 0:
            return "met so far" if self.ahead else "met"
        return f"{num(self.lacking)} to go" if self.ahead else f"short by {num(self.lacking)}"

    @property
    def tone(self) -> str:
        """Return the colour of the word; what is still ahead has none."""
        if self.ahead or self.lacking is None:
            return ""
        return "ok" if self.lacking <= 0 else "warn"


def interim_targets(
    metric: Metric, definition: MetricDefinition, rows: Sequence[Value], now: datetime | None = None
) -> list[Interim]:
    """Return the interim targets of an approved definition; `rows` are what counts, oldest first."""
    approved, now = definition.approved_at, now or timezone.now()
    given = zip(DAYS, (definition.target_30, definition.target_90, definition.target_365), strict=True)
    if approved is None:
        return []
    zone = zone_named(metric.time_zone)
    found = []
    for days, target in given:
        if target is None:
            continue
        due = approved + timedelta(days=days)
        came = _settled_by(metric, rows, min(due, now))
        lacking = short_of(came, target, definition.direction) if came is not None else None
        day = due.astimezone(zone).date()
        found.append(Interim(days=days, day=day, target=target, came=came, lacking=lacking, ahead=due > now))
    return found


def _settled_by(metric: Metric, rows: Sequence[Value], moment: datetime) -> Decimal | None:
    """Return the newest value whose period had settled at a moment."""
    until = moment - metric.settle_after
    return next((row.value for row in reversed(rows) if row.value is not None and row.period_end <= until), None)


def marks(metric: Metric, definition: MetricDefinition, rows: Sequence[Value]) -> list[Mark]:
    """Return the interim targets whose day lies within the values, as points of the chart."""
    known = [row.period_start for row in rows if row.value is not None]
    if not known:
        return []
    zone = zone_named(metric.time_zone)
    first, last = known[0].astimezone(zone).date(), known[-1].astimezone(zone).date()
    return [
        Mark(each.day, float(each.target), f"{each.days} d: {num(each.target)}", each.tone or "info")
        for each in interim_targets(metric, definition, rows)
        if first <= each.day <= last
    ]
