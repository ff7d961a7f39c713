"""Experiments: the list with its shares, one with its plan and figures, and the forms that lead through it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.roles import AUDITORS, has_role
from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from config.kit.web import csv_response, page, paginate
from metrics.access import may_experiment, may_run
from metrics.domain.sizing import Undetectable
from metrics.forms.experiments import FiguresForm, JudgeForm, ListForm, PlanForm, typed_before
from metrics.models import Experiment, Metric
from metrics.queries import findings
from metrics.queries.calculator import peeking
from metrics.services import experiments, judging
from metrics.services.designs import FIELDS
from metrics.views import conflicts
from metrics.views.common import person

MOST_KEYS = 300
CSV_HEADER = (
    *("experiment", "title", "metric", "state", "verdict", "owner", "hypothesis", "planned_per_variant", "started"),
    *("ended", "reason", "against", "despite", "result", "plan_digest"),
)


@login_required
@require_safe
def experiment_list(request: HttpRequest) -> HttpResponse:
    """List the experiments the person may see, with the share of each verdict; none is ever taken off."""
    form = ListForm(request.GET)
    listing = paginate(request, findings.listed(person(request), form.wanted()), 50)
    rest = {name: value for name, value in form.wanted().items() if name not in {"state", "verdict"}}
    context = {
        "form": form,
        "listing": listing,
        "query": listing.query,
        "verdicts": findings.verdicts(findings.listed(person(request), rest)),
        "filtered": bool(form.wanted()),
        "may_plan": not has_role(person(request), AUDITORS),
    }
    return page(request, "metrics/experiment_list.html", context)


@login_required
@require_safe
def experiment_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as CSV, with what each came to."""
    rows = list(findings.listed(person(request), ListForm(request.GET).wanted()))
    looks = findings.newest_looks(rows)
    return csv_response("experiments.csv", CSV_HEADER, (_csv_row(row, looks.get(row.pk)) for row in rows))


def _csv_row(row: Experiment, taken: Any) -> list[object]:
    days = [moment.isoformat() if moment else "" for moment in (row.started_at, row.ended_at)]
    told = [row.reference, row.title, row.metric.key, row.state, row.verdict, str(row.owner), row.hypothesis]
    end = [row.reason, " ".join(row.concerns), row.despite, findings.summary(row, taken), row.plan_digest]
    return [*told, row.sample, *days, *end]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def experiment_new(request: HttpRequest) -> HttpResponse:
    """Plan an experiment; the metric may come with the address."""
    if has_role(person(request), AUDITORS):
        raise PermissionDenied("Auditors change nothing.")
    initial = _initial(request)
    form = PlanForm(request.POST if request.method == "POST" else None, user=person(request), initial=initial)
    if form.is_bound and form.is_valid() and (made := _planned(request, form)):
        messages.success(request, "Planned. Start it once the plan is right: from then on it cannot change.")
        return redirect("experiment", made.pk)
    return _plan_page(request, form, 422 if form.is_bound else 200)


def _initial(request: HttpRequest) -> dict[str, Any]:
    given: dict[str, Any] = {"alpha": "5", "power": "80", "owner": person(request)}
    key = request.GET.get("metric", "")[:64]
    metric = Metric.objects.visible_to(person(request)).with_definition().filter(key=key).first() if key else None
    if metric is not None:
        definition = metric.definition
        falls = definition is not None and definition.direction == "lower"
        measured = experiments.kind_of(metric)
        given |= {"metric": metric.key, "measured": measured, "expects": "fall" if falls else "rise"}
    return given


def _planned(request: HttpRequest, form: PlanForm) -> Experiment | None:
    metric: Metric = form.cleaned_data["metric"]
    if not may_experiment(person(request), metric):
        form.add_error("metric", "Those who add to the metric, owners and stewards plan experiments on it.")
        return None
    try:
        return experiments.plan(by=person(request), metric=metric, **form.plan())
    except BadInput as error:
        add_errors(form, error.errors)
        return None


def _plan_page(
    request: HttpRequest, form: PlanForm, status: int, stored: Experiment | None = None, **more: Any
) -> HttpResponse:
    metrics = Metric.objects.visible_to(person(request)).in_use() if stored is None else Metric.objects.none()
    context = {"form": form, "experiment": stored, "keys": metrics.values_list("key", "name")[:MOST_KEYS]} | more
    return page(request, "metrics/experiment_plan.html", context, status)


@login_required
@require_safe
def experiment(request: HttpRequest, number: int) -> HttpResponse:
    """Show the plan, what every variant came to, every look at it, and the verdict."""
    found = _visible(request, number)
    plan = experiments.plan_of(found)
    looks = list(found.looks.select_related("recorded_by").order_by("number"))
    result = experiments.result(found, looks[-1]) if looks else None
    early = findings.early_looks(looks)
    context = {
        "experiment": found,
        "plan": plan,
        "looks": looks[::-1],
        "tables": findings.tables(plan, result) if result else [],
        "sentences": findings.sentences(plan, result) if result else [],
        "smallest": result.smallest if result else 0,
        "peeking": peeking(early, float(plan["alpha"]) / 100) if early > 1 else "",
        "short": _short_of(plan),
        "may_run": may_run(person(request), found),
    }
    return page(request, "metrics/experiment.html", context)


