"""How well the organisation decides and learns: times to an answer, and what came of each condition."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.kit.web import csv_response, page, paginate
from decisions.queries import learning as query
from decisions.views.request import SignedIn

PER_PAGE = 40
CHUNK = 500


@login_required
@require_GET
def learning(request: SignedIn) -> HttpResponse:
    """Show how long it took to answer over the last year, and where these figures are kept as metrics."""
    context = {
        "lines": query.lines(request.user, now=timezone.now()),
        "stages": query.stage_names(),
        "metrics": query.own_metrics(request.user),
    }
    return page(request, "decisions/learning.html", context)


@login_required
@require_GET
def usefulness(request: SignedIn) -> HttpResponse:
    """List the conditions with what came of each."""
    listing = paginate(request, query.conditions(request.user), PER_PAGE)
    context = {"listing": listing, "reports": list(query.reports(listing))}
    return page(request, "decisions/usefulness.html", context)


@login_required
@require_GET
def usefulness_csv(request: SignedIn) -> HttpResponseBase:
    """Stream the same as a file."""
    return csv_response("conditions.csv", query.HEADER, _cells(request))


def _cells(request: SignedIn) -> Iterator[tuple[Any, ...]]:
    rows = query.conditions(request.user)
    for first in range(0, rows.count(), CHUNK):
        yield from (report.cells() for report in query.reports(rows[first : first + CHUNK]))
