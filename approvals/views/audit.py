"""The audit page: the ledger, its integrity, its export."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals import access
from approvals.audit import CSV_HEADER, csv_rows, find, lines
from approvals.forms.audit import AuditForm
from approvals.models import Checkpoint
from approvals.roles import ADMINISTRATORS, AUDITORS
from approvals.services.verification import Report, verify
from config.kit.web import csv_response, page, paginate

PER_PAGE = 40


@login_required
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show the ledger, newest first, filtered by the address."""
    access.require(access.person(request), AUDITORS, ADMINISTRATORS)
    return _screen(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Verify the whole ledger now and show the result above it; read again, the address is just the ledger's."""
    access.require(access.person(request), AUDITORS, ADMINISTRATORS)
    if request.method != "POST":
        return redirect(f"{reverse('audit')}?{request.GET.urlencode()}")
    return _screen(request, verify())


def _screen(request: HttpRequest, report: Report | None = None) -> HttpResponse:
    form = AuditForm(request.GET)
    listing = paginate(request, find(form.filters()), PER_PAGE)
    context = {
        "form": form,
        "listing": listing,
        "lines": lines(list(listing)),
        "report": report,
        "latest": Checkpoint.objects.last(),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return page(request, "approvals/ledger_list.html", context)


@login_required
@require_safe
def audit_csv(request: HttpRequest) -> HttpResponseBase:
    """Export what the filters find."""
    access.require(access.person(request), AUDITORS, ADMINISTRATORS)
    return csv_response("ledger.csv", CSV_HEADER, csv_rows(find(AuditForm(request.GET).filters())))
