"""The ballots page: ask evaluators, give one's own ballot, let one go, drop or adopt."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page
from decisions.domain.balloting import sheet_from
from decisions.forms.balloting import AskForm, BallotReasonForm, SheetForm
from decisions.models import Ballot
from decisions.queries.balloting import Balloting
from decisions.queries.desk import open_desk
from decisions.services import ballots as service
from decisions.services import framing
from decisions.views.request import SignedIn
from decisions.views.saving import expected_version


@login_required
@require_http_methods(["GET", "POST"])
def ballots(request: SignedIn, reference: str) -> HttpResponse:
    """Show who was asked and one's own sheet; POST does what its `do` says."""
    seen = Balloting(open_desk(request.user, reference))
    if request.method == "GET":
        return _show(request, seen)
    act = ACTS.get(request.POST.get("do", ""))
    if act is None:
        raise MoveRefused(["Choose what to do with the buttons of the page."])
    return act(request, seen) or redirect("decision_ballots", reference)


def _ask(request: SignedIn, seen: Balloting) -> HttpResponse | None:
    form = AskForm(seen.desk.world.people, request.POST)
    if not form.is_valid():
        return _show(request, seen, 422, ask=form)
    kind = "weights" if request.POST.get("kind") == "weights" else "scores"
    try:
        service.ask(seen.desk.decision, evaluators=form.chosen(), kind=kind, by=request.user)
    except MoveRefused as refused:
        for reason in refused.reasons:
            form.add_error("evaluators", str(reason))
        return _show(request, seen, 409, ask=form)
    messages.success(request, "The evaluators were asked.")
    return None


def _fill_in(request: SignedIn, seen: Balloting) -> HttpResponse | None:
    """Give the ballot, or keep what there is of it."""
    if seen.mine is None or seen.round is None:
        raise MoveRefused(["There is no ballot of yours to give."])
    form = SheetForm(seen.desk.dossier, seen.round.kind, sheet_from(seen.mine.content), request.POST)
    if not form.is_valid():
        return _show(request, seen, 422, sheet=form)
    act, done = SHEET_ACTS[request.POST["do"]]
    try:
        act(seen.mine, sheet=form.sheet(), by=request.user)
    except BadInput as bad:
        add_errors(form, bad.errors)
        return _show(request, seen, 422, sheet=form)
    messages.success(request, done)
    return None


def _release(request: SignedIn, seen: Balloting) -> HttpResponse | None:
    ballot = next((b for b in seen.ballots if str(b.pk) == request.POST.get("ballot", "")), None)
    if ballot is None:
        raise Http404("There is no such ballot.")
    return _reasoned(request, seen, partial(service.release, ballot), f"{ballot.evaluator} is no longer waited for.")


def _drop(request: SignedIn, seen: Balloting) -> HttpResponse | None:
    if seen.round is None:
        raise MoveRefused(["No ballots are being collected."])
    return _reasoned(request, seen, partial(service.drop, seen.round), "The ballots were dropped.")


def _reasoned(request: SignedIn, seen: Balloting, act: Callable[..., object], done: str) -> HttpResponse | None:
    form = BallotReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, seen, 422, why=form)
    act(reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, done)
    return None


def _adopt(request: SignedIn, seen: Balloting) -> HttpResponse | None:
    if seen.round is None:
        raise MoveRefused(["No ballots are being collected."])
    service.adopt(seen.round, expected_version=expected_version(request), by=request.user)
    messages.success(request, "The ballots were adopted.")
    return redirect("decision_options", seen.desk.decision.reference)


SHEET_ACTS: dict[str, tuple[Callable[..., object], str]] = {
    "give": (service.give, "Your ballot is in."),
    "keep": (service.keep, "What you have so far is kept for you. Your ballot is not given yet."),
}
ACTS: dict[str, Callable[[SignedIn, Balloting], HttpResponse | None]] = {
    "ask": _ask,
    "give": _fill_in,
    "keep": _fill_in,
    "release": _release,
    "drop": _drop,
    "adopt": _adopt,
}


def _show(
    request: SignedIn,
    seen: Balloting,
    status: int = 200,
    *,
    ask: AskForm | None = None,
    sheet: SheetForm | None = None,
    why: BallotReasonForm | None = None,
) -> HttpResponse:
    desk = seen.desk
    asking = desk.may_manage and seen.round is None and not desk.locked
    if seen.mine and seen.round and sheet is None:
        sheet = SheetForm(desk.dossier, seen.round.kind, sheet_from(seen.mine.content))
    context = {
        "decision": desk.decision,
        "desk": desk,
        "seen": seen,
        "ask": (ask or AskForm(desk.world.people)) if asking else None,
        "scoring_locked": framing.scoring_locked(desk.decision) if asking else None,
        "sheet": sheet,
        "why": why or BallotReasonForm(),
        "bound": [form for form in (ask, sheet, why) if form is not None and form.is_bound],
        "version": desk.sections["criteria"].version,
        "in": Ballot.State.IN,
        "has_errors": status >= 400,
    }
    return page(request, "decisions/ballots.html", context, status)
