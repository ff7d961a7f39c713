"""Begin a decision."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.kit.web import page
from decisions import access
from decisions.forms.start import StartForm
from decisions.services import drafting, templates
from decisions.views.request import SignedIn


@login_required
@require_http_methods(["GET", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Ask for title, tier, classification and template; then on to the first section."""
    if not access.may_create(request.user):
        raise PermissionDenied("Only owners may begin a decision; an administrator gives out the role.")
    offered = templates.offered()
    form = StartForm(request.POST or None, offered=offered)
    if request.method == "POST" and form.is_valid():
        decision = drafting.create_decision(by=request.user, **form.cleaned_data)
        return redirect("decision_edit", decision.reference, "background")
    return page(request, "decisions/new.html", {"form": form, "offered": offered}, 422 if form.is_bound else 200)
