"""The weights page: weights from swings, and how scores become values."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.kit.refusals import MoveRefused
from config.kit.web import page
from decisions import access
from decisions.forms.weighing import SwingForm
from decisions.queries.desk import Desk, open_desk
from decisions.queries.overview import Overview
from decisions.queries.weighing import Weighing
from decisions.views.conflicts import Clash, save_typed, seen_by
from decisions.views.request import SignedIn

SECTION = "criteria"


@login_required
@require_http_methods(["GET", "POST"])
def weights(request: SignedIn, reference: str) -> HttpResponse:
    """Show the swings with the weights that follow; POST stores both."""
    desk = open_desk(request.user, reference)
    if request.method == "GET":
        return _show(request, desk, SwingForm(desk.dossier.criteria) if desk.editable else None)
    access.require_edit(request.user, desk.decision)
    base = seen_by(request, desk, SECTION)
    form = SwingForm(desk.dossier.criteria, request.POST)
    if not form.is_valid():
        return _show(request, desk, form, 422)
    try:
        save_typed(request, desk, SECTION, base, form.content())
    except Clash as clash:
        return _show(request, desk, form, 409, conflict=clash.conflict)
    except MoveRefused as refused:
        return _show(request, desk, form, 409, refused=refused.reasons)
    messages.success(request, "The weights follow from the swings.")
    return redirect("decision_weights", reference)


def _show(request: SignedIn, desk: Desk, form: SwingForm | None, status: int = 200, **more: object) -> HttpResponse:
    dossier = desk.dossier if desk.editable else Overview(desk).dossier
    context = {
        "decision": desk.decision,
        "desk": desk,
        "form": form,
        "weighing": Weighing(dossier),
        "version": request.POST.get("version") or desk.sections[SECTION].version,
        "here": request.get_full_path(),
        "has_errors": status >= 400,
        **more,
    }
    return page(request, "decisions/weights.html", context, status)
