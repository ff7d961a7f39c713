"""The segments of one metric: how each stands, who may see it, and how the whole is made of them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from config.kit.web import csv_response, page, paginate
from metrics.access import may_manage, rights_of
from metrics.forms.segments import SegmentForm, SegmentGrantForm
from metrics.models import Metric, MetricSegment, MetricSegmentGroupObjectPermission, MetricSegmentUserObjectPermission
from metrics.queries import figures, late_wholes, segmented
from metrics.queries.veiling import hidden_keys
from metrics.services import admission, aggregating, segments
from metrics.views import conflicts
from metrics.views.common import exact, person, visible

PER_PAGE = 25
MOST = 1_000_000
CSV_HEADER = (
    *("metric", "dimension", "segment", "restricted", "opened_from", "closed_from"),
    *("latest_period", "latest_value", "sample_size"),
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_segments(request: HttpRequest, key: str) -> HttpResponse:
    """List the segments that the person may see; whoever manages the metric declares, restricts and grants here."""
    metric = visible(request, key)
    sight = segmented.sight_of(metric, person(request))
    form, grant_form = SegmentForm(initial=_asked(request, metric, sight)), SegmentGrantForm(rows=sight.rows)
    if request.method == "POST":
        if not may_manage(person(request), metric):
            raise PermissionDenied("You may not manage this metric.")
        act = next((act for name, act in ACTS.items() if name in request.POST), None)
        if act is not None:
            act(request, metric)
            # Who takes back their own grant may no longer see the page.
            return redirect("metric_segments", metric.key)
        form, grant_form, done = _filled(request, metric, sight)
        if done:
            return redirect("metric_segments", metric.key)
    context = _context(request, metric, sight) | {"form": form, "grant_form": grant_form}
    refused = 409 if form.differences else 422
    if form.differences:
        stored = f"?change={quote(form.cleaned_data['name'])}#declare"
        context |= {"differences": form.differences, "stored_url": stored}
    return page(request, "metrics/metric_segments.html", context, refused if request.method == "POST" else 200)


def _context(request: HttpRequest, metric: Metric, sight: segmented.Sight) -> dict[str, Any]:
    rights = rights_of(person(request), metric)
    listing = paginate(request, sight.segments, PER_PAGE)
    first = (listing.page.number - 1) * PER_PAGE
    rows = segmented.courses(metric, sight, person(request), manage=rights.manage, at=(first, first + PER_PAGE))
    aggregated = admission.aggregated(metric)
    hidden = hidden_keys([aggregated], person(request)) if aggregated else frozenset()
    barred = bool(hidden) and aggregated is not None and not hidden.isdisjoint(aggregating.sources(aggregated))
    example = segmented.example_of(metric, sight, rows, barred=barred)
    return {
        "metric": metric,
        "unit": metric.definition.unit if metric.definition else "",
        "rights": rights,
        "listing": listing,
        "rows": [_row(metric, each) for each in rows],
        "aggregated": aggregated,
        "example": example,
        "example_day": metric.local_day(example.start) if example else None,
        "inferable": aggregated is not None and sight.betrays,
        "standing": late_wholes.of(metric, sight.every) if rights.manage else [],
    }


def _row(metric: Metric, course: segmented.Course) -> dict[str, Any]:
    latest, unit = course.latest, metric.definition.unit if metric.definition else ""
    return {
        "segment": course.row,
        "latest": figures.with_unit(latest.value, unit) if latest else "—",
        "at": metric.local_day(latest.period_start) if latest else None,
        "spark": figures.spark(course.values, str(course.row)) if len(course.values) > 1 else "",
        "grants": course.grants,
    }


def _asked(request: HttpRequest, metric: Metric, sight: segmented.Sight) -> dict[str, Any]:
    """Propose the dimension that the whole is made over, or all of the segment that is to be changed."""
    definition = admission.aggregated(metric)
    wanted = request.GET.get("change", "")
    for row in sight.segments:
        if row.name == wanted:
            return _said(row)
    return {"dimension": definition.aggregation_over if definition else ""}


def _said(row: MetricSegment) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("name", "dimension", "opened_from", "closed_from")}
    return said | {"version": segments.version_of(row)}


def _filled(request: HttpRequest, metric: Metric, sight: segmented.Sight) -> tuple[SegmentForm, SegmentGrantForm, bool]:
    """Do what one of the two forms asks for; returns both as they are to be shown, and whether it was done."""
    if "grant" in request.POST:
        granting = SegmentGrantForm(request.POST, rows=sight.rows)
        if done := granting.is_valid():
            typed = granting.cleaned_data
            row = next((row for row in sight.rows if row.name == typed["segment"]), None)
            if row is None:
                raise MoveRefused(["The whole is open to everyone who sees the metric. Restrict it first."])
            segments.grant(row, to=granting.to, permission=typed["permission"], by=person(request))
            messages.success(request, f"Granted to {granting.to}.")
        return SegmentForm(), granting, done
    form = SegmentForm(request.POST)
    done = form.is_valid() and _declared(request, metric, form)
    return form, SegmentGrantForm(rows=sight.rows), done


def _declared(request: HttpRequest, metric: Metric, form: SegmentForm) -> bool:
    typed = dict(form.cleaned_data)
    try:
        made = segments.declare(metric, expected=typed.pop("version"), by=person(request), **typed)
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    except StaleWrite as stale:
        stored = _said(stale.stored)  # type: ignore[arg-type]
        form.differences = conflicts.differences(form, {name: stored[name] for name in typed})
        conflicts.against(form, stored["version"], stale)
        return False
    messages.success(request, f"{made} is a segment by {made.dimension}.")
    return True


def _restrict(request: HttpRequest, metric: Metric) -> None:
    name = request.POST["restrict"]
    segments.restrict(metric, name=name, restricted=True, by=person(request))
    messages.success(request, f"{name or 'The whole'} is seen only by those granted it now.")


def _open(request: HttpRequest, metric: Metric) -> None:
    name = request.POST["open"]
    segments.restrict(metric, name=name, restricted=False, by=person(request))
    messages.success(request, f"{name or 'The whole'} is seen by everyone who sees the metric now.")


def _restrict_new(request: HttpRequest, metric: Metric) -> None:
    segments.restrict_new(metric, restricted=request.POST["new"] == "restricted", by=person(request))
    messages.success(request, "Segments to come are handled so from now on.")


def _revoke(request: HttpRequest, metric: Metric) -> None:
    """Take back the grant whose number the button carries; one that is gone already needs no answer."""
    kind, number = request.POST["revoke"][:1], request.POST["revoke"][1:]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return
    if kind == "g":
        groups = MetricSegmentGroupObjectPermission.objects.filter(content_object__metric=metric, pk=number)
        row: Any = groups.select_related("group", "permission", "content_object__metric").first()
        to: Any = row.group if row else None
    else:
        people = MetricSegmentUserObjectPermission.objects.filter(content_object__metric=metric, pk=number)
        row = people.select_related("user", "permission", "content_object__metric").first()
        to = row.user if row else None
    if row is not None:
        segments.revoke(row.content_object, to=to, permission=row.permission.codename, by=person(request))
        messages.success(request, f"Taken back from {to}.")


ACTS: dict[str, Callable[[HttpRequest, Metric], None]] = {
    "restrict": _restrict,
    "open": _open,
    "new": _restrict_new,
    "revoke": _revoke,
}
"""Name of a button → what it does; the rest of what is posted is one of the two forms."""


@login_required
@require_safe
def metric_segments_csv(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """Send the segments that the person may see as CSV, each with its latest value."""
    metric = visible(request, key)
    sight = segmented.sight_of(metric, person(request))
    rows = segmented.courses(metric, sight, person(request), manage=False, at=(0, MOST))
    return csv_response(f"{metric.key}-segments.csv", CSV_HEADER, (_csv_row(metric, each) for each in rows))


def _csv_row(metric: Metric, course: segmented.Course) -> list[object]:
    row, latest = course.row, course.latest
    told: list[object] = [None, None, None]
    if latest is not None and latest.value is not None:
        told = [metric.local_day(latest.period_start), exact(latest.value), latest.sample_size]
    days = [day.isoformat() if day else "" for day in (row.opened_from, row.closed_from)]
    return [metric.key, row.dimension, row.name, "yes" if row.restricted else "no", *days, *told]
