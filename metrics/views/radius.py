"""The blast radius: what rests on a metric, on a version of its definition, or on one value."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config.kit.web import page
from metrics.access import rights_of
from metrics.models import Metric
from metrics.queries.radius import Asked, asked_about, radius_of
from metrics.services.disputes import may_dispute
from metrics.views.common import person, visible


@login_required
@require_safe
def metric_radius(request: HttpRequest, key: str) -> HttpResponse:
    """Show everything that rests there; `?version=` or `?period=` (with `segment=`) ask about a part of it."""
    metric = visible(request, key)
    asked = asked_about(metric, request.GET, person(request))
    value = _value(metric, asked)
    context = {
        "metric": metric,
        "asked": asked,
        "value": value,
        "disputable": may_dispute(person(request)) and _counts(metric, asked, value),
        "day": metric.local_day(asked.period) if asked.period else None,
        "period_name": request.GET.get("period", ""),
        "radius": radius_of(metric, person(request), asked),
        "rights": rights_of(person(request), metric),
    }
    return page(request, "metrics/metric_radius.html", context)


def _counts(metric: Metric, asked: Asked, value: Any) -> bool:
    """Say whether what is asked about is what counts, so that somebody may say that it is wrong."""
    if asked.period is not None:
        return value is not None
    return metric.definition is not None and asked.version in {None, metric.definition.number}


def _value(metric: Metric, asked: Asked) -> Any:
    """Return the observation that counts for the period asked about."""
    if asked.period is None:
        return None
    return metric.observations.current().filter(segment=asked.segment, period_start=asked.period).first()
