"""Pairs of metrics that pull against each other: the list, one pair with both series, and what stewards do with it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, StaleWrite
from config.kit.web import csv_response, page, paginate
from metrics.access import may_create
from metrics.forms.pairs import AnswerForm, CloseForm, PairForm, RuleForm
from metrics.models import Metric, TradeOffEpisode, TradeOffPair
from metrics.queries import pairs
from metrics.services import pairing
from metrics.views import conflicts
from metrics.views.common import person

PER_PAGE = 25
MOST_OFFERED = 200
CSV_HEADER = ("pair", "kind", "first", "first_pole", "first_moved", "second", "second_pole", "second_moved", "alert")


@login_required
@require_safe
def pair_list(request: HttpRequest) -> HttpResponse:
    """Show the pairs that the person may see, those with an alert first."""
    key, only = (request.GET.get(name, "")[:64] for name in ("metric", "only"))
    listing = paginate(request, pairs.listed(person(request), key=key, only=only), PER_PAGE)
    context = {
        "listing": listing,
        "rows": [pairs.shown(pair) for pair in listing],
        "kinds": [("alert", "With an alert"), *TradeOffPair.Kind.choices],
        "key": key,
        "only": only,
        "query": listing.query,
        "may_make": may_create(person(request)),
    }
    return page(request, "metrics/pair_list.html", context)


@login_required
@require_safe
def pair_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as CSV."""
    key, only = (request.GET.get(name, "")[:64] for name in ("metric", "only"))
    rows = (pairs.shown(pair) for pair in pairs.listed(person(request), key=key, only=only))
    return csv_response("pairs.csv", CSV_HEADER, map(_csv_row, rows))


def _csv_row(row: pairs.PairShown) -> list[object]:
    told = [cell for side in row.sides for cell in (side.metric.key, side.pole, side.word)]
    return [row.pair.pk, row.pair.kind, *told, "yes" if row.alerts else "no"]


@login_required
@require_safe
def pair_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show both series over the same time, which way each went, and what was told."""
    return _page(request, _visible(request, pk))


def _page(request: HttpRequest, pair: TradeOffPair, status: int = 200, **bound: Any) -> HttpResponse:
    looked = pairs.looked_at(pair, timezone.now())
    steward = may_create(person(request)) and pair.closed_at is None
    told = pairs.told(pair)
    context = {
        "pair": pair,
        "sides": pairs.now_of(pair, looked.folded),
        "figure": pairs.figure(pair, looked),
        "backtest": pairs.backtest(pair, looked.folded),
        "trouble": looked.trouble,
        "told": told,
        "alerts": [each for each in told if each["episode"].open],
        "resting": pairs.resting(pair, person(request)),
        "may_change": steward and pair.kind != TradeOffPair.Kind.COUNTER,
        "may_state": steward and pair.kind == TradeOffPair.Kind.COUNTER,
        "may_answer": pair.closed_at is None and pairing.may_answer(person(request), pair),
        "close_form": CloseForm(),
        "answer_form": AnswerForm(),
        "bound_form": next(iter(bound.values()), None),
    }
    return page(request, "metrics/pair_page.html", context | bound, status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pair_new(request: HttpRequest) -> HttpResponse:
    """Watch two metrics together."""
    _stewards_only(request)
    chosen = {name: request.GET.get(name, "")[:64] for name in ("left", "right")}
    form = PairForm(request.POST if request.method == "POST" else None, user=person(request), initial=chosen)
    if form.is_bound and form.is_valid():
        try:
            pair = pairing.make_pair(by=person(request), **form.told())
        except BadInput as error:
            add_errors(form, error.errors)
        else:
            messages.success(request, f"{pair} are watched together.")
            return redirect("trade_off_pair", pair.pk)
    offered = Metric.objects.visible_to(person(request)).in_use().values_list("key", "name")[:MOST_OFFERED]
    return page(request, "metrics/pair_form.html", {"form": form, "offered": offered}, 422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pair_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is said of a pair, or by which rule it is watched."""
    pair = _visible(request, pk)
    _stewards_only(request)
    form = RuleForm(request.POST if request.method == "POST" else None, initial=_said(pair))
    context: dict[str, Any] = {"form": form, "pair": pair}
    if form.is_bound and form.is_valid():
        seen = form.cleaned_data["version"] or 0
        try:
            pairing.change_pair(pair, expected_version=seen, by=person(request), **form.told())
        except BadInput as error:
            add_errors(form, error.errors)
        except StaleWrite as stale:
            stored = _said(_visible(request, pk))
            version = stored.pop("version")
            context["differences"] = conflicts.differences(form, stored)
            conflicts.against(form, version, stale)
            return page(request, "metrics/pair_form.html", context, 409)
        else:
            messages.success(request, "The pair is watched as you said.")
            return redirect("trade_off_pair", pair.pk)
    return page(request, "metrics/pair_form.html", context, 422 if form.is_bound else 200)


def _said(pair: TradeOffPair) -> dict[str, Any]:
    """Return what the form asks, as it is stored."""
    return {name: getattr(pair, name) for name in RuleForm.base_fields}


@login_required
@require_POST
def pair_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Watch the two no longer."""
    pair = _visible(request, pk)
    _stewards_only(request)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, pair, 422, close_form=form)
    pairing.close_pair(pair, reason=form.cleaned_data["reason"], by=person(request))
    messages.success(request, f"{pair} are no longer watched together.")
    return redirect("trade_off_pairs")


@login_required
@require_POST
def pair_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is done about an alert."""
    seen = TradeOffEpisode.objects.filter(pair__in=TradeOffPair.objects.visible_to(person(request)))
    episode = get_object_or_404(seen, pk=pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        pair = _visible(request, episode.pair_id)
        if not pairing.may_answer(person(request), pair):
            raise PermissionDenied("Stewards and whoever answers for one of the two metrics answer an alert.")
        return _page(request, pair, 422, answer_form=form)
    pairing.answer(episode, answer=form.cleaned_data["answer"], by=person(request))
    messages.success(request, "The answer stands with the alert.")
    return redirect("trade_off_pair", episode.pair_id)


def _visible(request: HttpRequest, pk: int) -> TradeOffPair:
    return get_object_or_404(pairs.visible(person(request)), pk=pk)


def _stewards_only(request: HttpRequest) -> None:
    if not may_create(person(request)):
        raise PermissionDenied("Stewards keep the pairs of metrics.")
