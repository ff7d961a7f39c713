"""The task list by itself: a page, and what the pages of editing renew it with."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from config.kit.web import page
from decisions import access
from decisions.queries.desk import open_desk
from decisions.views.request import SignedIn


@login_required
@require_GET
def tasks(request: SignedIn, reference: str) -> HttpResponse:
    """Show what there is to write and how far it is; `?current=` marks the page it stands on.

    `&missing=` asks for what that page still lacks besides, where the page has a place for it.
    """
    desk = open_desk(request.user, reference)
    access.require_edit(request.user, desk.decision)
    current = request.GET.get("current", "")
    section = {"scores": "criteria", "assumptions": "criteria"}.get(current, current)
    context = {
        "decision": desk.decision,
        "desk": desk,
        "tasks": desk.tasks(current),
        "current": current,
        "renewed": "missing" in request.GET,
        "to_do": [to_do for to_do in desk.to_do if to_do.section == section],
    }
    return page(request, "decisions/tasks.html", context, fragment="decisions/_tasks_renewed.html")
