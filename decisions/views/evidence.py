"""The register of evidence: look through it, as a page or as CSV, and take a file from it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from config.kit.web import csv_response, page, paginate
from decisions.forms.evidence import KINDS, RegisterFilter
from decisions.queries.desk import open_desk
from decisions.queries.evidence import Register, Row
from decisions.services import uploading
from decisions.views.request import SignedIn

PER_PAGE = 50
GAPS = 30
HEADER = (
    *("place", "kind", "title", "reference", "sha256", "value", "owner"),
    *("retrieved", "refresh by", "state", "supports"),
)


@login_required
@require_GET
def register(request: SignedIn, reference: str) -> HttpResponse:
    """Show every piece of evidence with what it supports, and the claims that none supports."""
    desk = open_desk(request.user, reference)
    found, chosen = Register(desk), RegisterFilter(request.GET)
    wanted = chosen.wanted()
    rows = [row for row in found.rows if _fits(row, wanted)]
    counts = {word: sum(row.state == word for row in found.rows) for word in ("fresh", "due soon", "overdue")}
    context = {
        "decision": desk.decision,
        "desk": desk,
        "register": found,
        "filters": chosen,
        "filtered": bool(wanted),
        "query": urlencode(wanted),
        "listing": paginate(request, rows, PER_PAGE),
        "counts": counts,
        "gaps": found.gaps[:GAPS],
        "more_gaps": len(found.gaps[GAPS:]),
        "kinds": KINDS.items(),
    }
    return page(request, "decisions/evidence.html", context)


def _fits(row: Row, wanted: Mapping[str, str]) -> bool:
    state, section, kind = (wanted.get(name, "") for name in ("state", "section", "kind"))
    at_home = not section or section in {support.section for support in row.supports}
    return at_home and state in {"", row.state} and kind in {"", row.piece.evidence.kind}


@login_required
@require_GET
def register_csv(request: SignedIn, reference: str) -> HttpResponseBase:
    """Send the register as CSV, filtered as the page is."""
    found, wanted = Register(open_desk(request.user, reference)), RegisterFilter(request.GET).wanted()
    lines = (
        (
            row.piece.place,
            row.kind,
            row.piece.evidence.title,
            row.piece.evidence.reference,
            row.piece.evidence.sha256,
            row.value,
            row.owner,
            row.retrieved_on or "",
            row.refresh_on or "",
            row.state,
            "; ".join(support.label for support in row.supports),
        )
        for row in found.rows
        if _fits(row, wanted)
    )
    return csv_response(f"{reference}-evidence.csv", HEADER, lines)


@login_required
@require_GET
def file(request: SignedIn, reference: str, sha256: str) -> HttpResponse:
    """Send a file that the decision holds, to be kept, never to be shown by the browser."""
    desk = open_desk(request.user, reference)
    grant = uploading.held(desk.decision, sha256)
    if grant is None:
        raise Http404("The decision holds no such file.")
    response = HttpResponse(uploading.read(grant), content_type=grant.upload.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, grant.name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
