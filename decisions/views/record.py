"""The record of a decision, as a signed PDF and as data."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from decisions.queries.desk import open_desk
from decisions.services import records
from decisions.views.request import SignedIn


@login_required
@require_GET
def pdf(request: SignedIn, reference: str) -> HttpResponse:
    """Hand out the PDF; who took it is written to the ledger."""
    exported = records.export(open_desk(request.user, reference).decision, by=request.user)
    return HttpResponse(
        exported.pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{exported.name}"', "X-Content-Type-Options": "nosniff"},
    )


@login_required
@require_GET
def data(request: SignedIn, reference: str) -> JsonResponse:
    """Hand out the data that the PDF carries."""
    decision = open_desk(request.user, reference).decision
    headers = {"Content-Disposition": f'attachment; filename="{decision.reference}.json"'}
    return JsonResponse(records.record_json(decision), headers=headers, json_dumps_params={"ensure_ascii": False})
