"""Where a metric stands in its life: planned, announced, retired, and by what it is held still meanwhile."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from approvals.models import User
from config.kit import charts
from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import page
from metrics.access import rights_of
from metrics.domain.ending import DRAWN, Standing
from metrics.domain.meaning import filled_by_premise
from metrics.forms.lifecycle import EndingForm, ReasonForm
from metrics.models import Deprecation, Metric
from metrics.queries import waiting
from metrics.services import ending
from metrics.views.common import person, visible

SHOWN = 20
OFFERED = 200
"""Keys offered while a successor is typed."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_lifecycle(request: HttpRequest, key: str) -> HttpResponse:
    """Show the metric's course and plan; who manages it proposes its end, takes a plan back, or asks to keep it."""
    metric = visible(request, key)
    manages = rights_of(person(request), metric).manage
    if request.method == "POST" and not manages:
        raise PermissionDenied("Whoever manages the metric proposes its end.")
    act = next((name for name in ("keep", "withdraw", "discard") if name in request.POST), "end")
    typed = request.POST if request.method == "POST" else None
    end_form = _end_form(request, metric, typed if act == "end" else None)
    reason_form = ReasonForm(typed if act != "end" else None)
    form = end_form if act == "end" else reason_form
    if form.is_bound and form.is_valid() and _done(request, metric, act, form):
        return redirect("metric_lifecycle", metric.key)
    context: dict[str, Any] = {"form": form, "end_form": end_form, "reason_form": reason_form, "manages": manages}
    context |= _plans(metric, manages=manages) | _held(metric, person(request)) | _graphs(metric)
    context |= {"metric": metric, "keys": _keys(request, metric) if context["may_propose"] else ()}
    return page(request, "metrics/metric_lifecycle.html", context, 422 if form.is_bound else 200)


def _end_form(request: HttpRequest, metric: Metric, typed: Any) -> EndingForm:
    initial = {
        "announce_on": metric.local_day(timezone.now()),
        "remove_on": metric.removal_date,
        "successor": metric.successor.key if metric.successor else request.GET.get("successor", "")[:64],
    }
    return EndingForm(typed, metrics=Metric.objects.visible_to(person(request)), initial=initial)


def _keys(request: HttpRequest, metric: Metric) -> list[tuple[str, str]]:
    """Return what is offered while a successor is typed."""
    found = Metric.objects.visible_to(person(request)).exclude(pk=metric.pk).filter(state=Metric.State.APPROVED)
    return list(found.values_list("key", "name")[:OFFERED])


def _done(request: HttpRequest, metric: Metric, act: str, form: Any) -> bool:
    """Do what was asked; False with the service's sentences in the form."""
    by = person(request)
    try:
        if act == "withdraw":
            ending.withdraw(metric, by=by, reason=form.cleaned_data["reason"])
            messages.success(request, "The plan is withdrawn; nobody who rests on the metric was told of it.")
        elif act == "discard":
            ending.discard(metric, by=by, reason=form.cleaned_data["reason"])
            messages.success(request, "The draft is discarded. Its key stays taken.")
        elif act == "keep":
            ending.propose_to_keep(metric, by=by, reason=form.cleaned_data["reason"])
            messages.success(request, "Proposed. It stays deprecated until that is approved.")
        else:
            ending.propose(metric, by=by, **form.cleaned_data)
            messages.success(request, "Proposed. Nothing is announced before it is approved.")
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    return True


def _plans(metric: Metric, *, manages: bool) -> dict[str, Any]:
    """Return the plan that runs, those before it, the request that is open, and what may be done."""
    plans = list(metric.deprecations.select_related("successor", "proposed_by", "ended_by")[:SHOWN])
    plan = next((each for each in plans if each.state in ending.RUNNING), None)
    asked = ending.proposed(metric)
    open_to_plans = metric.state in {Metric.State.APPROVED, Metric.State.DEPRECATED}
    may_propose = manages and asked is None and open_to_plans and not filled_by_premise(metric.key)
    return {
        "plan": plan,
        "earlier": [each for each in plans if each is not plan],
        "asked": asked,
        "may_propose": may_propose,
        "may_withdraw": manages and plan is not None and plan.state == Deprecation.State.PLANNED,
        "may_discard": manages and metric.state == Metric.State.DRAFT,
        "discarded": ending.discarded_because(metric) if metric.state == Metric.State.RETIRED and not plans else None,
        "may_keep": may_propose and metric.state == Metric.State.DEPRECATED,
    }


def _held(metric: Metric, user: User) -> dict[str, Any]:
    """Return what holds the metric still, and what waits because of it."""
    today = metric.local_day(timezone.now())
    wishes, count = waiting.wishes(metric, user)
    windows = [waiting.hold_of(freeze, [today], user=user, managed=set()) for freeze in waiting.over(metric, today)]
    return {"holds": windows, "wishes": wishes, "waiting": count}


def _graphs(metric: Metric) -> dict[str, Any]:
    """Return the course as a small graph, wide and narrow."""
    current = metric.get_state_display().lower()
    states, title = [state.replace("_", " ") for state in Standing], f"Lifecycle: {current}"
    return {
        "graph": charts.state_graph(states, DRAWN, current=current, title=title),
        "graph_narrow": charts.state_graph(states, DRAWN, current=current, title=title, narrow=True),
    }
