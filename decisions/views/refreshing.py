"""What a new cycle must look at again, and the lessons it begins with."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.kit.web import page
from decisions import access
from decisions.domain.obstacles import Obstacle
from decisions.domain.refreshing import changed
from decisions.models import Decision, Lesson
from decisions.queries.desk import Desk, open_desk
from decisions.services import cycles
from decisions.services.places import obstacle_url
from decisions.views.request import SignedIn


@login_required
@require_http_methods(["GET", "POST"])
def refresh(request: SignedIn, reference: str) -> HttpResponse:
    """List what was copied and must be refreshed; confirm that one thing stands as it is."""
    desk = open_desk(request.user, reference)
    if request.method == "POST":
        access.require_edit(request.user, desk.decision)
        cycles.confirm(desk.decision, request.POST.get("key", "")[:120], by=request.user)
        messages.success(request, "Confirmed: it stands as it is.")
        return redirect("decision_refresh", reference)
    return page(request, "decisions/refresh.html", _context(desk))


def _context(desk: Desk) -> dict[str, object]:
    rows = list(desk.decision.refresh_marks.select_related("confirmed_by"))
    waiting = [row for row in rows if row.confirmed_at is None and not changed(desk.dossier, row.key, row.seen)]
    for row in rows:
        place = Obstacle(row.sentence, row.section, row.anchor)
        row.url = obstacle_url(desk.decision.reference, place)  # type: ignore[attr-defined]
    previous = Decision.objects.visible_to(desk.user).filter(later_cycles=desk.decision).first()
    return {
        "decision": desk.decision,
        "previous": previous,
        "open": waiting,
        "settled": [row for row in rows if row not in waiting],
        "total": len(rows),
        "taught": _taught(previous),
        "template": desk.template,
        "any_shaped": any(part.lessons for part in desk.template.parts),
        "may_edit": desk.editable,
    }


def _taught(previous: Decision | None) -> list[Lesson]:
    return list(previous.lessons.all()) if previous is not None else []
