"""Say that something of a metric is wrong, and answer who says so."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import User
from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import csv_response, page, paginate
from metrics.access import rights_of
from metrics.domain.disputing import Move
from metrics.forms.disputes import DisputeForm, ReasonForm
from metrics.models import Dispute, Metric
from metrics.queries import disputed
from metrics.queries.radius import Asked, asked_about
from metrics.queries.veiling import hidden_keys, veiled
from metrics.services import dispute_escalations, disputes
from metrics.views.common import exact, person, visible

PER_PAGE = 20
CSV_HEADER = (
    *("metric", "about", "value", "state", "opened_at", "opened_by", "reason", "voices", "answer_due_at"),
    *("answered_at", "answered_by", "answer"),
)


@login_required
@require_safe
def dispute_list(request: HttpRequest) -> HttpResponse:
    """List the disputes about all metrics that the person sees, `?state=` those in one state."""
    listing = paginate(request, _all(request), PER_PAGE)
    context = {
        "listing": listing,
        "rows": disputed.told(list(listing)),
        "states": Dispute.State.choices,
        "chosen": request.GET.get("state", ""),
    }
    return page(request, "metrics/dispute_list.html", context)


@login_required
@require_safe
def dispute_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as CSV."""
    return csv_response("disputes.csv", CSV_HEADER, map(_csv_row, disputed.told(list(_all(request)))))


def _all(request: HttpRequest) -> QuerySet[Dispute]:
    return disputed.loaded(disputed.all_disputes(person(request), request.GET.get("state", "")[:10]))


