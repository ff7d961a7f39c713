"""The decision's page."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from config.kit.web import page
from decisions.domain.dossier import SECTIONS
from decisions.queries.desk import open_desk
from decisions.queries.overview import Overview
from decisions.views.moves import moves_for
from decisions.views.request import SignedIn


@login_required
@require_GET
def decision(request: SignedIn, reference: str) -> HttpResponse:
    """Show what a decision says and where it stands; `?section=` shows one section whole."""
    desk = open_desk(request.user, reference)
    whole = request.GET.get("section", "")
    if whole and whole not in dict(SECTIONS):
        raise Http404("There is no such section.")
    overview = Overview(desk, whole)
    context = {
        "decision": desk.decision,
        "desk": desk,
        "overview": overview,
        "sections": overview.sections(),
        "may_manage": desk.may_manage,
        "moves": moves_for(overview),
    }
    return page(request, "decisions/section.html" if whole else "decisions/decision.html", context)
