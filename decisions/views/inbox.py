"""Home: what waits."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from approvals import told
from config.kit.web import page
from decisions import access
from decisions.queries.inbox import inbox as waiting
from decisions.views.request import SignedIn


@login_required
@require_GET
def inbox(request: SignedIn) -> HttpResponse:
    """Show what is due, what waits for whom, what the person was told, what is breaking and what comes up."""
    context = {
        "inbox": waiting(request.user, today=timezone.localdate()),
        "unread": told.unread(request.user),
        "may_create": access.may_create(request.user),
    }
    return page(request, "decisions/inbox.html", context)
