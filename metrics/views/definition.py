"""Write a definition, send it for approval, take it back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from approvals.models import ChangeRequest
from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from config.kit.text import clean_text
from config.kit.web import page
from metrics.domain.meaning import missing
from metrics.forms import DefinitionForm
from metrics.models import Metric, MetricDefinition
from metrics.services import content, definitions, freezes
from metrics.views.common import managed, person, visible


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_definition(request: HttpRequest, key: str) -> HttpResponse:
    """Show the form of the draft, or of the next version; a stale save comes back with what differs."""
    metric = managed(request, key, definitions.NOT_YOURS)
    draft = definitions.proposed(metric) or metric.definition or metric.definitions.order_by("-number")[0]
    if draft.state == MetricDefinition.State.IN_REVIEW:
        raise MoveRefused([definitions.locked_because(metric)])
    if request.method == "POST":
        return _save(request, metric, draft)
    initial = content.values_of(draft) | {"version": metric.version}
    return _form_page(request, metric, draft, DefinitionForm(initial=initial, cadence=draft.cadence))


def _save(request: HttpRequest, metric: Metric, draft: MetricDefinition) -> HttpResponse:
    form = DefinitionForm(request.POST, cadence=draft.cadence)
    if not form.is_valid():
        return _form_page(request, metric, draft, form, status=422)
    try:
        saved = definitions.save_draft(
            metric, changes=form.changes(), expected_version=form.cleaned_data["version"] or 0, by=person(request)
        )
    except BadInput as error:
        add_errors(form, error.errors)
        return _form_page(request, metric, draft, form, status=422)
    except StaleWrite as stale:
        return _conflict(request, metric, draft, form, stale)
    if "submit" in request.POST:
        return _submit_saved(request, saved)
    unchanged = saved.metric.version == metric.version
    messages.success(request, "Nothing was changed." if unchanged else f"Saved in version {saved.number}.")
    return redirect("metric_definition", metric.key)


def _submit_saved(request: HttpRequest, saved: MetricDefinition) -> HttpResponse:
    """Send what was just saved; what is missing is told above the form, so that its links lead to the fields."""
    try:
        return _submit(request, saved.metric)
    except MoveRefused as refusal:
        metric = visible(request, saved.metric.key)
        form = DefinitionForm(initial=content.values_of(saved) | {"version": metric.version}, cadence=saved.cadence)
        context = {"heading": "Saved, and not yet ready for approval", "reasons": refusal.reasons, "has_errors": True}
        return _form_page(request, metric, saved, form, status=409, **context)


def _conflict(
    request: HttpRequest, metric: Metric, draft: MetricDefinition, form: DefinitionForm, stale: StaleWrite
) -> HttpResponse:
    """Keep what was typed, show what is stored beside it, and let the next save be against that."""
    stored: dict[str, Any] = stale.stored  # type: ignore[assignment]
    differences = [
        (content.LABELS[name], content.words(name, value), content.words(name, form.cleaned_data[name]))
        for name, value in stored.items()
    ]
    typed = request.POST.copy()
    typed["version"] = str(Metric.objects.get(pk=metric.pk).version)
    form.data = typed
    context = {"differences": differences, "reasons": stale.reasons, "has_errors": True}
    return _form_page(request, metric, draft, form, status=409, **context)


def _form_page(
    request: HttpRequest, metric: Metric, draft: MetricDefinition, form: DefinitionForm, status: int = 200, **more: Any
) -> HttpResponse:
    lacking = list(missing(content.values_of(draft)))
    policy, ahead = definitions.ahead_of(metric, draft)
    context = {
        "metric": metric,
        "draft": draft,
        "form": form,
        "next_number": draft.number if draft.state == "draft" else draft.number + 1,
        "lacking": lacking,
        "policy": policy,
        "ahead": ahead,
        "tasks": _tasks(form, {each.field for each in lacking}),
        "may_submit": draft.state == MetricDefinition.State.DRAFT,
        "classes": ChangeRequest.Class.choices if metric.definition_id else [],
        "change_reason": request.POST.get("change-reason", ""),
    }
    return page(request, "metrics/metric_definition.html", context | more, status)


def _tasks(form: DefinitionForm, lacking: set[str]) -> list[dict[str, str]]:
    """Return the groups as a list of tasks, each with what is still to do."""
    tasks = []
    for group in form.groups():
        open_fields = sum(field.name in lacking for field in group.fields)
        status, tone = (f"{open_fields} to do", "info") if open_fields else ("Completed", "")
        tasks.append({"title": group.title, "url": f"#{group.key}", "status": status, "tone": tone})
    return tasks


@login_required
@require_POST
def metric_submit(request: HttpRequest, key: str) -> HttpResponse:
    """Send the draft for approval."""
    return _submit(request, managed(request, key, definitions.NOT_YOURS))


def _submit(request: HttpRequest, metric: Metric) -> HttpResponse:
    try:
        reason = clean_text(request.POST.get("change-reason", ""), max_length=10_000)
    except ValueError as error:
        raise BadInput({"reason": [str(error)]}) from error
    change_class = request.POST.get("change-class") or ChangeRequest.Class.MATERIAL
    frozen = freezes.holding(metric, timezone.now())
    asked = definitions.submit(metric, by=person(request), reason=reason, change_class=change_class)
    if asked.change is not None and asked.change.awaits_approval:
        despite = f", although definitions are frozen {frozen.words}" if frozen else ""
        messages.success(request, f"The definition is in force at once{despite}, and waits for approval afterwards.")
    else:
        messages.success(request, "The definition is sent for approval and locked until it is decided.")
    return redirect("metric", metric.key)


@login_required
@require_POST
def metric_withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take the definition back from review."""
    metric = managed(request, key, definitions.NOT_YOURS)
    try:
        reason = clean_text(request.POST.get("reason", ""), max_length=2000)
    except ValueError as error:
        raise BadInput({"reason": [str(error)]}) from error
    definitions.withdraw(metric, by=person(request), reason=reason)
    messages.success(request, "The definition is a draft again.")
    return redirect(reverse("metric_definition", args=[metric.key]))
