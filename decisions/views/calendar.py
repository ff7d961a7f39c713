"""The calendar: a month as a table, and as an agenda."""

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from approvals.services import feeds
from config.kit.shell import zone_of
from config.kit.web import page, paginate
from decisions.queries.calendar import month
from decisions.queries.feed import feed
from decisions.views.request import SignedIn

FIRST_YEAR, LAST_YEAR = 1991, 2099


@login_required
@require_GET
def calendar(request: SignedIn) -> HttpResponse:
    """Show the month in `?month=2026-11`; anything else is this month."""
    today = timezone.localdate()
    shown = month(request.user, _first(request.GET.get("month", ""), today), today=today)
    context = {"month": shown, "agenda": paginate(request, shown.entries, 40), "today": today}
    return page(request, "decisions/calendar.html", context)


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Hand a person's due dates to their calendar program, which knows nothing but the address."""
    holder = feeds.holder_of(token)
    if holder is None:
        raise Http404
    with timezone.override(zone_of(holder.time_zone)):
        content = feed(holder, now=timezone.now())
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private"})


def _first(text: str, today: date) -> date:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today
    return (first if FIRST_YEAR <= first.year <= LAST_YEAR else today).replace(day=1)
