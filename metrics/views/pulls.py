"""Scheduled pulls: all of them, those of one metric, and what stewards do with one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, StaleWrite
from config.kit.web import csv_response, page, paginate
from metrics.access import may_pull, may_read_pulls
from metrics.forms.pulls import PullForm
from metrics.models import Metric, Pull, PullRun
from metrics.queries import pull_facts
from metrics.services import pulls, trying_pulls
from metrics.views import conflicts
from metrics.views.common import person, visible

PER_PAGE, RUNS_PER_PAGE = 50, 20
RUNS_HEADER = (
    *("metric", "pull", "started", "finished", "seconds", "outcome", "rows", "stored", "revised", "unchanged"),
    *("refused", "waiting", "asked_by", "error"),
)
LIST_HEADER = (
    *("metric", "pull", "kind", "state", "every_minutes", "last_run", "last_good", "next_run", "failures", "error"),
)
MOVES = {
    "start": (pulls.start, "It runs from now on."),
    "pause": (pulls.pause, "It runs no more until somebody starts it."),
    "run": (pulls.run_now, "It runs as soon as a worker is free; look again in a moment."),
}


@login_required
@require_safe
def pull_list(request: HttpRequest) -> HttpResponse:
    """Show every pull that the person may look into, what needs a look first."""
    only = request.GET.get("only", "")
    listing = paginate(request, pull_facts.listed(person(request), only=only), PER_PAGE)
    context = {
        "listing": listing,
        "rows": [pull_facts.shown(pull) for pull in listing],
        "filters": [(name, word) for name, (word, _) in pull_facts.STANDINGS.items()],
        "only": only,
    }
    return page(request, "metrics/pull_list.html", context)


@login_required
@require_safe
def pull_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as CSV."""
    rows = pull_facts.listed(person(request), only=request.GET.get("only", ""))
    return csv_response("pulls.csv", LIST_HEADER, map(_list_row, rows.iterator(chunk_size=500)))


def _list_row(pull: Pull) -> list[object]:
    times = [each.isoformat() if each else "" for each in (pull.last_run_at, pull.last_good_at, pull.next_run_at)]
    return [pull.metric.key, pull.name, pull.kind, pull.state, pull.every, *times, pull.failures, pull.error]


@login_required
@require_safe
def metric_pulls(request: HttpRequest, key: str) -> HttpResponse:
    """Show how a metric's pulls stand; where they go only to those who may read that."""
    metric = visible(request, key)
    context = {
        "metric": metric,
        "rows": [pull_facts.shown(pull) for pull in metric.pulls.all()],
        "may_pull": may_pull(person(request), metric) and _takes_pulls(metric),
        "may_read": may_read_pulls(person(request), metric),
    }
    return page(request, "metrics/pull_metric.html", context)


def _takes_pulls(metric: Metric) -> bool:
    calculated = metric.definition is not None and bool(metric.definition.expression)
    return metric.state != Metric.State.RETIRED and not calculated


@sensitive_post_parameters("credential")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pull_new(request: HttpRequest, key: str) -> HttpResponse:
    """Set up a pull; it runs once somebody has tried it and starts it."""
    metric = visible(request, key)
    if not may_pull(person(request), metric):
        raise PermissionDenied("Stewards who manage the metric look after its pulls.")
    kind = request.GET.get("kind", "")
    kind = kind if kind in Pull.Kind.values else Pull.Kind.SQL
    form = PullForm(request.POST if request.method == "POST" else None, kind=kind)
    if form.is_bound and form.is_valid() and (made := _set_up(request, metric, form)):
        messages.success(request, f"{made.name} is set up. Try it, then start it.")
        return redirect("pull", key, made.pk)
    context = {"metric": metric, "form": form, "kind": kind, "kinds": Pull.Kind.choices}
    return page(request, "metrics/pull_form.html", context, 422 if form.is_bound else 200)


def _set_up(request: HttpRequest, metric: Metric, form: PullForm) -> Pull | None:
    given = form.cleaned_data
    try:
        return pulls.set_up(
            metric, name=given["name"], plan=form.plan(), credential=given["credential"], by=person(request)
        )
    except BadInput as error:
        add_errors(form, error.errors)
        return None


