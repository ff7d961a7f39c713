"""Paste a table from a spreadsheet into one of the dossier's: first see what would be filled, then fill it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.kit.refusals import MoveRefused, Reason, StaleWrite
from config.kit.web import page
from decisions import access
from decisions.forms.estimates import EstimateField
from decisions.forms.pasting import LONGEST, Pasted, understand
from decisions.forms.pasting_into import TARGETS, Target
from decisions.queries.desk import Desk, open_desk
from decisions.services import drafting
from decisions.views.request import SignedIn
from decisions.views.saving import expected_version


@dataclass(frozen=True)
class Line:
    """One row of what would be filled."""

    name: str
    cells: list[dict[str, Any]]


@login_required
@require_http_methods(["GET", "POST"])
def paste(request: SignedIn, reference: str, table: str) -> HttpResponse:
    """Take a pasted table: show what it would fill, and with `fill` store it."""
    desk = open_desk(request.user, reference)
    access.require_edit(request.user, desk.decision)
    if table not in TARGETS:
        raise Http404("There is no such table.")
    target, text = TARGETS[table], request.POST.get("table", "")
    if desk.locked:
        raise MoveRefused(desk.locked)
    if request.method == "GET":
        return _show(request, desk, target)
    if len(text) > LONGEST:
        pasted = Pasted(problems=["This is too long for a table of this kind; paste only the part that is needed."])
        return _show(request, desk, target, 422, pasted=pasted, text=text[:LONGEST])
    pasted = understand(text, *_names(desk, target))
    if "fill" not in request.POST or not pasted.filled:
        return _show(request, desk, target, 200 if pasted.filled else 422, pasted=pasted, text=text)
    return _fill(request, desk, target, pasted, text)


def _fill(request: SignedIn, desk: Desk, target: Target, pasted: Pasted, text: str) -> HttpResponse:
    content = target.fill(desk.dossier, pasted.filled)
    try:
        drafting.save_section(
            desk.decision, target.section, content, expected_version=expected_version(request), by=request.user
        )
    except StaleWrite as stale:
        sentence = f"{stale.reasons[0].sentence} Below is what your table would change now."
        return _show(request, desk, target, 409, pasted=pasted, text=text, refused=[Reason(sentence)])
    except MoveRefused as refused:
        return _show(request, desk, target, 409, pasted=pasted, text=text, refused=refused.reasons)
    number = len(pasted.filled)
    messages.success(request, f"{number} cell{'s' * (number != 1)} filled from your table.")
    if target.back:
        return redirect(target.back, desk.decision.reference)
    return redirect("decision_edit", desk.decision.reference, target.section)


def _names(desk: Desk, target: Target) -> tuple[dict[str, str], dict[str, str]]:
    metrics = {key: offer.name for key, offer in desk.offers.metrics.items()}
    return target.rows(desk.dossier, metrics), target.columns(desk.dossier)


def _show(
    request: SignedIn,
    desk: Desk,
    target: Target,
    status: int = 200,
    *,
    pasted: Pasted | None = None,
    text: str = "",
    refused: list[Reason] | None = None,
) -> HttpResponse:
    rows, columns = _names(desk, target)
    context = {
        "decision": desk.decision,
        "target": target,
        "rows": rows,
        "columns": columns,
        "pasted": pasted,
        "lines": _lines(desk, target, pasted) if pasted else [],
        "text": text,
        "refused": refused,
        "version": desk.sections[target.section].version,
        "has_errors": status != 200,
    }
    return page(request, "decisions/paste.html", context, status)


def _lines(desk: Desk, target: Target, pasted: Pasted) -> list[Line]:
    """Return the target's rows that the table touches, each cell with what stands there and what would."""
    rows, columns = _names(desk, target)
    stored, show = target.stored(desk.dossier), EstimateField().prepare_value
    return [
        Line(
            name,
            [
                {"now": show(stored.get((row, column))) or "", "then": pasted.cells.get((row, column))}
                for column in columns
            ],
        )
        for row, name in rows.items()
        if any((row, column) in pasted.cells for column in columns)
    ]
