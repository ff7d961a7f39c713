"""The framing's page: who must agree, who has, and what follows when it changes."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.kit.refusals import MoveRefused, Reason
from config.kit.web import page
from decisions import access
from decisions.forms.framing import FramersForm, ReopenForm
from decisions.queries.desk import Desk, open_desk
from decisions.queries.framing import FramingDesk
from decisions.services import agreeing
from decisions.views.request import SignedIn


@login_required
@require_http_methods(["GET", "POST"])
def framing(request: SignedIn, reference: str) -> HttpResponse:
    """Show the framing with its agreements; POST asks for agreement, agrees, re-opens, or confirms scores."""
    desk = open_desk(request.user, reference)
    if request.method == "GET":
        return _show(request, desk)
    act = next((act for name, act in ACTS.items() if name in request.POST), None)
    if act is None:
        raise MoveRefused(["Nothing was asked for; reload the page."])
    return act(request, desk)


def _ask(request: SignedIn, desk: Desk) -> HttpResponse:
    access.require_manage(request.user, desk.decision)
    form = FramersForm(request.POST, decision=desk.decision, chosen=[])
    if not form.is_valid():
        return _show(request, desk, framers=form)
    try:
        agreeing.name_framers(desk.decision, framers=form.cleaned_data["framers"], by=request.user)
    except MoveRefused as refused:
        return _show(request, desk, framers=form, refused=refused.reasons, status=409)
    messages.success(request, "They have been asked.")
    return redirect("decision_framing", desk.decision.reference)


def _agree(request: SignedIn, desk: Desk) -> HttpResponse:
    found = agreeing.agree(desk.decision, digest=request.POST.get("agree", "")[:64], by=request.user)
    words = "Everyone has agreed; scores can be entered." if found.is_agreed else "Your agreement is recorded."
    messages.success(request, words)
    return redirect("decision_framing", desk.decision.reference)


def _reopen(request: SignedIn, desk: Desk) -> HttpResponse:
    access.require_manage(request.user, desk.decision)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return _show(request, desk, reopening=form)
    agreeing.reopen(desk.decision, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, "The framing is open again.")
    return redirect("decision_framing", desk.decision.reference)


def _confirm(request: SignedIn, desk: Desk) -> HttpResponse:
    chosen = request.POST.getlist("cell") if request.POST.get("confirm") != "all" else None
    if chosen == []:
        raise MoveRefused(["Tick the scores that you confirm."])
    count = agreeing.confirm_scores(desk.decision, by=request.user, wanted=chosen)
    messages.success(request, f"Confirmed: {count} score{'' if count == 1 else 's'}.")
    return redirect("decision_framing", desk.decision.reference)


ACTS: dict[str, Callable[[SignedIn, Desk], HttpResponse]] = {
    "ask": _ask,
    "agree": _agree,
    "reopen": _reopen,
    "confirm": _confirm,
}


def _show(
    request: SignedIn,
    desk: Desk,
    *,
    framers: FramersForm | None = None,
    reopening: ReopenForm | None = None,
    refused: list[Reason] | None = None,
    status: int = 0,
) -> HttpResponse:
    found, manages = FramingDesk(desk), desk.may_manage and not desk.locked
    asking = manages and not desk.framing.is_agreed
    if asking and framers is None:
        named = [person for person in found.framers if person.pk != desk.decision.owner_id]
        framers = FramersForm(decision=desk.decision, chosen=named or agreeing.proposed(desk.decision))
    bound: list[forms.Form] = [form for form in (framers, reopening) if form is not None and form.is_bound]
    context = {
        "decision": desk.decision,
        "desk": desk,
        "found": found,
        "framers": framers if asking else None,
        "reopening": (reopening or ReopenForm()) if manages and desk.framing.is_agreed else None,
        "refused": refused or [],
        "forms": bound,
        "has_errors": bool(bound),
        "tasks": desk.tasks("framing") if desk.editable else [],
    }
    return page(request, "decisions/framing.html", context, status or (422 if bound else 200))
