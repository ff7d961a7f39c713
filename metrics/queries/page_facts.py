"""What a metric's page says, a line each, of the pages beside it, read by the one query that loads it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.models import User
from config.kit.days import day_text
from config.kit.prepared import DAY, TEXT, PreparedModels, Slot
from metrics import access
from metrics.domain.meaning import filled_by_premise
from metrics.models import Metric
from metrics.queries import disputed, experimenting, lineage, pair_facts, pull_facts, waiting
from metrics.queries import quality as quality_reading


@dataclass(frozen=True, kw_only=True)
class Line:
    """One page beside the metric's own: where it is, and what it would say in a few words."""

    title: str
    url: str
    words: str = ""
    tone: str = ""  # ok | warn | bad | info


FACTS: dict[str, Callable[[], Any]] = {
    "in_formulas": lineage.in_formulas,
    "doubts": disputed.doubts,
    "relevance_due_at": disputed.relevance_due_at,
    "experiment_count": experimenting.counted,
    "experiments_running": experimenting.running,
    "quality_score": quality_reading.score_now,
    "incidents_now": quality_reading.incidents_now,
    "data_in_doubt": quality_reading.in_doubt,
    "worst_pull": pull_facts.worst,
    "planned_end": waiting.planned_end,
    "corrections_waiting": waiting.corrections_waiting,
    "pair_count": pair_facts.counted,
    "pair_alert": pair_facts.alert_now,
}
"""Name of an annotation → the subquery on `OuterRef("pk")` that fills it."""


def _disputes(metric: Any) -> Line:
    count = metric.doubts
    words, tone = (f"{count} in doubt", "warn") if count else ("none open", "")
    return Line(title="Disputes", url=reverse("metric_disputes", args=[metric.key]), words=words, tone=tone)


def _relevance(metric: Any) -> Line | None:
    if metric.relevance_due_at is None:
        return None
    due = metric.relevance_due_at
    late = due <= timezone.now()
    words = f"{'was due' if late else 'review by'} {day_text(timezone.localtime(due))}"
    url = reverse("metric_relevance", args=[metric.key])
    return Line(title="Relevance", url=url, words=words, tone="warn" if late else "")


def _experiments(metric: Any) -> Line:
    words = experimenting.words(metric.experiment_count, metric.experiments_running)
    return Line(title="Experiments", url=f"{reverse('experiment_list')}?metric={metric.key}", words=words or "none")


def _quality(metric: Any) -> Line:
    score, running = metric.quality_score, metric.incidents_now
    said = [f"{score} of 100" if score is not None else "", f"{running} open" if running else ""]
    tone = "bad" if metric.data_in_doubt else "warn" if running else ""
    url = reverse("metric_quality", args=[metric.key])
    return Line(title="Data quality", url=url, words=", ".join(filter(None, said)), tone=tone)


def _pulls(metric: Any) -> Line:
    words, tone = pull_facts.words(metric.worst_pull)
    return Line(title="Pulls", url=reverse("metric_pulls", args=[metric.key]), words=words or "none", tone=tone)


def _lifecycle(metric: Any) -> Line:
    words, tone = waiting.course_of(metric)
    url = reverse("metric_lifecycle", args=[metric.key])
    return Line(title="Lifecycle", url=url, words=words or "nothing planned", tone=tone)


def _segments(metric: Any) -> Line:
    definition = metric.definition
    made = bool(definition and definition.aggregation)
    words = "make the whole" if made else "" if metric.segmented else "none yet"
    return Line(title="Segments", url=reverse("metric_segments", args=[metric.key]), words=words)


def _retention(metric: Any) -> Line | None:
    definition = metric.definition
    if definition is None or not definition.personal_data:
        return None
    days = definition.retention_days
    url = reverse("metric_retention", args=[metric.key])
    if filled_by_premise(metric.key):
        return Line(title="Retention", url=url, words="personal data, kept with its decisions")
    words = "personal data, no end said" if days is None else f"personal data, kept {days} days"
    return Line(title="Retention", url=url, words=words, tone="warn" if days is None else "")


def _pairs(metric: Any) -> Line:
    words, tone = pair_facts.words(metric.pair_count, metric.pair_alert)
    url = f"{reverse('trade_off_pairs')}?metric={metric.key}"
    if metric.pair_alert:
        url = reverse("trade_off_pair", args=[metric.pair_alert])
    return Line(title="Counter-metrics", url=url, words=words, tone=tone)


LINES: tuple[Callable[[Metric], Line | None], ...] = (
    _disputes,
    _relevance,
    _experiments,
    _quality,
    _pulls,
    _lifecycle,
    _segments,
    _retention,
    _pairs,
)
"""Each makes its line from the annotated metric, or none where there is nothing to say; asks no further query."""


def with_facts(metrics: "QuerySet[Metric]", today: "date | Slot") -> "QuerySet[Metric]":
    """Have each metric carry what the lines are made of, on a day in UTC."""
    facts = {name: made() for name, made in FACTS.items()}
    return metrics.annotate(**facts, frozen_until=waiting.frozen_until(today))


WITH_FACTS = PreparedModels(
    lambda: with_facts(Metric.objects.with_definition().filter(key=Slot("key", TEXT)), Slot("today", DAY))
)


def shown(user: User, key: str) -> Metric | None:
    """Return a metric `with_facts`, or None alike for what is not there and what is not the person's to see."""
    return access.shown(user, key, WITH_FACTS.first(key=key, today=timezone.now().date()))


def lines(metric: Metric) -> list[Line]:
    """Return what there is to say of a metric that was loaded `with_facts`."""
    return [line for make in LINES if (line := make(metric))]
