"""The assumptions page: what must stay true, what would break it, and how often it would have."""

from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.kit.refusals import MoveRefused
from config.kit.web import page, paginate
from decisions import access
from decisions.domain.moves import LIVE, State
from decisions.queries.desk import Desk, open_desk
from decisions.queries.muting import standing_now
from decisions.queries.overview import Overview
from decisions.queries.watching import Watch, Watched, watched
from decisions.views.editing import add_item
from decisions.views.request import SignedIn
from decisions.views.saving import expected_version
from metrics.queries.stored import watches_for

PER_PAGE = 8


@login_required
@require_http_methods(["GET", "POST"])
def assumptions(request: SignedIn, reference: str) -> HttpResponse:
    """Show the assumptions, one of their charts in full; POST adds an empty one and opens it."""
    desk = open_desk(request.user, reference)
    if request.method == "POST":
        access.require_edit(request.user, desk.decision)
        if desk.locked:
            raise MoveRefused(desk.locked)
        return redirect(add_item(request, desk, "criteria", expected_version(request)))
    dossier = desk.dossier if desk.editable else Overview(desk).dossier
    listing = paginate(request, dossier.criteria.assumptions, PER_PAGE)
    found = watched(list(listing), request.user, as_of=timezone.now())
    shown = _shown(found, request.GET.get("show", ""))
    more = {"listing": listing, "found": found, "shown": shown, "armed": _armed(desk)}
    return page(request, "decisions/assumptions.html", _context(desk) | more | _live(desk))


def _armed(desk: Desk) -> Mapping[str, object]:
    """Return the conditions that are, or were, armed; before the first approval there are none to ask for."""
    return watches_for(desk.decision.reference) if desk.decision.version else {}


def _live(desk: Desk) -> dict[str, object]:
    """Return how the armed conditions stand, and whether this person may mute messages about them."""
    decision = desk.decision
    if State(decision.state) not in LIVE:
        return {"standing": {}, "muting": False}
    may_mute = desk.may_manage or decision.owner_of_last_resort_id == desk.user.pk
    return {"standing": standing_now(decision.reference, timezone.now()), "muting": may_mute}


def _shown(found: list[Watched], wanted: str) -> Watch | None:
    """Return the condition whose chart is shown: the one asked for, else the first that can be replayed."""
    every = [watch for item in found for watch in item.watches if watch.now is not None]
    return next((watch for watch in every if watch.key == wanted), every[0] if every else None)


def _context(desk: Desk) -> dict[str, object]:
    return {
        "decision": desk.decision,
        "desk": desk,
        "version": desk.sections["criteria"].version,
        "current": "assumptions",
        "tasks": desk.tasks("assumptions") if desk.editable else [],
        "people": desk.world.people,
    }
