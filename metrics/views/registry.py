"""The registry: a list to find metrics in, its CSV, and the form that enters a new one."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import User
from config.kit.refusals import BadInput
from config.kit.web import Listing, csv_response, page, paginate
from metrics import figures, queries
from metrics.access import may_create, may_import
from metrics.forms import NewMetricForm
from metrics.models import Metric
from metrics.services import registry
from metrics.views.common import add_errors, exact, person

FILTERS = ("state", "category", "level", "owner")
PER_PAGE = 25
CSV_HEADER = (
    *("key", "name", "state", "classification", "family", "category", "level", "owner", "steward", "frequency"),
    *("definition_version", "unit", "latest_period", "latest_value"),
)


@login_required
@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    """Show the metrics that the person may see, narrowed down by what the address says."""
    listing = paginate(request, _narrowed(request), PER_PAGE)
    context = {
        "listing": listing,
        "rows": _rows(listing, person(request)),
        "filters": _filters(request),
        "search": request.GET.get("find", ""),
        "query": listing.query,
        "may_create": may_create(person(request)),
        "may_import": may_import(person(request)),
    }
    return page(request, "metrics/metric_list.html", context, fragment="metrics/_metric_rows.html")


def _narrowed(request: HttpRequest) -> "QuerySet[Metric]":
    wanted = {name: request.GET.get(name, "")[:80] for name in FILTERS}
    return queries.registry(person(request), search=request.GET.get("find", "")[:80], **wanted)


def _rows(listing: Listing, user: User) -> list[dict[str, Any]]:
    metrics = list(listing)
    values, broken = queries.recent_values(metrics), queries.breached(metrics, user)
    return [_row(metric, values.get(metric.pk, []), broken=metric.pk in broken) for metric in metrics]


def _row(metric: Metric, values: list[Any], *, broken: bool) -> dict[str, Any]:
    counted = figures.settled(values, metric)
    latest = counted[-1] if counted else None
    definition = metric.definition
    tone, word = figures.standing(definition, latest.value) if definition and latest else ("", "")
    return {
        "metric": metric,
        "latest": figures.with_unit(latest.value, definition.unit if definition else "") if latest else "—",
        "at": figures.local_day(metric, latest.period_start) if latest else None,
        "spark": figures.spark(values, metric.name) if len(values) > 1 else "",
        "tone": "bad" if broken else tone,
        "word": "breaks a decision" if broken else word,
    }


def _filters(request: HttpRequest) -> list[dict[str, Any]]:
    found = queries.filter_choices(person(request))
    choices = {"state": Metric.State.choices, "level": Metric.Level.choices} | found
    return [
        {"name": name, "label": name.capitalize(), "choices": choices[name], "chosen": request.GET.get(name, "")}
        for name in FILTERS
    ]


@login_required
@require_safe
def metric_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as CSV."""
    return csv_response("metrics.csv", CSV_HEADER, map(_csv_row, queries.for_api(_narrowed(request))))


def _csv_row(row: dict[str, Any]) -> list[object]:
    latest, definition = row["latest"] or {}, row["definition"] or {}
    named = [row[name] for name in ("key", "name", "state", "classification", "family", "category", "level")]
    people = [row["owner"], row["steward"], row["cadence"], row["definition_version"], definition.get("unit", "")]
    start = latest.get("period_start")
    value = exact(Decimal(latest["value"])) if latest.get("value") is not None else None
    return [*named, *people, start.isoformat() if start else "", value]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_new(request: HttpRequest) -> HttpResponse:
    """Enter a metric; its definition is written on the page that follows."""
    if not may_create(person(request)):
        raise PermissionDenied("Stewards create metrics.")
    form = NewMetricForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and (made := _create(form, person(request))):
        messages.success(request, f"{made.name} is in the registry. Now say what it means.")
        return redirect("metric_definition", made.key)
    return page(request, "metrics/metric_new.html", {"form": form}, 422 if form.is_bound else 200)


def _create(form: NewMetricForm, by: User) -> Metric | None:
    try:
        return registry.create_metric(by=by, **form.cleaned_data)
    except BadInput as error:
        add_errors(form, error.errors)
        return None