def _csv_row(told: disputed.Told) -> list[object]:
    dispute, first = told.dispute, told.first
    value = told.disputed.value if told.disputed else None
    return [
        *(dispute.metric.key, told.title, None if value is None else exact(value), told.word),
        *(dispute.opened_at.isoformat(), first.person.username if first else "", first.reason if first else ""),
        *(len(told.voices), dispute.due_at.isoformat(), dispute.answered_at.isoformat() if dispute.answered_at else ""),
        *(dispute.answered_by.username if dispute.answered_by else "", dispute.answer),
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_disputes(request: HttpRequest, key: str) -> HttpResponse:
    """List what is and was disputed; whoever sees the metric may say that something is wrong."""
    metric = visible(request, key)
    may = disputes.may_dispute(person(request))
    if request.method == "POST" and not may:
        raise PermissionDenied(disputes.OF_AUDITORS)
    form = DisputeForm(
        request.POST if request.method == "POST" else None,
        metric=metric,
        initial=_initial(request, asked_about(metric, request.GET, person(request))),
    )
    if form.is_bound and form.is_valid() and (made := _open(metric, form, request)):
        return redirect("metric_dispute", metric.key, made.pk)
    listing = paginate(request, disputed.loaded(disputed.disputes_of(metric, person(request))), PER_PAGE)
    context = {
        "metric": metric,
        "form": form,
        "may_dispute": may,
        "listing": listing,
        "rows": disputed.told(list(listing)),
        "unit": metric.definition.unit if metric.definition else "",
    }
    return page(request, "metrics/metric_disputes.html", context, 422 if form.is_bound else 200)


def _initial(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """Propose what the link that led here was about."""
    if asked.period is None:
        return {"about": Dispute.Kind.DEFINITION}
    return {"about": Dispute.Kind.VALUE, "period": request.GET["period"], "segment": asked.segment}


def _open(metric: Metric, form: DisputeForm, request: HttpRequest) -> Dispute | None:
    given, by = form.cleaned_data, person(request)
    try:
        if given["about"] == Dispute.Kind.VALUE:
            made = disputes.dispute_value(
                metric, period=given["start"], segment=given["segment"], reason=given["reason"], by=by
            )
        else:
            counting = metric.definition or metric.definitions.order_by("-number")[0]
            made = disputes.dispute_definition(metric, version=counting.number, reason=given["reason"], by=by)
    except BadInput as error:
        add_errors(form, error.errors)
        return None
    joined = made.voices.count() > 1
    messages.success(request, "You have joined the dispute." if joined else "The dispute is open; the steward is told.")
    return made


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_dispute(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Show one dispute with its path; POST joins it, takes one's word back, upholds or declines it."""
    metric = visible(request, key)
    rows = disputed.loaded(disputed.disputes_of(metric, person(request)))
    dispute = get_object_or_404(rows, pk=number)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    act = request.POST.get("act", "")
    if request.method == "POST" and (done := _act(request, dispute, form, act)):
        messages.success(request, done)
        return redirect("metric_dispute", metric.key, dispute.pk)
    return page(
        request,
        "metrics/metric_dispute.html",
        _told(request, metric, dispute, form, act),
        422 if form.is_bound else 200,
    )


def _act(request: HttpRequest, dispute: Dispute, form: ReasonForm, act: str) -> str:
    """Do what the button says; returns what to say, or nothing when the reason is missing."""
    by = person(request)
    if act == "withdraw":
        found = disputes.withdraw(dispute, by=by)
        return "You have taken it back; others still dispute it." if found.is_open else "The dispute is withdrawn."
    verbs: dict[str, tuple[Callable[[str], Dispute], str]] = {
        "join": (lambda reason: disputes.join(dispute, reason=reason, by=by), "You have joined the dispute."),
        "uphold": (lambda reason: _answer(dispute, Move.UPHOLD, reason, request), "Upheld. Now correct it."),
        "decline": (lambda reason: _answer(dispute, Move.DECLINE, reason, request), "Declined, with your reason."),
    }
    if act not in verbs:
        form.add_error(None, "Choose what to do: join, take back, uphold or decline.") if form.is_valid() else None
        return ""
    verb, words = verbs[act]
    if not disputes.may_dispute(by):
        raise PermissionDenied(disputes.OF_AUDITORS)
    if act != "join" and not disputes.may_answer(by, dispute):
        raise PermissionDenied("A dispute is answered by who keeps the metric, and never by who disputes it.")
    if not form.is_valid():
        return ""
    verb(form.cleaned_data["reason"])
    return words


def _answer(dispute: Dispute, move: Move, reason: str, request: HttpRequest) -> Dispute:
    return disputes.answer(dispute, move=move, reason=reason, by=person(request))


def _expression(dispute: Dispute, user: User) -> str:
    """Return the formula of the version that is disputed, as the person may read it."""
    disputed = dispute.definition
    return veiled(disputed.expression, hidden_keys([disputed], user)) if disputed and disputed.expression else ""


def _told(request: HttpRequest, metric: Metric, dispute: Dispute, form: ReasonForm, act: str) -> dict[str, Any]:
    user = person(request)
    (told,) = disputed.told([dispute])
    mine = any(voice.person_id == user.pk and voice.withdrawn_at is None for voice in told.voices)
    return {
        "metric": metric,
        "told": told,
        "dispute": dispute,
        "unit": metric.definition.unit if metric.definition else "",
        "expression": _expression(dispute, user),
        "path": _path(dispute) if dispute.is_open else [],
        "form": form,
        "act": act,
        "mine": mine and dispute.is_open,
        "may_join": dispute.is_open and not mine and disputes.may_dispute(user),
        "may_answer": dispute.is_open and disputes.may_answer(user, dispute),
        "mend_url": _mend_url(request, metric, dispute, told),
    }


def _path(dispute: Dispute) -> list[dict[str, Any]]:
    """Return whom the dispute goes to, when, in order; the last resort are the administrators."""
    words = {"steward": "Steward", "owner": "Owner", "last_resort": "Administrators"}
    now = timezone.now()
    return [
        {"who": words[step], "at": at, "people": people, "reached": at <= now}
        for step, at, people in dispute_escalations.path_of(dispute)
    ]


def _mend_url(request: HttpRequest, metric: Metric, dispute: Dispute, told: disputed.Told) -> str:
    """Return where what was upheld is corrected, for those who may and while it is to be done."""
    if dispute.state != Dispute.State.UPHELD or told.tone == "ok":
        return ""
    rights = rights_of(person(request), metric)
    if dispute.definition is not None:
        return reverse("metric_definition", args=[metric.key]) if rights.manage else ""
    if not rights.contribute or metric.state == Metric.State.RETIRED:
        return ""
    asked = {"period": disputed.period_name(dispute)} | ({"segment": dispute.segment} if dispute.segment else {})
    calculated = metric.definition is not None and metric.definition.expression
    name = "metric_radius" if calculated else "metric_record"
    return f"{reverse(name, args=[metric.key])}?{urlencode(asked)}"
