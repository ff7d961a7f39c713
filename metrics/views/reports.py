"""Reports over the whole registry, with CSV."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.kit.web import csv_response, page, paginate
from metrics.domain.likeness import LEAST_IN_COMMON, OF_CHANGES, OF_VALUES, PERIODS
from metrics.queries import reports
from metrics.queries.reports import REPORTS, UNUSED_DAYS, Report
from metrics.views.common import person

PER_PAGE = 50
MOST_DAYS = 3650
HEADER = ("metric", "name", "like_metric", "like_name", "found", "detail", "what_to_do")


@login_required
@require_safe
def metric_reports(request: HttpRequest) -> HttpResponse:
    """Show one of the reports, `?report=`; `?days=` says how long nothing must have used a metric."""
    report, days = _asked(request)
    listing = paginate(request, report.rows(person(request), timezone.now(), days), PER_PAGE)
    redundant = report.name == "redundant"
    context = {
        "reports": list(REPORTS.values()),
        "report": report,
        "days": days,
        "listing": listing,
        "compared": reports.compared() if redundant else [],
        "limits": {"values": OF_VALUES, "changes": OF_CHANGES, "least": LEAST_IN_COMMON, "most": PERIODS},
    }
    return page(request, "metrics/reports.html", context)


@login_required
@require_safe
def metric_reports_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same report as CSV."""
    report, days = _asked(request)
    rows = reports.csv_rows(report.rows(person(request), timezone.now(), days))
    return csv_response(f"metrics-{report.name}.csv", HEADER, rows)


def _asked(request: HttpRequest) -> tuple[Report, int]:
    """Read the address; what is not known there is the first report and the usual days."""
    report = REPORTS.get(request.GET.get("report", ""), next(iter(REPORTS.values())))
    days = request.GET.get("days", "")
    usable = days.isascii() and days.isdecimal() and len(days) < 5 and 0 < int(days) <= MOST_DAYS
    return report, int(days) if usable else UNUSED_DAYS
