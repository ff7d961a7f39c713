"""What pages and the API read of data quality: how the checks stand, the score and its course, control figures."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from approvals.models import User
from config.kit.charts import Figure, line_figure
from metrics.domain.periods import zone_named
from metrics.domain.quality.catalogue import GROUPS, KINDS, Kind, Setting, Severity
from metrics.domain.quality.judging import WEIGHTS, Verdict
from metrics.models import (
    ControlFigure,
    Metric,
    MetricSegment,
    QualityIncident,
    QualityResult,
    QualityScore,
    QualityState,
)
from metrics.queries.incidents import TONES, in_seen_segments, incidents_of
from metrics.services.entries import cadence_of

TREND_DAYS = 120
SEGMENTS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check as it is set for a metric, with what it last said by segment; what fails comes first."""

    kind: Kind
    setting: Setting
    results: Sequence[QualityResult]

    @property
    def shown(self) -> Sequence[QualityResult]:
        """Return as many segments as a page bears."""
        return self.results[:SEGMENTS_SHOWN]

    @property
    def more(self) -> int:
        """Return how many segments are left out."""
        return len(self.results) - len(self.shown)

    @property
    def weight(self) -> int:
        """Return what it weighs in the score."""
        return WEIGHTS[self.setting.severity]


def checks_of(metric: Metric, settings: Mapping[str, Setting], user: User) -> list[tuple[str, list[Check]]]:
    """Return the checks that are on, by group: one query."""
    found: dict[str, list[QualityResult]] = defaultdict(list)
    order = list(TONES)
    rows = in_seen_segments(QualityResult.objects.filter(metric=metric), user)
    for row in sorted(rows, key=lambda each: (each.verdict != Verdict.FAIL, order.index(each.verdict), each.segment)):
        row.tone = TONES[row.verdict]  # type: ignore[attr-defined]
        found[row.check_key].append(row)
    groups = []
    for title, kinds in GROUPS:
        checks = [
            Check(kind=kind, setting=settings[kind.key], results=found[kind.key])
            for kind in kinds
            if settings[kind.key].on
        ]
        if checks:
            groups.append((title, checks))
    return groups


def trend(metric: Metric) -> tuple[Figure | None, QualityScore | None]:
    """Return the course of the score, where there are two days of it, and the newest with how it is made."""
    since = timezone.now().date() - timedelta(days=TREND_DAYS)
    rows = list(QualityScore.objects.filter(metric=metric, day__gte=since).order_by("day"))
    if len(rows) < 2:
        return None, rows[-1] if rows else None
    low, last = min(row.score for row in rows), rows[-1]
    figure = line_figure(
        [(row.day, float(row.score)) for row in rows],
        title="Score day by day",
        description=f"{len(rows)} days; the lowest score was {low}, the latest is {last.score} of 100.",
        value_name="Score",
    )
    return figure, last


def lines_of(newest: QualityScore | None) -> list[dict[str, Any]]:
    """Return how a score is made, line by line, the heaviest first."""
    lines = newest.lines if newest else []
    told = [line | {"title": KINDS[line["check"]].title, "passes": line["verdict"] == Verdict.PASS} for line in lines]
    return sorted(told, key=lambda line: (-line["weight"], line["title"]))


def families(user: User) -> list[dict[str, Any]]:
    """Return each family's mean score with its metrics and open incidents, of what the person may see: one query."""
    seen = Metric.objects.visible_to(user).in_use().filter(quality__score__isnull=False)
    running = in_seen_segments(QualityIncident.objects.open(), user).filter(metric=OuterRef("pk"))
    counted = running.order_by().values("metric").annotate(number=Count("pk")).values("number")
    each = seen.annotate(incidents_now=Coalesce(Subquery(counted), 0)).order_by("family")
    found: dict[str, list[tuple[Any, int]]] = defaultdict(list)
    for family, score, number in each.values_list("family", "quality__score", "incidents_now"):
        found[family or "No family"].append((score, number))
    return [
        {
            "family": family,
            "metrics": len(rows),
            "score": sum(score for score, _ in rows) // len(rows),
            "lowest": min(score for score, _ in rows),
            "incidents": sum(number for _, number in rows),
        }
        for family, rows in found.items()
    ]


def score_now() -> Any:
    """Return the subquery of a metric's score."""
    return Subquery(QualityState.objects.filter(metric=OuterRef("pk")).values("score")[:1])


def incidents_now() -> Any:
    """Return the subquery of how many incidents of a metric are open, but for those of restricted segments."""
    running = QualityIncident.objects.open().filter(_in_plain_sight(), metric=OuterRef("pk"))
    counted = running.order_by().values("metric").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def in_doubt() -> Any:
    """Return the subquery of whether a severe incident of a metric is open, but for those of restricted segments."""
    return Exists(QualityIncident.objects.in_doubt().filter(_in_plain_sight(), metric=OuterRef("pk")))


def _in_plain_sight() -> Q:
    restricted = MetricSegment.objects.filter(metric=OuterRef("metric"), name=OuterRef("segment"), restricted=True)
    return Q(~Exists(restricted))


def controls(metric: Metric, rows: Iterable[ControlFigure]) -> list[dict[str, Any]]:
    """Return control figures with the value that each is held against: one query besides."""
    rows = list(rows)
    values = metric.observations.filter(period_start__in=[row.period_start for row in rows]).current()
    known = {
        (start, segment): value for start, segment, value in values.values_list("period_start", "segment", "value")
    }
    zone, short = zone_named(metric.time_zone), bool(cadence_of(metric).step.seconds)
    return [
        {
            "row": row,
            "day": row.period_start.astimezone(zone).date(),
            "time": f"{row.period_start.astimezone(zone):%H:%M %Z}" if short else "",
            "value": known.get((row.period_start, row.segment)),
        }
        for row in rows
    ]


def for_api(metric: Metric, user: User) -> dict[str, Any]:
    """Return the quality of a metric in the API's shape, as far as the person may see its segments."""
    state = QualityState.objects.filter(metric=metric).first()
    newest = QualityScore.objects.filter(metric=metric).order_by("-day").first()
    results = in_seen_segments(QualityResult.objects.filter(metric=metric), user)
    running = list(incidents_of(user).open().filter(metric=metric))
    columns = ("segment", "severity", "verdict", "sentence", "since", "at")
    same = ("id", "segment", "severity", "state", "sentence", "opened_at", "since", "last_seen_at", "failures")
    return {
        "metric": metric.key,
        "score": state.score if state else None,
        "looked_at": state.looked_at if state else None,
        "in_doubt": any(row.severity == Severity.HIGH for row in running),
        "lines": newest.lines if newest else [],
        "checks": [row | {"check": row["check_key"]} for row in results.values("check_key", *columns)],
        "incidents": [
            {name: getattr(row, name) for name in (*same, "reopened")} | {"check": row.check_key} for row in running
        ],
    }
