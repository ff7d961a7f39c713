"""Freeze windows: which run, which are ahead; declaring one, and ending one early."""

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
from metrics.access import managed_by, may_create
from metrics.forms.lifecycle import FreezeForm
from metrics.models import FreezeWindow, Metric
from metrics.queries import waiting
from metrics.services import freezes
from metrics.views.common import person

PER_PAGE = 25
OFFERED = 200
CSV_HEADER = (
    *("about", "frozen_from", "frozen_to", "periods_from", "periods_to", "reason", "declared_by", "declared_at"),
    *("ended_at", "ended_by", "ended_reason"),
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def freeze_list(request: HttpRequest) -> HttpResponse:
    """List the windows that the person may know of, newest first; who keeps metrics declares one."""
    user = person(request)
    managed = managed_by(user)
    may_declare = may_create(user) or managed.exists()
    if request.method == "POST" and not may_declare:
        raise PermissionDenied("Whoever keeps metrics freezes them.")
    form = _form(request, managed)
    if form.is_bound and form.is_valid() and _declared(request, form):
        return redirect("freeze_list")
    listing = paginate(request, waiting.freezes_seen(user), PER_PAGE)
    own = set(
        managed.filter(pk__in=[each.metric_id for each in listing if each.metric_id]).values_list("pk", flat=True)
    )
    days = waiting.days_now(listing, timezone.now())
    context = {
        "form": form,
        "listing": listing,
        "holds": [waiting.hold_of(each, days[each.pk], user=user, managed=own) for each in listing],
        "may_declare": may_declare,
        "keys": list(managed.values_list("key", "name")[:OFFERED]) if may_declare else [],
    }
    return page(request, "metrics/freeze_list.html", context, 422 if form.is_bound else 200)


def _form(request: HttpRequest, managed: Any) -> FreezeForm:
    """Return the form; only stewards freeze more than one metric, and nobody is offered a family they do not see."""
    today = timezone.localdate()
    seen = Metric.objects.visible_to(person(request)).exclude(family="")
    steward = may_create(person(request))
    families = sorted(set(seen.order_by().values_list("family", flat=True))) if steward else None
    typed = request.POST if request.method == "POST" else None
    initial = {"begins_on": today, "metric": request.GET.get("metric", "")[:64]}
    return FreezeForm(typed, metrics=managed, families=families, initial=initial)


def _declared(request: HttpRequest, form: FreezeForm) -> bool:
    try:
        freeze = freezes.declare(form.scope(), form.window(), by=person(request))
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    messages.success(request, f"Frozen: {freezes.scope_of(freeze).words}.")
    return True


@login_required
@require_POST
def freeze_end(request: HttpRequest, number: int) -> HttpResponse:
    """End a window early, with a reason."""
    freeze = get_object_or_404(waiting.freezes_seen(person(request)), pk=number)
    freezes.end(freeze, by=person(request), reason=request.POST.get("reason", ""))
    messages.success(request, "The freeze is ended. What waits for approval goes on waiting.")
    return redirect("freeze_list")


@login_required
@require_safe
def freeze_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the list as CSV."""
    return csv_response("freezes.csv", CSV_HEADER, map(_csv_row, waiting.freezes_seen(person(request))))


def _csv_row(freeze: FreezeWindow) -> list[object]:
    days = [freeze.begins_on, freeze.ends_on, freeze.first_day, freeze.last_day]
    about = freeze.metric.key if freeze.metric else freeze.family or "all metrics"
    ended = freeze.ended_at.isoformat() if freeze.ended_at else ""
    told = [freeze.reason, str(freeze.declared_by), freeze.declared_at.isoformat(), ended]
    return [about, *(day.isoformat() for day in days), *told, str(freeze.ended_by or ""), freeze.ended_reason]
