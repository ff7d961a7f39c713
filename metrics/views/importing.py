"""Import many values: a file is tried first, with a report row by row, and waits for the word that it be recorded."""

import io
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import csv_response, page
from metrics.access import may_import
from metrics.domain.intake import Status
from metrics.forms import ImportForm
from metrics.models import WaitingFile
from metrics.services import csv_rows, importing, waiting_files
from metrics.services.importing import ImportedRow
from metrics.views.common import person

SHOWN_ROWS = 100
REPORT_HEADER = ("line", "metric", "outcome", "what_it_says")
VALUES = WaitingFile.Kind.VALUES


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_import(request: HttpRequest) -> HttpResponse:
    """Take a CSV file or pasted rows, or a file that was tried and waits, and answer row by row."""
    _check(request)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    context: dict[str, Any] = {"form": form, "columns": csv_rows.COLUMNS}
    if form.is_bound and form.is_valid() and (data := _given(request, form)) is not None:
        context |= _import(request, form, data)
    unusable = form.is_bound and bool(form.errors)
    return page(request, "metrics/metric_import.html", context, 422 if unusable else 200)


def _check(request: HttpRequest) -> None:
    if not may_import(person(request)):
        raise PermissionDenied("Auditors change nothing.")


def _given(request: HttpRequest, form: ImportForm) -> bytes | None:
    """Return what is to be read; a file that waits no longer is an error of the form."""
    typed = form.cleaned_data
    if typed["waiting"] is None:
        return typed["file"].read() if typed["file"] else str(typed["rows"]).encode()
    data = waiting_files.look(typed["waiting"], kind=VALUES, by=person(request))
    if data is None:
        form.add_error("file", waiting_files.gone())
    return data


def _import(request: HttpRequest, form: ImportForm, data: bytes) -> dict[str, Any]:
    """Import, or try to; what was tried, or has refused rows, waits, for its report or the word to record it."""
    typed, by = form.cleaned_data, person(request)
    dry_run = typed["dry_run"]
    try:
        imported = importing.import_csv(io.BytesIO(data), by=by, dry_run=dry_run)
        counts, report = _read(imported.rows)
    except BadInput as error:
        add_errors(form, error.errors)
        return {}
    waits = typed["waiting"]
    if waits is None and (dry_run or counts[Status.REFUSED]):
        waits = waiting_files.keep(data, kind=VALUES, by=by).pk
    return {
        "report": report,
        "counts": [(status.value, counts[status]) for status in Status],
        "total": counts.total(),
        "passed_over": imported.passed_over,
        "dry_run": dry_run,
        "waiting": waits,
        "ready": counts.total() - counts[Status.REFUSED] - counts[Status.UNCHANGED],
        "refused": counts[Status.REFUSED],
        "kept_hours": settings.UPLOAD_HOURS,
    }


def _read(rows: Iterable[ImportedRow]) -> tuple[Counter[str], list[ImportedRow]]:
    """Read to the end; return how many rows had which outcome, and those to show: refused ones before others."""
    counts: Counter[str] = Counter()
    refused: list[ImportedRow] = []
    others: list[ImportedRow] = []
    for row in rows:
        counts[row.status] += 1
        kept = refused if row.status is Status.REFUSED else others
        if len(kept) < SHOWN_ROWS:
            kept.append(row)
    shown = refused + others[: SHOWN_ROWS - len(refused)]
    return counts, shown if counts.total() > SHOWN_ROWS else sorted(shown, key=lambda row: row.row)


@login_required
@require_safe
def metric_import_report(request: HttpRequest, number: UUID) -> StreamingHttpResponse:
    """Send as CSV what becomes, as things stand, of every row of one's own file that waits; nothing is kept."""
    _check(request)
    data = waiting_files.look(number, kind=VALUES, by=person(request))
    if data is None:
        raise Http404
    rows = importing.import_csv(io.BytesIO(data), by=person(request), dry_run=True)
    told = ((row.row, row.metric, row.status.value, row.sentence) for row in rows)
    return csv_response("import-report.csv", REPORT_HEADER, told)
