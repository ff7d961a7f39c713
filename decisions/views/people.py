"""Who may read, write in and manage a decision."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from approvals.models import User
from config.kit.refusals import MoveRefused
from config.kit.web import page
from decisions import access
from decisions.forms.moves import InviteForm
from decisions.models import DecisionUserObjectPermission
from decisions.queries.desk import Desk, open_desk
from decisions.services import people as service
from decisions.views.request import SignedIn

LEVELS = dict(InviteForm.GRANTS)


@login_required
@require_http_methods(["GET", "POST"])
def people(request: SignedIn, reference: str) -> HttpResponse:
    """Show the grants on a decision; POST gives one, or takes somebody's back."""
    desk = open_desk(request.user, reference)
    access.require_manage(request.user, desk.decision)
    if request.method == "POST" and "remove" in request.POST:
        return _remove(request, desk)
    form = InviteForm(request.POST or None, decision=desk.decision, user=request.user)
    if request.method == "POST" and form.is_valid():
        chosen, grant = form.cleaned_data["person"], form.cleaned_data["grant"]
        service.invite(desk.decision, chosen, grant=grant, by=request.user)
        messages.success(request, f"{chosen}: {LEVELS[grant].lower()}.")
        return redirect("decision_people", reference)
    granted = DecisionUserObjectPermission.objects.filter(content_object=desk.decision)
    rows = [
        {"person": grant.user, "level": LEVELS.get(grant.permission.codename, grant.permission.codename)}
        for grant in granted.select_related("user", "permission").order_by("user__first_name", "pk")[:100]
    ]
    context = {"decision": desk.decision, "form": form, "rows": rows}
    return page(request, "decisions/people.html", context, 422 if form.is_bound else 200)


def _remove(request: SignedIn, desk: Desk) -> HttpResponse:
    person = User.objects.filter(username=request.POST.get("remove", "")[:150]).first()
    if person is None:
        raise MoveRefused(["There is nobody of that name."])
    service.uninvite(desk.decision, person, by=request.user)
    messages.success(request, f"{person} was taken off.")
    return redirect("decision_people", desk.decision.reference)
