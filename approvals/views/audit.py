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
from approvals.models import Checkpoint, LedgerCheck
from approvals.roles import ADMINISTRATORS, AUDITORS
from approvals.services import checking
from config.kit.web import csv_response, page, paginate, wants_fragment

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
    """Check the whole ledger; a long one in the background, and the page asks how far it has come."""
    person = access.person(request)
    access.require(person, AUDITORS, ADMINISTRATORS)
    if request.method == "POST":
        return _screen(request, checking.ask(by=person))
    if wants_fragment(request):
        return page(request, "approvals/_ledger_check.html", {"check": LedgerCheck.objects.first()})
    return redirect(f"{reverse('audit')}?{request.GET.urlencode()}")


def _screen(request: HttpRequest, check: LedgerCheck | None = None) -> HttpResponse:
    form = AuditForm(request.GET)
    listing = paginate(request, find(form.filters()), PER_PAGE)
    context = {
        "form": form,
        "listing": listing,
        "lines": lines(list(listing)),
        "check": check or LedgerCheck.objects.filter(finished_at=None).first(),
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
