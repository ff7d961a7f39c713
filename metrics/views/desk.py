"""The steward's desk: everything about metrics that waits for this person, by kind."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from config.kit.web import page, paginate
from metrics.queries import desk
from metrics.queries.chores import Chore
from metrics.views.common import person

SHOWN = 8  # chores of each kind while all kinds are shown
PER_PAGE = 50


@login_required
@require_safe
def steward_desk(request: HttpRequest) -> HttpResponse:
    """Show what waits, the first of each kind; `?kind=` shows all of one."""
    now = timezone.now()
    found = desk.waiting_for(person(request), now)
    kinds = _kinds(found)
    chosen = next((kind for kind in kinds if kind["slug"] == request.GET.get("kind", "")), None)
    context = {
        "count": len(found),
        "late": sum(chore.due is not None and chore.due <= now for chore in found),
        "kinds": kinds,
        "chosen": chosen,
        "listing": paginate(request, chosen["chores"], PER_PAGE) if chosen else None,
        "shown": SHOWN,
        "now": now,
    }
    return page(request, "metrics/desk.html", context)


def _kinds(found: list[Chore]) -> list[dict[str, Any]]:
    """Return the kinds of chores there are, in the order of the desk, each with its chores."""
    kinds: dict[str, list[Chore]] = {}
    for chore in found:
        kinds.setdefault(chore.kind, []).append(chore)
    return [
        {"title": title, "slug": slugify(title), "chores": chores, "first": chores[:SHOWN], "count": len(chores)}
        for title, chores in kinds.items()
    ]
