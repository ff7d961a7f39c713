"""What pages read of incidents of data quality: lists, one with its chart and course, and the chores they make."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from approvals.models import User
from approvals.readers import ModelsFor
from config.kit.charts import Figure, Mark, line_figure
from metrics.access import kept_by
from metrics.domain.periods import zone_named
from metrics.domain.quality.catalogue import KINDS, Severity
from metrics.domain.quality.judging import OWNER_AFTER
from metrics.models import Metric, MetricSegment, QualityIncident
from metrics.models.incident import IncidentQuerySet
from metrics.queries.chores import Chore

Rows = TypeVar("Rows", bound="QuerySet[Any]")
AROUND = 60  # values on a chart
TONES = {"pass": "ok", "fail": "bad", "unknown": "", "high": "bad", "medium": "warn", "low": "info"}
STATE_TONES = {"open": "bad", "acknowledged": "warn", "resolved": "ok", "closed": "ok"}


def in_seen_segments(rows: Rows, user: User) -> Rows:
    """Leave out rows about segments that the person may not see; the metric they must see already."""
    hidden = MetricSegment.objects.hidden_from(user)
    return rows.filter(~Exists(hidden.filter(metric=OuterRef("metric"), name=OuterRef("segment"))))


def incidents_of(user: User) -> "IncidentQuerySet":
    """Return the incidents that the person may see, the newest first."""
    seen: IncidentQuerySet = QualityIncident.objects.filter(metric__in=Metric.objects.visible_to(user))
    return in_seen_segments(seen, user).select_related("metric__definition", "acknowledged_by", "resolved_by")


def listed(rows: Iterable[QualityIncident]) -> list[dict[str, Any]]:
    """Return incidents as lists show them."""
    return [
        {
            "incident": row,
            "title": KINDS[row.check_key].title,
            "tone": STATE_TONES[row.state],
            "severity_tone": TONES[row.severity],
        }
        for row in rows
    ]


def incident_figure(incident: QualityIncident, user: User) -> Figure | None:
    """Draw the values of the segment with what was found marked; None where there is nothing to draw: one query."""
    metric = incident.metric
    zone = zone_named(metric.time_zone)
    values = metric.observations.visible_to(user).filter(segment=incident.segment).current().order_by("-period_start")
    points = [
        (start.astimezone(zone).date(), None if value is None else float(value))
        for start, value in reversed(values.values_list("period_start", "value")[:AROUND])
    ]
    if not points:
        return None
    marks = _marks(incident, dict(points))
    return line_figure(
        points,
        title=f"{metric.name}{f' ({incident.segment})' if incident.segment else ''}",
        description=incident.sentence,
        unit=metric.definition.unit if metric.definition else "",
        marks=marks,
        value_name=metric.name,
    )


def _marks(incident: QualityIncident, known: Mapping[date, float | None]) -> list[Mark]:
    """Mark what was found where it stands still, and what it was corrected to where it does not."""
    zone = zone_named(incident.metric.time_zone)
    marks = []
    for each in incident.findings:
        day = datetime.fromisoformat(each["period"]).astimezone(zone).date() if each["period"] else None
        if day is not None and (value := known.get(day)) is not None:
            corrected = each["value"] is not None and float(each["value"]) != value
            marks.append(Mark(day, value, "Corrected" if corrected else "Found", "ok" if corrected else "bad"))
    return marks


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding of an incident as its page shows it; `address` names the period in links."""

    sentence: str
    address: str = ""
    period: datetime | None = None
    expected: Decimal | None = None


def findings_of(incident: QualityIncident) -> list[Found]:
    """Return what the last failing run found, the newest first."""
    return [_found(incident.metric, each) for each in incident.findings]


def _found(metric: Metric, kept: Mapping[str, Any]) -> Found:
    period = datetime.fromisoformat(kept["period"]) if kept["period"] else None
    address = metric.period_name(period) if period else ""
    expected = None if kept["expected"] is None else Decimal(kept["expected"])
    return Found(sentence=kept["sentence"], address=address, period=period, expected=expected)


def course_of(incident: QualityIncident) -> list[tuple[str, datetime, str]]:
    """Return what happened to an incident: what, when, by whom or why."""
    steps: list[tuple[str, datetime | None, str]] = [
        ("Opened", incident.opened_at, ""),
        (f"Taken up again, {incident.reopened}×", incident.since if incident.reopened else None, ""),
        ("Owner told", incident.owner_told_at, ""),
        ("Acknowledged", incident.acknowledged_at, str(incident.acknowledged_by or "")),
        ("Last seen", incident.last_seen_at, f"{incident.failures} failing runs" if incident.failures > 1 else ""),
    ]
    if not incident.is_open:
        who = f"{incident.resolved_by}: " if incident.resolved_by else ""
        steps.append((incident.get_state_display(), incident.ended_at, f"{who}{incident.reason}"))
    return [(what, at, why) for what, at, why in steps if at is not None]


def chores(user: User, now: datetime) -> Iterable[Chore]:
    """Yield the incidents of the metrics that this person keeps: one query."""
    for row in KEPT.all(user):
        waits = row.state == QualityIncident.State.OPEN
        yield Chore(
            kind="Failing checks",
            title=f"{KINDS[row.check_key].title} of {row.metric.name}",
            url=reverse("incident", args=[row.pk]),
            why=row.sentence if waits else f"Acknowledged by {row.acknowledged_by}. {row.sentence}",
            metric=row.metric.key,
            due=row.since + OWNER_AFTER[Severity(row.severity)] if waits else None,
            tone=TONES[row.severity],
        )


def _kept(user: User) -> "QuerySet[QualityIncident]":
    rows = QualityIncident.objects.open().filter(metric__in=kept_by(user)).select_related("metric", "acknowledged_by")
    return in_seen_segments(rows, user)


KEPT = ModelsFor(_kept)