def _short_of(plan: dict[str, Any]) -> int:
    """Return the size that the plan would take where it has fewer cases; 0 where it is enough."""
    try:
        wanted = experiments.size_of(plan)
    except Undetectable:
        return 0
    return wanted if wanted > plan["sample"] else 0


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def experiment_edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change the plan of one that has not started."""
    found = _run_by(request, number)
    if found.state != Experiment.State.PLANNED:
        raise MoveRefused(["The plan is frozen since the experiment started; plan a new one instead."])
    data = request.POST if request.method == "POST" else None
    form = PlanForm(data, user=person(request), stored=found, initial=_stored(found))
    if not form.is_bound or not form.is_valid():
        return _plan_page(request, form, 422 if form.is_bound else 200, found)
    try:
        version = form.cleaned_data["version"] or 0
        experiments.change(found, expected_version=version, by=person(request), **form.plan())
    except BadInput as error:
        add_errors(form, error.errors)
        return _plan_page(request, form, 422, found)
    except StaleWrite as stale:
        return _conflict(request, form, found, stale)
    messages.success(request, "Saved.")
    return redirect("experiment", found.pk)


def _stored(found: Experiment) -> dict[str, Any]:
    further = list(found.further.order_by("key").values_list("key", flat=True))
    return {name: getattr(found, name) for name in FIELDS} | {"version": found.version, "further": further}


def _conflict(request: HttpRequest, form: PlanForm, found: Experiment, stale: StaleWrite) -> HttpResponse:
    """Keep what was typed, show what is stored beside it, and let the next save be against that."""
    now = Experiment.objects.get(pk=found.pk)
    differences = conflicts.differences(form, {name: getattr(now, name) for name in FIELDS})
    named = (now.further.all(), form.cleaned_data["further"])
    stored, typed = (", ".join(sorted(metric.key for metric in metrics)) for metrics in named)
    if stored != typed:
        differences.append((str(form["further"].label), stored, typed))
    conflicts.against(form, now.version, stale)
    return _plan_page(request, form, 409, found, differences=differences)


@login_required
@require_POST
def experiment_start(request: HttpRequest, number: int) -> HttpResponse:
    """Freeze the plan and begin."""
    found = experiments.start(_run_by(request, number), by=person(request))
    messages.success(request, "Started. The plan is frozen.")
    return redirect("experiment", found.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def experiment_figures(request: HttpRequest, number: int) -> HttpResponse:
    """Record the figures as they stand; looking before the planned sample is marked."""
    found = _run_by(request, number)
    if found.state != Experiment.State.RUNNING:
        raise MoveRefused(["Figures are recorded while the experiment runs."])
    plan, last = experiments.plan_of(found), found.looks.order_by("-number").first()
    initial = typed_before(plan, last.figures) if last else {}
    form = FiguresForm(request.POST if request.method == "POST" else None, plan=plan, initial=initial)
    if form.is_bound and form.is_valid():
        note = form.cleaned_data["note"]
        taken, new = experiments.look(found, figures=form.figures(), by=person(request), note=note)
        words = "These figures were recorded already." if not new else f"Recorded as look {taken.number}."
        messages.success(request, f"{words} The planned sample is not there yet." if taken.early and new else words)
        return redirect("experiment", found.pk)
    context = {"experiment": found, "plan": plan, "form": form, "last": last}
    return page(request, "metrics/experiment_figures.html", context, 422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def experiment_judge(request: HttpRequest, number: int) -> HttpResponse:
    """Close it with a verdict; what speaks against the verdict is said before it is taken."""
    found = _run_by(request, number)
    if found.state == Experiment.State.JUDGED:
        raise MoveRefused(["The experiment is judged already; a verdict is not changed. Plan another one."])
    form = JudgeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            judging.judge(found, by=person(request), **form.cleaned_data)
        except BadInput as error:
            add_errors(form, error.errors)
        except MoveRefused as refusal:
            form.add_error("verdict", " ".join(reason.sentence for reason in refusal.reasons))
        else:
            messages.success(request, "Judged. It stays in the list, whatever it came to.")
            return redirect("experiment", found.pk)
    last = found.looks.order_by("-number").first()
    context = {"experiment": found, "form": form, "summary": findings.summary(found, last)}
    return page(request, "metrics/experiment_judge.html", context, 422 if form.is_bound else 200)


def _visible(request: HttpRequest, number: int) -> Experiment:
    found = Experiment.objects.visible_to(person(request))
    related = ("metric__definition", "owner", "judged_by", "metric__owner", "metric__steward")
    return get_object_or_404(found.select_related(*related), pk=number)


def _run_by(request: HttpRequest, number: int) -> Experiment:
    """Return the experiment when this person may run it."""
    found = _visible(request, number)
    if not may_run(person(request), found):
        raise PermissionDenied("Its owner, those who add to the metric, and stewards run an experiment.")
    return found
