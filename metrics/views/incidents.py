"""Incidents of data quality: the list with filters and CSV, and one with what it touches and how to answer it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from config.kit.web import csv_response, page, paginate
from metrics.access import may_contribute_to, may_manage
from metrics.forms.quality import IncidentFilter, ResolveForm
from metrics.models import QualityIncident
from metrics.queries import effects
from metrics.queries import incidents as reading
from metrics.queries import quality as quality_reading
from metrics.queries.radius import Asked, radius_of
from metrics.services import incidents, trying
from metrics.services.entries import cadence_of
from metrics.views.common import person

PER_PAGE = 40
FINDINGS = 12
LARGEST = 2**63 - 1
HEADER = (
    *("metric", "segment", "check", "severity", "state", "opened_at", "last_seen_at", "failures", "reopened"),
    *("acknowledged_by", "ended_at", "resolved_by", "reason", "says"),
)


@login_required
@require_safe
def incident_list(request: HttpRequest) -> HttpResponse:
    """Show the incidents that the person may see, narrowed down by what the address says, and each family's score."""
    form = IncidentFilter(request.GET)
    listing = paginate(request, _narrowed(request, form), PER_PAGE)
    context = {
        "form": form,
        "listing": listing,
        "rows": reading.listed(listing),
        "query": listing.query,
        "families": quality_reading.families(person(request)),
    }
    return page(request, "metrics/incident_list.html", context)


@login_required
@require_safe
def incident_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as CSV."""
    rows = _narrowed(request, IncidentFilter(request.GET))
    return csv_response("incidents.csv", HEADER, map(_csv_row, rows.iterator(chunk_size=500)))


def _narrowed(request: HttpRequest, form: IncidentFilter) -> "QuerySet[QualityIncident]":
    """Filter; what the form refuses is looked for as it stands, and finds nothing."""
    form.is_valid()
    wanted = {name: request.GET.get(name, "")[:160] for name in form.fields}
    rows = reading.incidents_of(person(request))
    going_on = Q(state__in=QualityIncident.OPEN_STATES)
    states = {"": going_on, "over": ~going_on, "all": Q()}
    rows = rows.filter(states.get(wanted["state"], Q(state=wanted["state"])))
    for name, column in (("severity", "severity"), ("check", "check_key")):
        if wanted[name]:
            rows = rows.filter(**{column: wanted[name]})
    for word in wanted["metric"].split()[:8]:
        rows = rows.filter(
            Q(metric__name__icontains=word) | Q(metric__key__icontains=word) | Q(metric__family__icontains=word)
        )
    return rows


def _csv_row(row: QualityIncident) -> list[object]:
    moments = {name: getattr(row, name) for name in ("opened_at", "last_seen_at", "ended_at")}
    told = {name: moment.isoformat() if moment else "" for name, moment in moments.items()}
    return [
        *(row.metric.key, row.segment, row.check_key, row.severity, row.state, told["opened_at"]),
        *(told["last_seen_at"], row.failures, row.reopened, row.acknowledged_by, told["ended_at"]),
        *(row.resolved_by, row.reason, row.sentence),
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one incident; POST acknowledges or resolves it."""
    found = get_object_or_404(reading.incidents_of(person(request)), pk=min(pk, LARGEST))
    form = ResolveForm()
    if request.method == "POST":
        if not may_manage(person(request), found.metric):
            raise PermissionDenied(incidents.NOT_YOURS)
        if "acknowledge" in request.POST:
            incidents.acknowledge(found, by=person(request))
            messages.success(request, "Acknowledged: you are on it.")
            return redirect("incident", found.pk)
        form = ResolveForm(request.POST)
        if form.is_valid():
            incidents.resolve(found, reason=form.cleaned_data["reason"], by=person(request))
            messages.success(request, "Resolved: what was found is accepted.")
            return redirect("incident", found.pk)
    return page(request, "metrics/incident.html", _context(request, found, form), 422 if form.is_bound else 200)


def _context(request: HttpRequest, found: QualityIncident, form: ResolveForm) -> dict[str, Any]:
    user, findings = person(request), reading.findings_of(found)
    first = next((each for each in findings if each.period), None)
    asked = Asked(period=first.period if first else None, segment=found.segment)
    return {
        "incident": found,
        "metric": found.metric,
        "tone": reading.STATE_TONES[found.state],
        "severity_tone": reading.TONES[found.severity],
        "findings": findings[:FINDINGS],
        "more": len(findings) - FINDINGS,
        "figure": reading.incident_figure(found, user),
        "radius": radius_of(found.metric, user, asked),
        "first": first,
        "would": _would(request, found, first),
        "course": reading.course_of(found),
        "form": form,
        "may_manage": may_manage(user, found.metric),
        "may_correct": may_contribute_to(user, found.metric, found.segment) and found.metric.state != "retired",
    }


def _would(request: HttpRequest, found: QualityIncident, first: reading.Found | None) -> list[Any] | None:
    """Say what correcting the first finding to what the check expected would change; None without an expectation."""
    if not found.is_open or first is None or first.period is None or first.expected is None:
        return None
    if not may_contribute_to(person(request), found.metric, found.segment):
        return None
    period = cadence_of(found.metric).containing(first.period)
    value: Decimal = first.expected
    would = trying.effects(found.metric, segment=found.segment, period=period, value=value, sample_size=None)
    return effects.told(found.metric, would, person(request))
