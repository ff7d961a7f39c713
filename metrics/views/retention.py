"""How long personal data is kept: what is due, what was erased, what a legal hold keeps."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import csv_response, page, paginate
from metrics.access import rights_of
from metrics.domain.meaning import filled_by_premise
from metrics.forms.retention import HoldForm
from metrics.models import Metric, Retention
from metrics.queries import retained
from metrics.services import erasing, holds
from metrics.views.common import person, visible

PER_PAGE, RUNS, OFFERED, MOST = 25, 20, 200, 5000
HEADER = ("metric", "name", "values_personal", "retention_days", "due_now", "next_erasure", "state", "last_erased_to")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def retention_list(request: HttpRequest) -> HttpResponse:
    """List the metrics with personal data, what was erased, and the legal holds; POST places a hold."""
    user = person(request)
    may_hold, sees_holds = holds.may_hold(user), retained.may_see_holds(user)
    if request.method == "POST" and not may_hold:
        raise PermissionDenied(holds.OF_OTHERS)
    form = _form(request)
    if form.is_bound and form.is_valid() and _placed(form, request):
        return redirect("retention_list")
    listing = paginate(request, retained.with_personal_data(user), PER_PAGE)
    context = {
        "form": form,
        "listing": listing,
        "rows": retained.kept(list(listing), timezone.now()),
        "holds": list(retained.holds(user)[:OFFERED]) if sees_holds else [],
        "sees_holds": sees_holds,
        "may_hold": may_hold,
        "runs": list(retained.runs(user)[:RUNS]),
        "keys": _keys(request) if may_hold else [],
    }
    return page(request, "metrics/retention_list.html", context, 422 if form.is_bound else 200)


def _form(request: HttpRequest) -> HoldForm:
    key = request.GET.get("metric", "")[:64]
    typed = request.POST if request.method == "POST" else None
    initial = {"metric": key, "scope": "metric"}
    return HoldForm(typed, metrics=Metric.objects.visible_to(person(request)), initial=initial)


def _keys(request: HttpRequest) -> list[tuple[str, str]]:
    return list(Metric.objects.visible_to(person(request)).values_list("key", "name")[:OFFERED])


def _placed(form: HoldForm, request: HttpRequest) -> bool:
    words = {name: form.cleaned_data[name] for name in ("reason", "reference")}
    try:
        hold = holds.place(by=person(request), **words, **form.on())
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    messages.success(request, f"Held: {hold.what}. Nothing of it is erased until the hold is lifted.")
    return True


@login_required
@require_POST
def hold_lift(request: HttpRequest, number: int) -> HttpResponse:
    """Lift a hold, with a reason."""
    if not holds.may_hold(person(request)):
        raise PermissionDenied(holds.OF_OTHERS)
    hold = get_object_or_404(retained.holds(person(request)), pk=number)
    holds.lift(hold, by=person(request), why=request.POST.get("why", ""))
    messages.success(request, f"Lifted: {hold.what}.")
    return redirect("retention_list")


@login_required
@require_safe
def retention_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the list as CSV."""
    found = list(retained.with_personal_data(person(request))[:MOST])
    return csv_response("retention.csv", HEADER, map(_csv_row, retained.kept(found, timezone.now())))


def _csv_row(row: retained.Kept) -> list[object]:
    metric = row.metric
    personal = bool(metric.definition and metric.definition.personal_values)
    ends = [each.isoformat() if each else "" for each in (row.next_at, metric.erased_through)]
    return [metric.key, metric.name, "yes" if personal else "no", row.days, row.due, ends[0], row.state[0], ends[1]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_retention(request: HttpRequest, key: str) -> HttpResponse:
    """Show what an erasure would take now, and what was taken; POST lets erasures begin."""
    metric, user = visible(request, key), person(request)
    may_start = erasing.may_start(user, metric)
    if request.method == "POST":
        erasing.start(metric, by=user)
        messages.success(request, "Erasures have begun: what is due goes within the hour.")
        return redirect("metric_retention", metric.key)
    told = may_start or rights_of(user, metric).manage or retained.may_see_holds(user)
    context: dict[str, Any] = {
        "metric": metric,
        "definition": metric.definition,
        "own": filled_by_premise(metric.key),
        "reach": erasing.reach(metric, timezone.now()),
        "told": told,
        "begun": Retention.objects.filter(metric=metric).select_related("started_by").first(),
        "may_start": may_start,
        "may_hold": holds.may_hold(user),
        "runs": list(retained.runs(user).filter(metric=metric)[:RUNS]),
    }
    return page(request, "metrics/metric_retention.html", context)
