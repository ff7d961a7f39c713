"""Reading notices, and putting them away."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from approvals import told
from approvals.access import person
from approvals.services.notices import put_all_away, put_away
from config.kit.refusals import BadInput
from config.kit.web import back_to, page, paginate

PER_PAGE = 25
HIGHEST = 2**63 - 1


@login_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """Show everything the person was told: what is unread, then what was put away."""
    user = person(request)
    listing = paginate(request, told.every(user), PER_PAGE)
    notices = told.shown(user, listing)
    unread = [notice for notice in notices if notice.is_unread]
    context = {
        "listing": listing,
        "unread": unread,
        "earlier": [notice for notice in notices if not notice.is_unread],
        "newest": told.newest(unread),
    }
    return page(request, "approvals/notice_list.html", context)


@login_required
@require_POST
def notice_read(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one's own notice as read; somebody else's is left alone without a word."""
    put_away(by=person(request), notice_id=min(notice_id, HIGHEST))
    return _back(request)


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all of one's notices as read, up to the newest that the page showed."""
    until = request.POST.get("until", "")
    if not (until.isascii() and until.isdigit() and len(until) < 20):
        raise BadInput({"until": ["Say up to which notice all are to be put away."]})
    put_all_away(by=person(request), until=min(int(until), HIGHEST))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(f"{back_to(request, '/')}#notices")
