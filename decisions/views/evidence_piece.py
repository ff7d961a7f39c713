"""One piece of evidence: add it, change or remove it in a draft, look at it again in a decision in force."""

import dataclasses
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page
from decisions import access
from decisions.domain.dossier import Evidence
from decisions.domain.evidence import section_of, with_piece
from decisions.forms.evidence import KINDS, PieceForm, RenewForm
from decisions.forms.items import new_id
from decisions.queries.desk import Desk, open_desk
from decisions.queries.evidence import Register, Row
from decisions.services import drafting, pinning, pinning_experiments, renewing, uploading
from decisions.views.request import SignedIn
from decisions.views.saving import expected_version


@login_required
@require_http_methods(["GET", "POST"])
def new(request: SignedIn, reference: str) -> HttpResponse:
    """Add a piece: a link or document, a file, or a metric's value."""
    desk, kind = _editable(request, reference), request.GET.get("kind", "link")
    if kind not in KINDS:
        raise Http404("There is no such kind of evidence.")
    refused: dict[str, list[str]] = {}
    if request.method == "POST" and (sent := request.FILES.get("file")) is not None:
        # Kept at once: when something else is amiss, nobody has to choose the file again.
        refused = _keep(request, desk, sent)
    register = Register(desk)
    claim = register.claims.get(request.GET.get("supports", ""))
    initial = {"retrieved_on": timezone.localdate(), "supports": [claim.key] if claim else []}
    form = _form(request, desk, kind, initial=initial | ({"section": claim.section} if claim else {}))
    if form.is_bound and form.is_valid() and not refused:
        try:
            _add(request, desk, register, form)
        except BadInput as bad:
            refused = bad.errors
        else:
            messages.success(request, "Added to the evidence.")
            return redirect("decision_evidence", reference)
    _fold(form, refused)
    context = {
        "decision": desk.decision,
        "form": form,
        "kind": kind,
        "kinds": KINDS.items(),
        "new": True,
        "suggestions": desk.suggestions({"people", "metrics"}),
    }
    return page(request, "decisions/evidence_piece.html", context, 422 if form.is_bound else 200)


def _keep(request: SignedIn, desk: Desk, sent: Any) -> dict[str, list[str]]:
    """Keep the file that came with the form and name it in the form's stead; returns why not."""
    try:
        grant = uploading.keep(desk.decision, name=sent.name or "", data=sent.read(), by=request.user)
    except BadInput as bad:
        return bad.errors
    posted = request.POST.copy()
    posted["kept"] = grant.upload.sha256
    request.POST = posted  # type: ignore[assignment]
    return {}


def _add(request: SignedIn, desk: Desk, register: Register, form: PieceForm) -> None:
    section = form.cleaned_data["section"]
    item = form.piece(**_found_out(request, desk, form))
    item = dataclasses.replace(item, id=new_id("e", [piece.evidence.id for piece in register.found]))
    _save(request, desk, f"{section}.{item.id}", item, desk.sections[section].version)


def _found_out(request: SignedIn, desk: Desk, form: PieceForm) -> dict[str, Any]:
    """Return what only the server knows of a piece: the digest of a file, the value of a metric."""
    typed = form.cleaned_data
    if form.kind == "metric":
        snapshot = pinning.pinned(typed["metric"], by=request.user, day=typed["day"])
        return {"reference": typed["metric"], "snapshot": snapshot, "kind": "metric"}
    if form.kind == "experiment":
        number, title, seen = pinning_experiments.finding(typed["experiment"], by=request.user)
        return {"reference": number, "title": typed["title"] or title, "finding": seen, "kind": "experiment"}
    if form.kind == "file":
        grant = uploading.take(desk.decision, typed["kept"])
        if grant is None:
            raise BadInput({"file": ["Choose the file again."]})
        upload = grant.upload
        found = {"sha256": upload.sha256, "size": upload.size, "media_type": upload.media_type}
        return {**found, "kind": "file", "reference": grant.name, "title": typed["title"] or grant.name}
    return {"kind": "link" if "://" in typed["reference"] else "document"}


