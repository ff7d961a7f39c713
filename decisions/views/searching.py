"""Search."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from config.kit.web import page
from decisions.queries.searching import search as find
from decisions.views.request import SignedIn

LONGEST = 200


@login_required
@require_GET
def search(request: SignedIn) -> HttpResponse:
    """Show decisions, metrics and people that contain every word of `?q=`."""
    text = request.GET.get("q", "")[:LONGEST].strip()
    groups = find(request.user, text)
    context = {"text": text, "groups": groups, "count": sum(len(group.hits) for group in groups)}
    return page(request, "decisions/search.html", context)
