"""Data quality of one metric: how its checks stand, how they are set, and its control figures."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, StaleWrite
from config.kit.web import page
from metrics.access import may_manage
from metrics.domain.quality.judging import WEIGHTS
from metrics.forms.quality import ChecksForm, ControlFigureForm, check_label, checks_as_typed
from metrics.models import Metric, QualityState
from metrics.queries import incidents
from metrics.queries import quality as reading
from metrics.services import quality_settings
from metrics.views import conflicts
from metrics.views.common import managed, person, visible

INCIDENTS, FIGURES = 12, 200


@login_required
@require_safe
def metric_quality(request: HttpRequest, key: str) -> HttpResponse:
    """Show the score with its course, what each check says, and the incidents."""
    metric = visible(request, key)
    settings = quality_settings.settings_of(metric)
    figure, newest = reading.trend(metric)
    rows = incidents.incidents_of(person(request)).filter(metric=metric)
    context = {
        "metric": metric,
        "state": _state(metric),
        "figure": figure,
        "newest": newest,
        "lines": reading.lines_of(newest),
        "groups": reading.checks_of(metric, settings, person(request)),
        "off": [setting.kind.title for setting in settings.values() if not setting.on],
        "weights": [(str(severity), weight) for severity, weight in WEIGHTS.items()],
        "incidents": incidents.listed(rows[:INCIDENTS]),
        "may_manage": may_manage(person(request), metric),
    }
    return page(request, "metrics/metric_quality.html", context)


def _state(metric: Metric) -> QualityState:
    return QualityState.objects.filter(metric=metric).first() or QualityState(metric=metric)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_checks(request: HttpRequest, key: str) -> HttpResponse:
    """Set which checks run, how much each weighs, and what it takes."""
    metric = managed(request, key, quality_settings.NOT_YOURS)
    settings = quality_settings.settings_of(metric)
    typed = request.POST if request.method == "POST" else None
    form = ChecksForm(typed, settings=settings, version=_state(metric).settings_version)
    status = 422 if form.is_bound else 200
    try:
        if form.is_bound and form.is_valid() and _save(request, metric, form):
            return redirect("metric_quality", metric.key)
    except StaleWrite as stale:
        differing = conflicts.differences(form, checks_as_typed(quality_settings.settings_of(metric)), check_label)
        if not differing:  # the same, sent twice
            return redirect("metric_quality", metric.key)
        conflicts.against(form, _state(metric).settings_version, stale)
        context = {"metric": metric, "form": form, "differences": differing}
        return page(request, "metrics/metric_checks.html", context, 409)
    return page(request, "metrics/metric_checks.html", {"metric": metric, "form": form}, status)


def _save(request: HttpRequest, metric: Metric, form: ChecksForm) -> bool:
    try:
        changed = quality_settings.save(
            metric, wanted=form.wanted, expected_version=form.cleaned_data["version"], by=person(request)
        )
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    told = f"Set anew: {', '.join(changed)}. The checks run in a moment." if changed else "Nothing was changed."
    messages.success(request, told)
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_control_figures(request: HttpRequest, key: str) -> HttpResponse:
    """List the control figures, enter one, or withdraw one."""
    metric = managed(request, key, quality_settings.NOT_YOURS)
    if "withdraw" in request.POST:
        return _withdraw(request, metric)
    form = ControlFigureForm(request.POST if request.method == "POST" else None, metric=metric)
    if form.is_bound and form.is_valid() and _enter(request, metric, form):
        return redirect("metric_control_figures", metric.key)
    rows = metric.control_figures.select_related("entered_by")
    context = {"metric": metric, "form": form, "rows": reading.controls(metric, rows[:FIGURES])}
    return page(request, "metrics/metric_control_figures.html", context, 422 if form.is_bound else 200)


def _enter(request: HttpRequest, metric: Metric, form: ControlFigureForm) -> bool:
    typed: dict[str, Any] = form.cleaned_data
    try:
        quality_settings.enter_figure(metric, **typed | {"percent": bool(typed["percent"])}, by=person(request))
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    messages.success(request, "Entered. The value of the period is held against it in a moment.")
    return True


def _withdraw(request: HttpRequest, metric: Metric) -> HttpResponse:
    """Withdraw the figure whose number the button carries; one that is gone already needs no answer."""
    number = request.POST["withdraw"]
    plain = number.isascii() and number.isdigit() and len(number) < 19
    if plain and quality_settings.withdraw_figure(metric, figure=int(number), by=person(request)):
        messages.success(request, "The control figure counts no longer.")
    return redirect("metric_control_figures", metric.key)