@login_required
@require_http_methods(["GET", "POST"])
def piece(request: SignedIn, reference: str, place: str) -> HttpResponse:
    """Show one piece; POST changes or removes it in a draft, or says that it was looked at again in a live decision."""
    desk = open_desk(request.user, reference)
    register = Register(desk)
    row = next((row for row in register.rows if row.piece.place == place), None)
    if row is None and place not in register.dated:
        raise Http404("There is no such evidence.")
    if request.method == "POST" and "renew" in request.POST:
        return _renew(request, register, place, row)
    if request.method == "POST":
        return _change(request, desk, register, row)
    return _show(request, register, place, row)


def _show(
    request: SignedIn,
    register: Register,
    place: str,
    row: Row | None,
    *,
    form: PieceForm | None = None,
    renewal: RenewForm | None = None,
) -> HttpResponse:
    desk, dated = register.desk, register.dated.get(place)
    owner = row.piece.owner if row else ""
    if desk.editable and row is not None and form is None:
        form = _form(request, desk, _kind(row), row.piece.evidence)
    if register.is_live and renewal is None and renewing.may_renew(request.user, desk.decision, owner):
        renewal = RenewForm(initial={"retrieved_on": timezone.localdate()})
    bound = [each for each in (form, renewal) if each is not None and each.is_bound]
    context = {
        "decision": desk.decision,
        "suggestions": desk.suggestions({"people"}) if form else [],
        "row": row,
        "dated": dated,
        "form": form,
        "renewal": renewal,
        "has_errors": bool(bound),
        "forms": bound,
        "version": desk.sections[row.piece.section].version if row else 0,
    }
    return page(request, "decisions/evidence_piece.html", context, 422 if bound else 200)


def _renew(request: SignedIn, register: Register, place: str, row: Row | None) -> HttpResponse:
    form = RenewForm(request.POST)
    if form.is_valid():
        try:
            renewing.renew(register.decision, place=place, by=request.user, **form.cleaned_data)
        except BadInput as bad:
            _fold(form, bad.errors)
        else:
            messages.success(request, "Recorded: it was looked at again.")
            return redirect("decision_evidence", register.decision.reference)
    return _show(request, register, place, row, renewal=form)


def _change(request: SignedIn, desk: Desk, register: Register, row: Row | None) -> HttpResponse:
    _editable(request, desk.decision.reference)
    if row is None:
        raise MoveRefused(["Its day is set where it is written: in the section or the assumption."])
    place = row.piece.place
    if "remove" in request.POST:
        _save(request, desk, place, None, expected_version(request))
        messages.success(request, "Removed from the evidence.")
        return redirect("decision_evidence", desk.decision.reference)
    form = _form(request, desk, _kind(row), row.piece.evidence)
    if form.is_valid():
        try:
            _save(request, desk, place, form.piece(), expected_version(request))
        except BadInput as bad:
            _fold(form, bad.errors)
        else:
            messages.success(request, "Saved.")
            return redirect("decision_evidence", desk.decision.reference)
    return _show(request, register, place, row, form=form)


def _editable(request: SignedIn, reference: str) -> Desk:
    """Return the decision's desk when this person may write in it now."""
    desk = open_desk(request.user, reference)
    access.require_edit(request.user, desk.decision)
    if desk.locked:
        raise MoveRefused(desk.locked)
    return desk


def _form(
    request: SignedIn, desk: Desk, kind: str, item: Evidence | None = None, initial: dict[str, Any] | None = None
) -> PieceForm:
    data = request.POST if request.method == "POST" else None
    files = request.FILES if request.method == "POST" else None
    offered = pinning_experiments.offered(request.user) if kind == "experiment" and item is None else ()
    return PieceForm(
        data,
        files,
        dossier=desk.dossier,
        offers=desk.offers,
        kind=kind,
        item=item,
        experiments=offered,
        initial=initial,
    )


def _kind(row: Row) -> str:
    """Return the kind of form that a piece needs: links and documents share one."""
    kind = row.piece.evidence.kind
    return kind if kind in KINDS else "link"


def _save(request: SignedIn, desk: Desk, place: str, item: Evidence | None, version: int) -> None:
    section = section_of(place)
    content = with_piece(getattr(desk.dossier, section), place, item)
    drafting.save_section(desk.decision, section, content, expected_version=version, by=request.user)


def _fold(form: forms.Form, errors: dict[str, list[str]]) -> None:
    """Put what a service refused beside the field it means, or above the form."""
    for path, sentences in errors.items():
        add_errors(form, {path.rpartition(".")[2]: sentences})
