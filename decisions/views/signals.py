"""Signals that could not be dealt with: shown to administrators and auditors, tried again by administrators."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from approvals.roles import ADMINISTRATORS, AUDITORS, has_role
from config.kit.web import page
from decisions.services import receiving
from decisions.views.request import SignedIn

AT_MOST = 50
LONGEST = 19


@login_required
@require_http_methods(["GET", "POST"])
def signals(request: SignedIn) -> HttpResponse:
    """List what was given up, with its error; POST has one tried again."""
    if not has_role(request.user, ADMINISTRATORS, AUDITORS):
        raise PermissionDenied("Signals are shown to administrators and auditors.")
    if request.method == "POST":
        number = request.POST.get("receipt", "")
        wanted = int(number) if number.isdecimal() and len(number) < LONGEST else 0
        receipt = get_object_or_404(receiving.given_up(), pk=wanted)
        receiving.try_again(receipt, by=request.user)
        messages.success(request, "It is tried again.")
        return redirect("signal_list")
    found = receiving.given_up()
    context = {
        "receipts": found[:AT_MOST],
        "total": found.count(),
        "waiting": receiving.waiting(),
        "may_retry": has_role(request.user, ADMINISTRATORS),
    }
    return page(request, "decisions/signal_list.html", context)
