"""The options page: options side by side, the score matrix, and the ranking that follows from it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.kit.refusals import MoveRefused
from config.kit.web import page
from decisions import access
from decisions.forms.items import new_id
from decisions.forms.scores import ReasonsForm, ScoreMatrixForm
from decisions.queries.comparing import Comparison
from decisions.queries.desk import Desk, open_desk
from decisions.queries.overview import Overview
from decisions.services import arranging
from decisions.views.conflicts import Clash, save_typed, seen_by
from decisions.views.request import SignedIn
from decisions.views.saving import autosaving, saved

SECTION = "criteria"
Form = ScoreMatrixForm | ReasonsForm


@login_required
@require_http_methods(["GET", "POST"])
def options(request: SignedIn, reference: str) -> HttpResponse:
    """Show the comparison; POST saves the matrix, or with `?criterion=` the reasons of its scores."""
    desk = open_desk(request.user, reference)
    if request.method == "GET":
        return _show(request, desk, _form(request, desk) if desk.editable else None)
    access.require_edit(request.user, desk.decision)
    if arranged := _arrange(request, desk):
        return arranged
    base = seen_by(request, desk, SECTION)
    form = _form(request, desk)
    if not form.is_valid():
        if autosaving(request):
            return render(request, "decisions/_not_saved.html", {"editor": {"pieces": [form]}}, status=422)
        return _show(request, desk, form, 422)
    return _save(request, desk, form, base)


def _arrange(request: SignedIn, desk: Desk) -> HttpResponse | None:
    """Copy an option or move it one place, when a button of its card was pressed."""
    posted, by = request.POST, request.user
    if option := posted.get("copy"):
        made = arranging.copy_option(desk.decision, option, new_id=new_id, by=by)
        messages.success(request, "The option was copied; change what is different.")
        here = reverse("decision_edit", args=[desk.decision.reference, "options"])
        return redirect(f"{here}?{urlencode({'item': made})}")
    for name, steps in (("earlier", -1), ("later", 1)):
        if option := posted.get(name):
            arranging.move_option(desk.decision, option, steps=steps, by=by)
            return redirect(reverse("decision_options", args=[desk.decision.reference]) + f"#option-{option}")
    return None


def _form(request: SignedIn, desk: Desk) -> Form:
    data = request.POST if request.method == "POST" else None
    wanted = request.GET.get("criterion", "")
    if not wanted:
        matrix = ScoreMatrixForm(desk.dossier, data)
        matrix.lock(agreed=desk.framing.is_agreed)
        return matrix
    criterion = next((item for item in desk.dossier.criteria.criteria if item.id == wanted), None)
    if criterion is None:
        raise Http404("There is no such criterion.")
    return ReasonsForm(desk.dossier, criterion, data)


def _save(request: SignedIn, desk: Desk, form: Form, base: Any) -> HttpResponse:
    try:
        stored = save_typed(request, desk, SECTION, base, form.content())
    except Clash as clash:
        return _show(request, desk, form, 409, conflict=clash.conflict)
    except MoveRefused as refused:
        return _show(request, desk, form, 409, refused=refused.reasons)
    if autosaving(request):
        return saved(stored.version, [])
    return redirect(reverse("decision_options", args=[desk.decision.reference]) + "#ranking")


def _show(request: SignedIn, desk: Desk, form: Form | None, status: int = 200, **more: object) -> HttpResponse:
    overview = Overview(desk)
    if desk.editable:
        told = (desk.dossier, desk.world.people, desk.world.metrics)
    else:
        told = (overview.dossier, overview.people, overview.metrics)
    asked = request.GET
    moved = (asked.get("weigh", ""), asked.get("share", ""))
    comparison = Comparison(*told, draws=asked.get("draws", ""), moved=moved)
    context = {
        "decision": desk.decision,
        "desk": desk,
        "form": form,
        "reasons": isinstance(form, ReasonsForm),
        "comparison": comparison,
        "version": request.POST.get("version") or desk.sections[SECTION].version,
        "current": "scores",
        "tasks": desk.tasks("scores") if desk.editable else [],
        "here": request.get_full_path(),
        **more,
    }
    template = "decisions/_conflict.html" if autosaving(request) else "decisions/options.html"
    return page(request, template, context, status, fragment=template)
