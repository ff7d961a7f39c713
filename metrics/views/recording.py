"""Record one value; a correction with its reason."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from approvals.models import User
from config.kit.forms import add_errors
from config.kit.refusals import MoveRefused
from config.kit.web import page
from metrics.access import may_contribute, may_contribute_to, rights_of
from metrics.domain.intake import Status
from metrics.forms import RecordForm
from metrics.models import Metric
from metrics.queries import effects, figures, waiting
from metrics.queries import stored as queries
from metrics.queries.radius import Asked, asked_about, radius_of
from metrics.queries.segmented import sight_of
from metrics.services import admission, observations, trying
from metrics.services.entries import cadence_of
from metrics.views.common import calculated, ended, person, visible

RECENT = 8


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_record(request: HttpRequest, key: str) -> HttpResponse:
    """Take one value; a correction asks for its reason. “Look first” says what it would change and stores nothing."""
    metric = visible(request, key)
    if not may_contribute(person(request), metric):
        raise PermissionDenied(observations.NOT_YOURS)
    if metric.state == Metric.State.RETIRED:
        raise MoveRefused([ended(metric)])
    if metric.definition is not None and metric.definition.expression:
        raise MoveRefused(calculated(metric, person(request)))
    unit = metric.definition.unit if metric.definition else ""
    typed = request.POST if request.method == "POST" else None
    asked, sight = asked_about(metric, request.GET, person(request)), sight_of(metric, person(request))
    form = RecordForm(
        typed,
        initial=_initial(metric, asked, person(request)),
        unit=unit,
        segments=sight.names,
        made=admission.aggregated(metric) is not None,
    )
    context = {"metric": metric, "form": form, "asked": asked, "settle_hours": _hours(metric)}
    if form.is_bound and form.is_valid():
        if "look" in request.POST:
            if looked := _looked(metric, form, request):
                return page(request, "metrics/metric_record.html", context | looked)
        elif result := _record(metric, form, request):
            say = messages.info if result.status is Status.WAITING else messages.success
            say(request, _told(metric, result, unit, form))
            return redirect("metric", metric.key)
    if asked.period:
        context["radius"] = radius_of(metric, person(request), asked)
    context["recent"] = _recent(metric, unit, person(request))
    context["frozen"] = waiting.frozen_now(metric)
    return page(request, "metrics/metric_record.html", context, 422 if form.is_bound else 200)


def _initial(metric: Metric, asked: Asked, user: User) -> dict[str, Any]:
    """Propose the value that is to be corrected, else the next period that wants one, in the person's only segment."""
    if asked.period is None:
        rights = rights_of(user, metric)
        only = next(iter(rights.parts)) if rights.only and len(rights.parts) == 1 else ""
        return {"period_start": _next_period(metric, only), "segment": only}
    row = metric.observations.current().filter(segment=asked.segment, period_start=asked.period).first()
    known = {"value": row.value, "sample_size": row.sample_size} if row else {}
    return known | {"period_start": metric.local_day(asked.period), "segment": asked.segment}


def _recent(metric: Metric, unit: str, user: User) -> list[tuple[Any, str, int]]:
    return [
        (metric.local_day(row.period_start), figures.with_unit(row.value, unit), row.revision)
        for row in queries.values(metric, user).order_by("-period_start")[:RECENT]
    ]


def _looked(metric: Metric, form: RecordForm, request: HttpRequest) -> dict[str, Any]:
    """Say what rests on the value that was typed, and what it would change; nothing is stored.

    Of a segment that is not theirs to record nobody is told what a value would do.
    """
    typed = form.cleaned_data
    if not may_contribute_to(person(request), metric, typed["segment"]):
        form.add_error("segment", "You may not record values of this segment.")
        return {}
    period = cadence_of(metric).containing(typed["period_start"])
    radius = radius_of(metric, person(request), Asked(period=period.start, segment=typed["segment"]))
    sample = typed["sample_size"]
    would = trying.effects(
        metric,
        segment=typed["segment"],
        period=period,
        value=typed["value"],
        sample_size=int(sample) if sample.isascii() and sample.isdecimal() else None,
    )
    return {"looked": True, "radius": radius, "effects": effects.told(metric, would, person(request))}


def _next_period(metric: Metric, segment: str) -> Any:
    """Return the first day of the newest period that has ended, or, where that has its value, of the open one."""
    cadence = cadence_of(metric)
    present = cadence.index(timezone.now())
    ended = cadence.start_of(present - 1)
    recorded = metric.observations.filter(segment=segment, period_start=ended).exists()
    return metric.local_day(cadence.start_of(present) if recorded else ended)


def _record(metric: Metric, form: RecordForm, request: HttpRequest) -> observations.RowResult | None:
    [result] = observations.record(metric, [form.entry()], by=person(request), source="form", reasoned=True)
    if result.status is not Status.REFUSED:
        return result
    add_errors(form, {field: [sentence] for field, sentence in result.errors.items()})
    return None


def _told(metric: Metric, result: observations.RowResult, unit: str, form: RecordForm) -> str:
    """Say what happened, and of which period."""
    if result.period_start is None or result.period_end is None:
        return result.sentence
    day = metric.local_day(result.period_start)
    if result.status is Status.UNCHANGED:
        return f"Nothing changed for the period from {day}. {result.sentence}"
    value = figures.with_unit(form.cleaned_data["value"], unit)
    if result.status is Status.WAITING:
        return f"{value} for the period from {day} is not recorded yet. {result.sentence}"
    closing = cadence_of(metric).settled_at(result.period_end)
    waits = "" if closing <= timezone.now() else f" It counts once the period has settled, on {closing:%-d %B}."
    again = f" as revision {result.revision}" if result.status is Status.REVISED else ""
    return f"Recorded {value} for the period from {day}{again}.{waits}"


def _hours(metric: Metric) -> str:
    return f"{metric.settle_after.total_seconds() / 3600:g}" if metric.settle_after else ""
