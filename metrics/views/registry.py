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
from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import Listing, csv_response, page, paginate
from metrics.access import may_create, may_import
from metrics.forms import NewMetricForm
from metrics.models import Metric
from metrics.queries import figures, narrowing
from metrics.queries import stored as queries
from metrics.services import registry
from metrics.views.common import exact, person

PER_PAGE = 25
FAMILIES_PER_PAGE = 20
SHOWN_FILTERS = 4  # the others open below them
CSV_HEADER = (
    *("key", "name", "state", "classification", "family", "category", "level", "owner", "steward", "frequency"),
    *("definition_version", "unit", "latest_period", "latest_value", "successor", "removal_date"),
)


@login_required
@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    """Show the metrics that the person may see, narrowed down by what the address says."""
    found, filters = narrowed(request), _filters(request)
    by_family = request.GET.get("view") == "families"
    context = _by_family(request, found) if by_family else _listed(request, found)
    context |= {
        "by_family": by_family,
        "filters": filters[:SHOWN_FILTERS],
        "more_filters": filters[SHOWN_FILTERS:],
        "more_open": any(each["chosen"] for each in filters[SHOWN_FILTERS:]),
        "chosen": _chosen(request, filters),
        "search": request.GET.get("find", ""),
        "query": _query(request, page=None, view=None),
        "may_create": may_create(person(request)),
        "may_import": may_import(person(request)),
    }
    return page(request, "metrics/metric_list.html", context, fragment="metrics/_metric_rows.html")


def _listed(request: HttpRequest, found: "QuerySet[Metric]") -> dict[str, Any]:
    listing = paginate(request, found, PER_PAGE)
    return {"listing": listing, "rows": _rows(listing, person(request))}


def _by_family(request: HttpRequest, found: "QuerySet[Metric]") -> dict[str, Any]:
    """Return the families with how their metrics stand, each with its first metrics and a way to all of them."""
    listing = paginate(request, narrowing.families(found), FAMILIES_PER_PAGE)
    rows = list(listing)
    members = narrowing.members(found, [row["family"] for row in rows])
    return {
        "listing": listing,
        "families": [
            {
                **row,
                "members": members.get(row["family"], []),
                "standing": narrowing.standing(row),
                "query": _query(request, page=None, view=None, family=row["family"] or narrowing.NONE),
                "more": row["count"] > narrowing.MEMBERS,
            }
            for row in rows
        ],
    }


def _query(request: HttpRequest, **changes: str | None) -> str:
    """Return the address's query with some of it set or taken out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return query.urlencode()


def _chosen(request: HttpRequest, filters: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return what the list is narrowed down by, each with the address that takes it away."""
    found = []
    if words := request.GET.get("find", "").strip():
        found.append({"label": f"“{words}”", "query": _query(request, page=None, find=None)})
    for each in filters:
        if value := each["chosen"]:
            word = dict(each["choices"]).get(value, value)
            found.append(
                {"label": f"{each['label']}: {word}", "query": _query(request, page=None, **{each["name"]: None})}
            )
    return found


def narrowed(request: HttpRequest) -> "QuerySet[Metric]":
    """Return the metrics that the person sees, narrowed down by what the address says."""
    wanted = {name: request.GET.get(name, "")[:80] for name in narrowing.FILTERS}
    return narrowing.registry(person(request), search=request.GET.get("find", "")[:80], **wanted)


def _rows(listing: Listing, user: User) -> list[dict[str, Any]]:
    metrics = list(listing)
    values, broken = queries.recent_values(metrics, user), queries.breached(metrics, user)
    return [_row(metric, values.get(metric.pk, []), broken=metric.pk in broken) for metric in metrics]


def _row(metric: Metric, values: list[Any], *, broken: bool) -> dict[str, Any]:
    counted = figures.settled(values, metric)
    latest = counted[-1] if counted else None
    definition = metric.definition
    tone, word = figures.standing(definition, latest.value) if definition and latest else ("", "")
    return {
        "metric": metric,
        "latest": figures.with_unit(latest.value, definition.unit if definition else "") if latest else "—",
        "at": metric.local_day(latest.period_start) if latest else None,
        "spark": figures.spark(values, metric.name) if len(values) > 1 else "",
        "tone": "bad" if broken else tone,
        "word": "breaks a decision" if broken else word,
    }


def _filters(request: HttpRequest) -> list[dict[str, Any]]:
    choices = narrowing.choices(person(request))
    return [
        {"name": name, "label": each.label, "choices": choices[name], "chosen": request.GET.get(name, "")[:80]}
        for name, each in narrowing.FILTERS.items()
    ]


@login_required
@require_safe
def metric_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as CSV."""
    rows = queries.for_api(narrowed(request), person(request))
    return csv_response("metrics.csv", CSV_HEADER, map(_csv_row, rows))


def _csv_row(row: dict[str, Any]) -> list[object]:
    latest, definition = row["latest"] or {}, row["definition"] or {}
    named = [row[name] for name in ("key", "name", "state", "classification", "family", "category", "level")]
    people = [row["owner"], row["steward"], row["cadence"], row["definition_version"], definition.get("unit", "")]
    start = latest.get("period_start")
    value = exact(Decimal(latest["value"])) if latest.get("value") is not None else None
    removal = row["removal_date"].isoformat() if row["removal_date"] else ""
    return [*named, *people, start.isoformat() if start else "", value, row["successor"] or "", removal]


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
