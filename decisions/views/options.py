"""The options page: options side by side, the score matrix, and the ranking that follows from it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.kit.refusals import MoveRefused, StaleWrite
from config.kit.web import page
from decisions import access
from decisions.forms.scores import ReasonsForm, ScoreMatrixForm
from decisions.queries.comparing import Comparison
from decisions.queries.desk import Desk, open_desk
from decisions.queries.overview import Overview
from decisions.services import drafting
from decisions.views.conflicts import compared
from decisions.views.request import SignedIn
from decisions.views.saving import autosaving, expected_version, saved

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
    form = _form(request, desk)
    if not form.is_valid():
        if autosaving(request):
            return render(request, "decisions/_not_saved.html", {"editor": {"pieces": [form]}}, status=422)
        return _show(request, desk, form, 422)
    return _save(request, desk, form)


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


def _save(request: SignedIn, desk: Desk, form: Form) -> HttpResponse:
    content, expected = form.content(), expected_version(request)
    try:
        stored = drafting.save_section(desk.decision, SECTION, content, expected_version=expected, by=request.user)
    except StaleWrite as stale:
        return _show(request, desk, form, 409, conflict=compared(stale, SECTION, content))
    except MoveRefused as refused:
        return _show(request, desk, form, 409, refused=refused.reasons)
    if autosaving(request):
        return saved(stored.version, [])
    return redirect(reverse("decision_options", args=[desk.decision.reference]) + "#ranking")


def _show(request: SignedIn, desk: Desk, form: Form | None, status: int = 200, **more: object) -> HttpResponse:
    overview = Overview(desk)
    if desk.editable:
        comparison = Comparison(desk.dossier, desk.world.people, desk.world.metrics)
    else:
        comparison = Comparison(overview.dossier, overview.people, overview.metrics)
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
