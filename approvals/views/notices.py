"""Putting notices away."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from approvals.access import person
from approvals.services.notices import put_away


@login_required
@require_POST
def notice_read(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one's own notice as read; somebody else's is left alone without a word."""
    put_away(by=person(request), notice_id=min(notice_id, 2**63 - 1))
    return redirect("inbox")