@sensitive_post_parameters("credential")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pull_edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Change where from or how a pull reads; its credential is never shown."""
    pull = _visible(request, key, pk)
    if not may_pull(person(request), pull.metric):
        raise PermissionDenied("Stewards who manage the metric look after its pulls.")
    form = PullForm(request.POST if request.method == "POST" else None, kind=pull.kind, pull=pull)
    context: dict[str, Any] = {"metric": pull.metric, "pull": pull, "form": form, "kind": pull.kind}
    try:
        if form.is_bound and form.is_valid() and _changed(request, pull, form):
            messages.success(request, f"{pull.name} is changed.")
            return redirect("pull", key, pull.pk)
    except StaleWrite as stale:
        context["differences"] = _against_stored(pull, form, stale)
        return page(request, "metrics/pull_form.html", context, 409)
    return page(request, "metrics/pull_form.html", context, 422 if form.is_bound else 200)


def _against_stored(pull: Pull, form: PullForm, stale: StaleWrite) -> list[conflicts.Difference]:
    """Return how the pull is stored otherwise than typed; a credential is not said back, so it is asked for again."""
    pull.refresh_from_db()
    found = conflicts.differences(form, {name: getattr(pull, name) for name in form.plan_fields})
    conflicts.against(form, pull.version, stale)
    if form.cleaned_data["credential"]:
        form.add_error("credential", "Give it again: what was typed here is never sent back.")
    return found


def _changed(request: HttpRequest, pull: Pull, form: PullForm) -> bool:
    given = form.cleaned_data
    try:
        pulls.change(
            pull,
            plan=form.plan(),
            credential=given["credential"],
            forget=given.get("forget", False),
            expected_version=given["version"] or 0,
            by=person(request),
        )
    except BadInput as error:
        add_errors(form, error.errors)
        return False
    return True


@login_required
@require_safe
def pull_page(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Show where a pull goes, how it stands, and what became of its last runs."""
    return _page(request, _visible(request, key, pk))


@login_required
@require_POST
def pull_try(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Ask the source now and show what would be recorded; nothing is kept."""
    pull = _visible(request, key, pk)
    return _page(request, pull, tried=trying_pulls.try_out(pull, by=person(request)))


@login_required
@require_POST
def pull_move(request: HttpRequest, key: str, pk: int, move: str) -> HttpResponse:
    """Start, pause, or run now."""
    pull = _visible(request, key, pk)
    if move not in MOVES:
        raise Http404
    act, words = MOVES[move]
    act(pull, by=person(request))
    messages.success(request, words)
    return redirect("pull", key, pk)


@login_required
@require_safe
def pull_runs_csv(request: HttpRequest, key: str, pk: int) -> StreamingHttpResponse:
    """Send the runs of a pull as CSV."""
    pull = _visible(request, key, pk)
    rows = (_run_row(pull, run) for run in pull_facts.runs(pull).iterator(chunk_size=500))
    return csv_response(f"{key}-pull-{pk}.csv", RUNS_HEADER, rows)


def _run_row(pull: Pull, run: PullRun) -> list[object]:
    seconds = run.duration.total_seconds() if run.duration is not None else None
    times = [run.started_at.isoformat(), run.finished_at.isoformat() if run.finished_at else ""]
    counts = [run.rows, run.stored, run.revised, run.unchanged, run.refused, run.waiting]
    asked = str(run.asked_by) if run.asked_by else ""
    return [pull.metric.key, pull.name, *times, seconds, run.outcome, *counts, asked, run.error]


def _visible(request: HttpRequest, key: str, pk: int) -> Pull:
    """Return a pull of a metric that the person sees, if they may read where its values come from."""
    metric = visible(request, key)
    if not may_read_pulls(person(request), metric):
        raise PermissionDenied("Where values come from is for those who manage the metric, and for auditors.")
    pull = get_object_or_404(metric.pulls, pk=pk)
    pull.metric = metric
    return pull


def _page(request: HttpRequest, pull: Pull, **more: Any) -> HttpResponse:
    context = {
        **pull_facts.shown(pull),
        "metric": pull.metric,
        "listing": paginate(request, pull_facts.runs(pull), RUNS_PER_PAGE),
        "tones": pull_facts.OUTCOMES,
        "may_pull": may_pull(person(request), pull.metric),
    }
    return page(request, "metrics/pull_page.html", context | more)
