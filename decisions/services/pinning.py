"""Pin a metric's value as evidence: fixed in the dossier with its period, revision and definition."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from approvals.models import User
from config.kit.canonical import utc_text
from config.kit.refusals import BadInput
from decisions.domain.dossier import Snapshot
from metrics.domain.periods import zone_named
from metrics.models import Metric, Observation


def pinned(key: str, *, by: User, day: date | None = None) -> Snapshot:
    """Return the newest value of a metric this person may see, or that of the period that holds the day.

    BadInput under `metric` or `day` when there is none.
    """
    metric = Metric.objects.visible_to(by).filter(key=key).select_related("definition").first()
    if metric is None:
        raise BadInput({"metric": ["Choose a metric of the registry."]})
    if metric.segmented and metric.segments.filter(name="", restricted=True).exists():
        # What is pinned is read by everyone who reads the decision.
        raise BadInput({"metric": [f"“{metric.name}” is restricted as a whole: its values cannot be pinned."]})
    values = Observation.objects.filter(metric=metric, segment="", period_end__lte=timezone.now()).current()
    values = values.filter(value__isnull=False)
    if day is not None:
        start = datetime.combine(day, time(), zone_named(metric.time_zone))
        values = values.filter(period_start__lt=start + timedelta(days=1), period_end__gt=start)
    found = values.order_by("-period_start").first()
    if found is None or found.value is None:
        where = "day" if day else "metric"
        raise BadInput({where: [f"“{metric.name}” has no value {'for that day' if day else 'yet'}."]})
    return Snapshot(
        value=found.value,
        period_start=utc_text(found.period_start),
        period_end=utc_text(found.period_end),
        revision=found.revision,
        definition_version=metric.definition.number if metric.definition else None,
        recorded_at=utc_text(found.recorded_at),
    )
